import { benchPath } from '../load/keys.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import type { GetTimes } from '../processes/time-gets.ts';
import { startWorker } from '../processes/worker.ts';
import { medianOf, spreadText } from '../statistics.ts';
import { judge } from '../target.ts';

const MOST_KEYS = 100_000;
const LOOKS = 1_000_000;

/** Reads of cached keys within the process, beside `Map.get` with the key built from its parts. */
export async function inProcessGet(context: MeasureContext): Promise<ResultTable> {
  const keys = Math.min(context.keys, MOST_KEYS);
  const { url, database, fill } = await context.sharedDatabase();
  await fill(keys);
  await using memory = await startWorker('memory-process.ts', { core: SERVER_CORE });
  await memory.ask('open', { url, database, neuron: 'benchinprocess' });
  await memory.ask('list', benchPath(keys));
  const rounds: GetTimes[] = [];
  for (let n = 0; n < context.rounds; n += 1) {
    context.progress(`cached get in the process, round ${n + 1} of ${context.rounds}`);
    rounds.push(await memory.ask<GetTimes>('timeGets', { keys, looks: LOOKS }));
  }
  return {
    title: 'Cached get within the process',
    method: `${keys} cached keys, 10,000 of them read in turn, each address an object with bucket, layer, path and key. \`peek\` answers at once, without a promise; \`get\` returns a promise as every store's does, and stands beside a \`Map.get\` that is awaited as well. The map's key is built from the four parts at each read, as a program without the memory would have to. Nanoseconds per read.`,
    oursName: '`memory`',
    peerName: '`Map`',
    rows: [rowOf('`peek(address)` beside `map.get(key)`', rounds.map((r) => r.peekNs), rounds.map((r) => r.mapNs)), rowOf('`await get(address)` beside `await map.get(key)`', rounds.map((r) => r.awaitedGetNs), rounds.map((r) => r.awaitedMapNs))],
  };
}

function rowOf(measure: string, ours: readonly number[], peer: readonly number[]): ResultRow {
  const ratio = medianOf(ours) / medianOf(peer);
  return { measure: `${measure}, ns`, ours: spreadText(ours, 0), peer: spreadText(peer, 0), ratio: `${ratio.toFixed(2)} ×`, verdict: judge(ratio, { atMost: 1.5, unit: ' ×' }) };
}
