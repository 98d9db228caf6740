import { importHeads, requestTarget, updateSeqOf } from '../load/bulk-import.ts';
import { keyOf, scattered, valueOf } from '../load/keys.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE, startDatabase } from '../processes/shared-database.ts';
import { startWorker, type Worker } from '../processes/worker.ts';
import { medianOf, spreadText } from '../statistics.ts';
import { judge, type Target } from '../target.ts';

const PATH = { bucket: '$sys', layer: '*data', path: '/catch-up' };
const DATABASE = 'xir-bench-catch-up';
const MOST_ROUNDS = 3;
/** Rows that every process reads before it is measured. */
const WARM_ROWS = 20_000;

/** How much of what is written during the outage the memory has cached. */
const SHARES = [
  { name: 'all of them cached', share: 1 },
  { name: '1 % of them cached', share: 0.01 },
  { name: 'none of them cached', share: 0 },
] as const;

/** What one catching-up took. */
interface Effort {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Catching up after an outage in which many rows were written, beside a raw reader of the same rows. */
export async function catchUp(context: MeasureContext): Promise<ResultTable> {
  const { rows } = context;
  const rounds = Math.min(context.rounds, MOST_ROUNDS);
  const server = await startDatabase();
  const workers: Worker[] = [];
  const start = async (file: string): Promise<Worker> => {
    const worker = await startWorker(file, { core: SERVER_CORE, flags: ['--max-old-space-size=2048'] });
    workers.push(worker);
    return worker;
  };
  try {
    await fetch(`${server.url}/${DATABASE}`, { method: 'PUT', headers: requestTarget(server.url).headers });
    const memories: { readonly share: number; readonly worker: Worker }[] = [];
    const revisions = new Map<string, string>();
    context.progress(`catching up: importing ${rows} keys`);
    await importAll(server.url, rows, revisions);
    for (let n = 0; n < rounds; n += 1) {
      for (const { share } of SHARES) {
        context.progress(`catching up: filling cache ${memories.length + 1} of ${rounds * SHARES.length}`);
        const worker = await start('memory-process.ts');
        await worker.ask('open', { url: server.url, database: DATABASE, neuron: `benchcatch${memories.length}` });
        if (share === 1) await worker.ask('list', PATH);
        else if (share > 0) await worker.ask('reference', { path: PATH, keys: scattered(rows * share, rows) });
        memories.push({ share, worker });
      }
    }
    const warmRows = Math.min(rows, WARM_ROWS);
    context.progress(`catching up: ${warmRows} rows for every process to get warm with`);
    await importAll(server.url, warmRows, revisions);
    for (const { worker } of memories) await worker.ask('follow', warmRows);
    for (const { worker } of memories) await worker.ask('cut');
    const since = await updateSeqOf(server.url, DATABASE);
    context.progress(`catching up: writing all ${rows} keys again during the outage`);
    await importAll(server.url, rows, revisions);
    const raw: Effort[] = [];
    const ours = new Map<number, Effort[]>(SHARES.map(({ share }) => [share, []]));
    for (const { share, worker } of memories) {
      context.progress(`catching up with ${rows} rows, ${share * 100} % cached`);
      ours.get(share)?.push(await worker.ask<Effort>('catchUp', rows));
      await worker[Symbol.asyncDispose]();
      // A process of its own each time, as the memory has: one that has read millions of rows reads them faster.
      const reader = await start('raw-reader-process.ts');
      await reader.ask('read', { url: server.url, database: DATABASE, since, rows: warmRows });
      raw.push(await reader.ask<Effort>('read', { url: server.url, database: DATABASE, since, rows }));
      await reader[Symbol.asyncDispose]();
    }
    return tableOf(rows, ours, raw);
  } finally {
    for (const worker of workers) await worker[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }
}

function tableOf(rows: number, ours: ReadonlyMap<number, readonly Effort[]>, raw: readonly Effort[]): ResultTable {
  const table: ResultRow[] = [];
  for (const { name, share } of SHARES) {
    const efforts = ours.get(share) ?? [];
    const rate = (list: readonly Effort[]): number[] => list.map(({ seconds }) => rows / seconds / 1000);
    const cpu = (list: readonly Effort[]): number[] => list.map(({ cpuSeconds }) => (cpuSeconds / rows) * 1e6);
    const row = (measure: string, figures: { ours: number[]; peer: number[] }, target: Target | undefined): ResultRow => {
      const ratio = medianOf(figures.ours) / medianOf(figures.peer);
      return { measure: `${name}: ${measure}`, ours: spreadText(figures.ours, 1), peer: spreadText(figures.peer, 1), ratio: `${ratio.toFixed(2)} ×`, ...(target === undefined ? {} : { verdict: judge(ratio, target) }) };
    };
    table.push(row('thousand rows per second', { ours: rate(efforts), peer: rate(raw) }, { atLeast: 0.9, unit: ' ×' }));
    table.push(row('CPU per row, µs', { ours: cpu(efforts), peer: cpu(raw) }, share === 0 ? { atMost: 0.3, unit: ' ×' } : undefined));
  }
  return {
    title: 'Catching up after an outage',
    method: `A memory in a process of its own is cut off; ${rows} keys with values of 128 bytes are written meanwhile by a bulk import; then it is let through. The time counts from its request to the feed until every row is applied and nothing is left to load. The raw reader (split at newlines, \`JSON.parse\` of each row, nothing kept) reads the same rows from the same position, with documents, as the memory does. Each round of each side has a fresh process, which has read 20,000 rows before. Embedded database in another process.`,
    oursName: 'memory',
    peerName: 'raw `_changes` reader',
    rows: table,
  };
}

async function importAll(url: string, rows: number, revisions: Map<string, string>): Promise<void> {
  const heads = (function* () {
    for (let n = 0; n < rows; n += 1) {
      const key = keyOf(n);
      const revision = revisions.get(key);
      yield { address: { ...PATH, key }, value: valueOf(n), ...(revision === undefined ? {} : { revision }) };
    }
  })();
  await importHeads({ url, database: DATABASE, heads, stored: (key, revision) => revisions.set(key, revision) });
}
