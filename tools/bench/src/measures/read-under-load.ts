import { importHeads, requestTarget, type ImportedHead } from '../load/bulk-import.ts';
import { benchPath, keyOf, scattered, valueOf } from '../load/keys.ts';
import type { PacedResult } from '../load/paced-reads.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { LOAD_CORE, SERVER_CORE, startDatabase, type DatabaseProcess } from '../processes/shared-database.ts';
import { startWorker } from '../processes/worker.ts';
import { startNeuron } from '../servers/neuron.ts';
import { judge } from '../target.ts';

const DATABASE = 'xir-bench-large';
const KEYS = 1000;
const LARGE = { bucket: '$sys', layer: '*data', path: '/large' };
/** Values of 1 MB that pass during one look. */
const LARGE_VALUES = 300;
const IDLE_MS = 3000;
/** Milliseconds between two reads over REST: few enough that one client can send them. */
const REST_EVERY_MS = 4;
const TARGET = { atMost: 5, unit: ' ms' };

interface Waits {
  readonly seconds: number;
  readonly reads: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** How long cached reads take while the feed brings values of 1 MB as fast as it can, beside the same process at rest. */
export async function readUnderLoad(context: MeasureContext): Promise<ResultTable> {
  await using server = await startDatabase();
  await fetch(`${server.url}/${DATABASE}`, { method: 'PUT', headers: requestTarget(server.url).headers });
  await importHeads({ url: server.url, database: DATABASE, heads: smallHeads() });
  const revisions = new Map<string, string>();
  await importHeads({ url: server.url, database: DATABASE, heads: largeHeads(revisions, false), stored: (key, revision) => revisions.set(key, revision) });
  const rows: ResultRow[] = [];
  const rest = await overRest(context, server, revisions);
  for (const isReferenced of [false, true]) {
    const { idle, busy } = await withinProcess(context, { server, revisions, isReferenced });
    const what = isReferenced ? 'values cached' : 'values not cached';
    rows.push(rowOf(`within the process, ${what}: p99.9, ms`, busy.p999Ms, idle.p999Ms, true));
    rows.push(rowOf(`within the process, ${what}: longest, ms`, busy.maxMs, idle.maxMs, false));
  }
  rows.push(rowOf('over REST, values cached: p99.9, ms', rest.busy.p999Ms, rest.idle.p999Ms, true));
  rows.push(rowOf('over REST, values cached: p50, ms', rest.busy.p50Ms, rest.idle.p50Ms, false));
  return {
    title: 'Cached reads while large values pass in the feed',
    method: `Within the process: a memory is cut off, ${LARGE_VALUES} values of 1 MB (an array of small objects) are written, and it is let through, so that the feed brings them as fast as the memory takes them; meanwhile a cached key is read every 0.1 ms. Over REST: a neuron whose cache holds those keys is sent a GET every ${REST_EVERY_MS} ms, by a process of its own that goes before all others on its core, while the values are written one after the other. Reads are due at fixed moments and a read that comes late counts from when it was due, so that no pause hides. The peer is the same process at rest.`,
    oursName: 'while large values pass',
    peerName: 'at rest',
    rows,
  };
}

function rowOf(measure: string, busy: number, idle: number, isJudged: boolean): ResultRow {
  return { measure, ours: busy.toFixed(2), peer: idle.toFixed(2), ratio: `+${(busy - idle).toFixed(2)} ms`, ...(isJudged ? { verdict: judge(busy, TARGET) } : {}) };
}

interface Setting {
  readonly server: DatabaseProcess;
  readonly revisions: Map<string, string>;
  readonly isReferenced: boolean;
}

async function withinProcess(context: MeasureContext, { server, revisions, isReferenced }: Setting): Promise<{ idle: Waits; busy: Waits }> {
  await using memory = await startWorker('memory-process.ts', { core: SERVER_CORE, flags: ['--max-old-space-size=4096'] });
  await memory.ask('open', { url: server.url, database: DATABASE, neuron: `benchlarge${isReferenced ? 1 : 0}` });
  await memory.ask('list', benchPath(KEYS));
  // Emptied first, so that what is cached are the keys and not yet the large values.
  await importHeads({ url: server.url, database: DATABASE, heads: largeHeads(revisions, false), stored: (key, revision) => revisions.set(key, revision) });
  if (isReferenced) await memory.ask('reference', { path: LARGE, keys: Array.from({ length: LARGE_VALUES }, (_, n) => n) });
  context.progress(`cached reads at rest and while ${LARGE_VALUES} values of 1 MB pass, ${isReferenced ? 'cached' : 'not cached'}`);
  const idle = await memory.ask<Waits>('readWhenDue', { keys: KEYS, forMs: IDLE_MS });
  await memory.ask('cut');
  await importHeads({ url: server.url, database: DATABASE, heads: largeHeads(revisions, true), stored: (key, revision) => revisions.set(key, revision) });
  const busy = await memory.ask<Waits>('readWhenDue', { keys: KEYS, forMs: 60_000, rows: LARGE_VALUES });
  return { idle, busy };
}

async function overRest(context: MeasureContext, server: DatabaseProcess, revisions: Map<string, string>): Promise<{ idle: PacedResult; busy: PacedResult }> {
  await using neuron = await startNeuron({ name: 'benchlarge', core: SERVER_CORE, couchdbUrl: server.url, database: DATABASE, cacheMaxBytes: '4GiB' });
  await using client = await startWorker('paced-reads-process.ts', { core: LOAD_CORE });
  const pathOf = ({ path }: { readonly path: string }, key: string): string => `/_data${path}?k=${key}`;
  const paths = scattered(KEYS, KEYS).map((n) => pathOf(benchPath(KEYS), keyOf(n)));
  const reads = { port: neuron.restPort, everyMs: REST_EVERY_MS, paths };
  const all = [...paths, ...Array.from({ length: LARGE_VALUES }, (_, n) => pathOf(LARGE, keyOf(n)))];
  for (const path of all) await client.ask('read', { ...reads, paths: [path], forMs: 0 });
  context.progress('cached reads over REST at rest');
  const idle = await client.ask<PacedResult>('read', { ...reads, forMs: IDLE_MS });
  context.progress(`cached reads over REST while ${LARGE_VALUES} values of 1 MB are written`);
  await client.ask('begin', reads);
  await importHeads({ url: server.url, database: DATABASE, heads: largeHeads(revisions, true), stored: (key, revision) => revisions.set(key, revision) });
  const busy = await client.ask<PacedResult>('end');
  return { idle, busy };
}

function* smallHeads(): Generator<ImportedHead> {
  for (let n = 0; n < KEYS; n += 1) yield { address: { ...benchPath(KEYS), key: keyOf(n) }, value: valueOf(n) };
}

/** The large keys, with a small value or one whose JSON is 1 MB. */
function* largeHeads(revisions: ReadonlyMap<string, string>, isLarge: boolean): Generator<ImportedHead> {
  const small = { id: 0, name: 'x'.repeat(40), tags: ['a', 'b'], on: true, size: 12.5 };
  const value = isLarge ? Array.from({ length: Math.floor(1_000_000 / JSON.stringify(small).length) }, (_, id) => ({ ...small, id })) : small;
  for (let n = 0; n < LARGE_VALUES; n += 1) {
    const key = keyOf(n);
    const revision = revisions.get(key);
    yield { address: { ...LARGE, key }, value, ...(revision === undefined ? {} : { revision }) };
  }
}
