import { natsPair, neuronPair, socketIoPair, type PeerPair } from '../load/peer-pair.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { PeerMissingError } from '../servers/daemon.ts';
import { startNatsRoute, type NatsRoute } from '../servers/nats-route.ts';
import { startNeuron } from '../servers/neuron.ts';
import { startRedis } from '../servers/redis.ts';
import { startSocketIoPair } from '../servers/socket-io.ts';
import { medianOf, percentile, spreadText } from '../statistics.ts';
import { judge, type Target } from '../target.ts';
import { startPeer } from './sides.ts';
import { pause } from './sightings.ts';

const MESSAGES = 500;
/** As many messages as servers need until most of what they run is compiled. */
const WARM_UP_ROUNDS = 10;
/** The slowest hundredth of a round is five messages, so one round says little of it. */
const ROUNDS_FOR_EACH = 5;
/** A peer may send 1,000 messages a second. */
const LEAST_ROUND_MS = 500;

interface Round {
  readonly p50: number;
  readonly p99: number;
}

type Times = ReadonlyMap<string, readonly Round[]>;

/** A message from a peer on one neuron to a peer on another, beside two servers of NATS, and two of Socket.IO over Redis. */
export async function peerToPeer(context: MeasureContext): Promise<ResultTable> {
  await using a = await startNeuron({ name: 'bencha', core: SERVER_CORE });
  await using b = await startNeuron({ name: 'benchb', core: SERVER_CORE, couchdbUrl: a.databaseUrl as string });
  await using redis = await startPeer(startRedis(SERVER_CORE), context.progress);
  await using socketIo = redis.daemon === undefined ? undefined : await startSocketIoPair(redis.daemon.port, SERVER_CORE);
  await using nats = await routeIfThere(context.progress);
  using ours = await neuronPair(a, b);
  using onNats = nats.route === undefined ? undefined : await natsPair(nats.route);
  using onSocketIo = socketIo === undefined ? undefined : await socketIoPair(socketIo);
  const times = await alternately(context, [ours, onNats, onSocketIo].filter((pair) => pair !== undefined));
  return {
    title: 'A message from a peer on neuron A to a peer on neuron B',
    method: `${MESSAGES} messages a round, one at a time, each with its number, behind ${WARM_UP_ROUNDS} rounds that do not count; milliseconds from the call that sends it to the callback that has it, both in the load generator. All servers share one core. NATS: two servers with a route, without JetStream, and a client of the bench's own. Socket.IO: two servers with \`@socket.io/redis-adapter\` and redis-server, WebSockets only; the peer is a room of its name.`,
    oursName: 'neuron',
    peerName: 'beside',
    rows: [...rowsOf(times, ['NATS', 'nats', nats.missing], false), ...rowsOf(times, ['Socket.IO', 'socket.io', redis.missing], true)],
  };
}

async function routeIfThere(progress: (line: string) => void): Promise<{ readonly route: NatsRoute | undefined; readonly missing: string } & AsyncDisposable> {
  try {
    const route = await startNatsRoute(SERVER_CORE);
    return { route, missing: '', [Symbol.asyncDispose]: async () => route[Symbol.asyncDispose]() };
  } catch (error) {
    if (!(error instanceof PeerMissingError)) throw error;
    progress(error.message);
    return { route: undefined, missing: error.message, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

async function alternately({ rounds, progress }: MeasureContext, pairs: readonly PeerPair[]): Promise<Times> {
  const times = new Map<string, Round[]>(pairs.map(({ name }) => [name, []]));
  const last = rounds * ROUNDS_FOR_EACH;
  for (let n = 1 - WARM_UP_ROUNDS; n <= last; n += 1) {
    if (n % ROUNDS_FOR_EACH === 0) progress(`peer to peer, round ${n} of ${last}`);
    const pace = pause(LEAST_ROUND_MS);
    for (const pair of pairs) {
      const seen: number[] = [];
      for (let message = 0; message < MESSAGES; message += 1) seen.push(await pair.send(`[[${n}/${message}]]`));
      seen.sort((left, right) => left - right);
      if (n > 0) times.get(pair.name)?.push({ p50: percentile(seen, 0.5), p99: percentile(seen, 0.99) });
    }
    await pace;
  }
  return times;
}

function rowsOf(times: Times, [peer, name, missing]: readonly [peer: string, name: string, missing: string], isToBeat: boolean): ResultRow[] {
  const ours = times.get('neuron') ?? [];
  return (['p50', 'p99'] as const).map((share) => {
    const [ourTimes, theirTimes] = [ours, times.get(name) ?? []].map((rounds) => rounds.map((one) => one[share])) as [number[], number[]];
    const ratio = medianOf(ourTimes) / medianOf(theirTimes);
    const target: readonly [number, Target] | undefined = isToBeat ? [ratio, { atMost: 1, unit: ' ×' }] : share === 'p50' ? [medianOf(ourTimes), { atMost: 0.6, unit: ' ms' }] : undefined;
    return {
      measure: `beside ${peer}: ${share}, ms`,
      ours: spreadText(ourTimes, 3),
      peer: theirTimes.length === 0 ? missing : spreadText(theirTimes, 3),
      ratio: theirTimes.length === 0 ? '' : `${ratio.toFixed(2)} ×`,
      ...(target === undefined ? {} : { verdict: judge(...target) }),
    };
  });
}
