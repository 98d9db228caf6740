import { runRedisBenchmark, REDIS_CONNECTIONS, REDIS_KEYS } from '../load/redis-benchmark.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startNeuron } from '../servers/neuron.ts';
import { startRedis } from '../servers/redis.ts';
import { spreadOf } from '../statistics.ts';
import { judge } from '../target.ts';

const LOGIN = ['$sys', 'secret'] as const;
/** Requests of a round for each second of load that is asked for, about what the load generator can make. */
const REQUESTS_PER_SECOND: Readonly<Record<number, number>> = { 1: 40_000, 16: 400_000 };

interface Round {
  readonly perCpuSecond: number;
  readonly p50Ms: number;
}

/** GET of cached keys over the Redis protocol beside redis-server, by redis-benchmark. */
export async function redisGet(context: MeasureContext): Promise<ResultTable> {
  await using neuron = await startNeuron({ name: 'benchtcp', core: SERVER_CORE });
  await using redis = await startRedis(SERVER_CORE);
  context.progress('GET over TCP, writing the keys');
  await runRedisBenchmark({ port: neuron.tcpPort, login: LOGIN, test: 'set', requests: REDIS_KEYS * 5, pipeline: 16 });
  await runRedisBenchmark({ port: redis.port, test: 'set', requests: REDIS_KEYS * 5, pipeline: 16 });
  const rows: ResultRow[] = [];
  for (const pipeline of [1, 16]) {
    const ours: Round[] = [];
    const peer: Round[] = [];
    const requests = Math.round(((REQUESTS_PER_SECOND[pipeline] ?? 0) * context.roundMs) / 1000);
    const round = async (server: { readonly pid: number; readonly port: number; readonly login?: typeof LOGIN }): Promise<Round> => {
      const before = cpuSecondsOf(server.pid);
      const { p50Ms } = await runRedisBenchmark({ ...server, test: 'get', requests, pipeline });
      return { perCpuSecond: requests / (cpuSecondsOf(server.pid) - before), p50Ms };
    };
    const neuronSide = { pid: neuron.pid, port: neuron.tcpPort, login: LOGIN };
    await round(neuronSide);
    for (let n = 0; n < context.rounds; n++) {
      context.progress(`GET over TCP, pipeline ${pipeline}, round ${n + 1} of ${context.rounds}`);
      ours.push(await round(neuronSide));
      peer.push(await round(redis));
    }
    rows.push(...rowsOf(pipeline, ours, peer));
  }
  return {
    title: 'Cached GET over the Redis protocol',
    method: `redis-benchmark with ${REDIS_CONNECTIONS} connections, ${REDIS_KEYS} keys, values of 100 bytes; answers per CPU second of the server process, and the median latency the client saw.`,
    oursName: 'neuron',
    peerName: 'redis-server',
    rows,
  };
}

function rowsOf(pipeline: number, ours: readonly Round[], peer: readonly Round[]): ResultRow[] {
  const [ourRate, peerRate] = [ours, peer].map((rounds) => spreadOf(rounds.map((round) => round.perCpuSecond))) as [ReturnType<typeof spreadOf>, ReturnType<typeof spreadOf>];
  const [ourP50, peerP50] = [ours, peer].map((rounds) => spreadOf(rounds.map((round) => round.p50Ms)).median) as [number, number];
  const thousands = ({ median, min, max }: typeof ourRate): string => `${(median / 1000).toFixed(0)} k (${(min / 1000).toFixed(0)}–${(max / 1000).toFixed(0)})`;
  const what = pipeline === 1 ? 'no pipeline' : `pipeline ${pipeline}`;
  const ratio = ourRate.median / peerRate.median;
  return [
    { measure: `${what}: answers per CPU second`, ours: thousands(ourRate), peer: thousands(peerRate), ratio: `${ratio.toFixed(2)} ×`, verdict: judge(ratio, { atLeast: 0.35, unit: ' ×' }) },
    { measure: `${what}: p50, ms`, ours: ourP50.toFixed(3), peer: peerP50.toFixed(3), ratio: `${(ourP50 / peerP50).toFixed(2)} ×` },
  ];
}
