import { requestTarget } from '../load/bulk-import.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE, startDatabase } from '../processes/shared-database.ts';
import { startWorker } from '../processes/worker.ts';
import { judge } from '../target.ts';

const MOST_CYCLES = 1_000_000;
const PEERS = 1000;
const LOOKS = 200;
/** A crowd is over, for those who write slots, when it was quiet for a while. */
const QUIET_MS = 1000;
const CHUNK = 100_000;

interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How a database stands. */
interface Standing {
  readonly documents: number;
  readonly tombstones: number;
  /** What is not garbage, in bytes. */
  readonly activeBytes: number;
  readonly fileBytes: number;
  readonly put: Latency;
  readonly slot: Latency;
}

/** A million joins and as many leaves: what they leave in the database, and what it takes to write then (T35). */
export function joins(where: 'embedded' | 'couchdb') {
  return async (context: MeasureContext): Promise<ResultTable> => {
    const cycles = Math.min(MOST_CYCLES, context.keys);
    await using own = where === 'embedded' ? await startDatabase() : undefined;
    const url = own?.url ?? (context.couchdbUrl as string);
    const database = `xir-bench-${Date.now().toString(36)}`;
    const { origin, headers } = requestTarget(url);
    await using worker = await startWorker('joins-process.ts', { core: SERVER_CORE });
    try {
      await worker.ask('open', { url, database });
      await worker.ask('fill', PEERS);
      const look = async (): Promise<Standing> => {
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
        const put = (await worker.ask<{ readonly small: Latency }>('puts', { count: LOOKS })).small;
        const slot = await worker.ask<Latency>('slots', { count: LOOKS });
        await compact(`${origin}/${database}`, headers);
        const info = (await (await fetch(`${origin}/${database}`, { headers })).json()) as { readonly doc_count: number; readonly doc_del_count: number; readonly sizes: { readonly active: number; readonly file: number } };
        return { documents: info.doc_count, tombstones: info.doc_del_count, activeBytes: info.sizes.active, fileBytes: info.sizes.file, put, slot };
      };
      // The code is warm then, and the database holds what writing keys and slots leaves behind.
      await worker.ask('churn', { count: 1000, seed: 1 });
      await look();
      const before = await look();
      let slotWrites = 0;
      let seconds = 0;
      for (let done = 0; done < cycles; done += CHUNK) {
        const chunk = await worker.ask<{ readonly slotWrites: number; readonly seconds: number }>('churn', { count: Math.min(CHUNK, cycles - done), seed: done + 2 });
        slotWrites += chunk.slotWrites;
        seconds += chunk.seconds;
        context.progress(`joins (${where}): ${done + CHUNK} joins and leaves, ${slotWrites} documents written, ${seconds.toFixed(0)} s`);
      }
      return tableOf({ where, cycles, slotWrites, seconds }, before, await look());
    } finally {
      await worker[Symbol.asyncDispose]();
      if (where === 'couchdb') await fetch(`${origin}/${database}`, { method: 'DELETE', headers });
    }
  };
}

/** Has the database drop what is garbage, and waits until it has. */
async function compact(url: string, headers: Record<string, string>): Promise<void> {
  const asked = await fetch(`${url}/_compact`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' });
  // The embedded database does so by itself.
  if (!asked.ok) return;
  for (;;) {
    const info = (await (await fetch(url, { headers })).json()) as { readonly compact_running?: boolean };
    if (info.compact_running !== true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Work {
  readonly where: string;
  readonly cycles: number;
  readonly slotWrites: number;
  readonly seconds: number;
}

function tableOf({ where, cycles, slotWrites, seconds }: Work, before: Standing, after: Standing): ResultTable {
  const row = (measure: string, figure: (one: Standing) => number, digits: number): ResultRow => {
    const ratio = figure(after) / figure(before);
    return { measure, ours: figure(after).toFixed(digits), peer: figure(before).toFixed(digits), ratio: Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : '' };
  };
  const judged = (one: ResultRow, figure: (one: Standing) => number): ResultRow => ({ ...one, verdict: judge(figure(after) / figure(before), { atMost: 1.5, unit: ' ×' }) });
  return {
    title: `${cycles} joins and leaves, ${where === 'couchdb' ? 'CouchDB' : 'embedded database'}`,
    method: `One neuron's router with ${PEERS} peers, of which any go and others come, ${Math.round(cycles / seconds)} of each in a second; ${slotWrites} documents were written for them (${(cycles / slotWrites).toFixed(0)} joins, and as many leaves, for each). Sizes after compaction; ${LOOKS} writes one after the other, of a key and of a slot.`,
    oursName: 'after',
    peerName: 'before',
    rows: [
      row('documents', ({ documents }) => documents, 0),
      { ...row('tombstones', ({ tombstones }) => tombstones, 0), ratio: `${after.tombstones - before.tombstones} more` },
      judged(row('bytes of the database that are no garbage', ({ activeBytes }) => activeBytes, 0), ({ activeBytes }) => activeBytes),
      row('bytes of its files', ({ fileBytes }) => fileBytes, 0),
      judged(row('PUT of a key, p50, ms', ({ put }) => put.p50Ms, 2), ({ put }) => put.p50Ms),
      row('PUT of a key, p99, ms', ({ put }) => put.p99Ms, 2),
      judged(row('a join until it is stored, p50, ms', ({ slot }) => slot.p50Ms, 2), ({ slot }) => slot.p50Ms),
      row('a join until it is stored, p99, ms', ({ slot }) => slot.p99Ms, 2),
    ],
  };
}
