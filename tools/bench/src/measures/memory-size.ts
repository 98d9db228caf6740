import { importHeads } from '../load/bulk-import.ts';
import { benchPath, keyOf, valueOf } from '../load/keys.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE, type SharedDatabase } from '../processes/shared-database.ts';
import { startWorker } from '../processes/worker.ts';
import { judge } from '../target.ts';

const FLAGS = ['--expose-gc', '--max-old-space-size=8192'];
const SPREAD = { bucket: '$sys', layer: '*data', path: '/spread' };
const MOST_SPREAD_KEYS = 100_000;
const WARM_UP_KEYS = 1000;

interface Heap {
  readonly bytes: number;
  readonly estimate: number;
  readonly entries: number;
}

/** Bytes per cached value of 128 bytes, beside a map of strings. */
export async function memorySize(context: MeasureContext): Promise<ResultTable> {
  const { keys } = context;
  const shared = await context.sharedDatabase();
  await shared.fill(keys);
  context.progress(`bytes per cached value, ${keys} keys`);
  const peer = await mapBytes(keys, false);
  const flat = await mapBytes(keys, true);
  const onePath = await cachedBytes(shared, benchPath(keys), keys);
  const fewKeys = Math.min(keys, MOST_SPREAD_KEYS);
  await importSpread(shared, fewKeys);
  const manyPaths = await cachedBytes(shared, SPREAD, fewKeys);
  return {
    title: 'Memory per cached value',
    method: `Values whose JSON is 128 bytes; heap after a full collection, minus the heap before, divided by the keys; each side in a fresh process. The map holds the same JSON texts under keys built from the parts of the address at each set, as such a map is usually filled; V8 keeps such a key as the parts it was put together from. A cached value also carries its version, author, revision and place in a listing. "As estimated" is what the cache's limit counts.`,
    oursName: 'cache',
    peerName: '`Map` of strings',
    rows: [
      rowOf(`${keys} keys at one path: bytes per key`, onePath.perKey, peer, true),
      rowOf('the same, beside a map whose keys were copied into one piece first', onePath.perKey, flat, false),
      { measure: 'the same, as estimated', ours: onePath.estimated.toFixed(0), peer: '', ratio: `${(onePath.estimated / onePath.perKey).toFixed(2)} × of what was measured` },
      rowOf(`${fewKeys} keys, each at a path of its own: bytes per key`, manyPaths.perKey, peer, false),
      { measure: 'the same, as estimated', ours: manyPaths.estimated.toFixed(0), peer: '', ratio: `${(manyPaths.estimated / manyPaths.perKey).toFixed(2)} × of what was measured` },
    ],
  };
}

function rowOf(measure: string, ours: number, peer: number, isJudged: boolean): ResultRow {
  const limit = Math.min(600, 2 * peer);
  const row = { measure, ours: ours.toFixed(0), peer: peer.toFixed(0), ratio: `${(ours / peer).toFixed(2)} ×` };
  if (!isJudged) return row;
  const verdict = judge(ours, { atMost: limit, unit: ' bytes' });
  return { ...row, verdict: { ...verdict, target: 'at most 600 bytes and 2 ×' } };
}

async function mapBytes(keys: number, flat: boolean): Promise<number> {
  await using process = await startWorker('map-process.ts', { core: SERVER_CORE, flags: FLAGS });
  return await process.ask<number>('fill', { keys, flat });
}

async function cachedBytes(shared: SharedDatabase, address: { bucket: string; layer: string; path: string }, keys: number): Promise<{ perKey: number; estimated: number }> {
  await using process = await startWorker('memory-process.ts', { core: SERVER_CORE, flags: FLAGS });
  await process.ask('open', { url: shared.url, database: shared.database, neuron: 'benchsize' });
  // What any first listing costs belongs to no key.
  await shared.fill(WARM_UP_KEYS);
  await process.ask('list', benchPath(WARM_UP_KEYS));
  const before = await process.ask<Heap>('heap');
  await process.ask(address === SPREAD ? 'listTree' : 'list', address);
  const after = await process.ask<Heap>('heap');
  if (after.entries - before.entries < keys) throw new Error(`${after.entries} of ${keys} keys were cached`);
  return { perKey: (after.bytes - before.bytes) / keys, estimated: (after.estimate - before.estimate) / keys };
}

/** One key at each of many paths. */
async function importSpread({ url, database }: SharedDatabase, keys: number): Promise<void> {
  const heads = (function* () {
    for (let n = 0; n < keys; n += 1) yield { address: { ...SPREAD, path: `${SPREAD.path}/${keyOf(n)}`, key: 'state' }, value: valueOf(n) };
  })();
  await importHeads({ url, database, heads });
}
