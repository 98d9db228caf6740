import { runRedisBenchmark, REDIS_CONNECTIONS } from '../load/redis-benchmark.ts';
import type { MeasureContext, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startNeuron } from '../servers/neuron.ts';
import { startRedis } from '../servers/redis.ts';
import { alternate, comparisonRow, startPeer, type Side } from './sides.ts';

const OURS = 'neuron';
const REDIS = 'redis-server';
/** Increments of a round for each second of load that is asked for. */
const PER_SECOND: Readonly<Record<string, number>> = { [OURS]: 400, [REDIS]: 40_000 };

/** INCR of one key on many connections beside redis-server. */
export async function oneCounter(context: MeasureContext): Promise<ResultTable> {
  await using neuron = await startNeuron({ name: 'benchincr', core: SERVER_CORE });
  await using redis = await startPeer(startRedis(SERVER_CORE), context.progress);
  const sides = [sideOf(OURS, { pid: neuron.pid, port: neuron.tcpPort, login: ['$sys', 'secret'] })];
  if (redis.daemon !== undefined) sides.push(sideOf(REDIS, redis.daemon));
  const rounds = await alternate(context, sides, 'INCR of one key');
  const [ours, peer] = [rounds.get(OURS) ?? [], rounds.get(REDIS) ?? redis.missing];
  return {
    title: 'INCR of one key',
    method: `redis-benchmark with ${REDIS_CONNECTIONS} connections that all increment the same key, one at a time on each. The neuron's embedded database commits each increment to disk, on compare-and-set, before it is answered; redis-server keeps it in memory and runs without persistence.`,
    oursName: OURS,
    peerName: REDIS,
    rows: [
      comparisonRow({ measure: 'answers per second', figure: ({ perSecond }) => perSecond, digits: 0 }, ours, peer),
      comparisonRow({ measure: 'p50, ms', figure: ({ p50Ms }) => p50Ms, digits: 2 }, ours, peer),
      comparisonRow({ measure: 'CPU per answer, µs', figure: ({ requests, cpuSeconds }) => (cpuSeconds / requests) * 1e6, digits: 0 }, ours, peer),
    ],
  };
}

function sideOf(name: string, { pid, ...server }: { readonly pid: number; readonly port: number; readonly login?: readonly [user: string, password: string] }): Side {
  const load = async (durationMs: number) => {
    const requests = Math.round(((PER_SECOND[name] ?? 0) * durationMs) / 1000);
    return { requests, ...(await runRedisBenchmark({ ...server, test: ['INCR', 'bench-counter'], requests, pipeline: 1 })) };
  };
  return { name, pid, load };
}
