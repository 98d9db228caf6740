import { once } from 'node:events';
import { connect } from 'node:net';

import { WebSocket } from 'ws';

import { clientFrame, webSocketOpening } from '../load/web-socket-bytes.ts';
import { tokensOf } from '../load/tokens.ts';
import type { MeasureContext, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { startRedis } from '../servers/redis.ts';
import { connectSocketIo, startSocketIoPair, type SocketIoPair } from '../servers/socket-io.ts';
import { percentile } from '../statistics.ts';
import { judge } from '../target.ts';
import { startPeer } from './sides.ts';
import { Marks, markOf, pause, put, watchOverWebSocket } from './sightings.ts';

const LEAST_JOINS = 100;
const PATH = '/hall';
const SEEN_TIMEOUT_MS = 10_000;
/** So that joins, which are put together in a crowd, come one by one. */
const PACE_MS = 20;
const HANG_UP = clientFrame('', 0x88);

/** Something that is done on one server and seen on another; resolves to the milliseconds that took. */
type Seen = (n: number) => Promise<number>;

/** From a join on neuron A until the client is listed on neuron B, beside a put that is seen there, and beside Socket.IO. */
export async function joinToListed(context: MeasureContext): Promise<ResultTable> {
  const count = Math.max(LEAST_JOINS, context.rounds * 50);
  await using a = await startNeuron({ name: 'bencha', core: SERVER_CORE });
  await using b = await startNeuron({ name: 'benchb', core: SERVER_CORE, couchdbUrl: a.databaseUrl as string });
  await using redis = await startPeer(startRedis(SERVER_CORE), context.progress);
  await using socketIo = redis.daemon === undefined ? undefined : await startSocketIoPair(redis.daemon.port, SERVER_CORE);
  const times: Record<'joins' | 'puts' | 'socketIo', number[]> = { joins: [], puts: [], socketIo: [] };
  await using joins = await joining(a, b, count);
  await using puts = await putting(a, b);
  const sockets = socketIo === undefined ? undefined : await entering(socketIo);
  for (let n = 0; n < count; n += 1) {
    if (n % 50 === 0) context.progress(`joins: ${n} of ${count}`);
    times.joins.push(await joins.seen(n));
    await pause(PACE_MS);
    times.puts.push(await puts.seen(n));
    if (sockets !== undefined) times.socketIo.push(await sockets.seen(n));
    await pause(PACE_MS);
  }
  sockets?.end();
  const at = (name: keyof typeof times, share: number) => percentile(times[name].toSorted((left, right) => left - right), share);
  const text = (name: keyof typeof times) => (times[name].length === 0 ? redis.missing : `${at(name, 0.5).toFixed(2)}, ${at(name, 0.99).toFixed(2)}`);
  const difference = at('joins', 0.5) - at('puts', 0.5);
  return {
    title: 'A join on neuron A, listed on neuron B',
    method: `${count} of each, in turn, one at a time, on the embedded database (it runs inside A); all servers share one core. A join: from the sending of the request that opens the WebSocket, over a connection that stands, until a client on the same channel of B is told of it, which is when B lists it. A put: from the sending of the PUT to A until a watcher on B, over a WebSocket, has it. Socket.IO: two servers with \`@socket.io/redis-adapter\`; a connected client asks to be let into a room, until \`fetchSockets\` of the other server, asked back to back, has one more.`,
    oursName: 'join → listed',
    peerName: 'beside',
    rows: [
      { measure: 'beside a put that is seen: p50, p99, ms', ours: text('joins'), peer: text('puts'), ratio: `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(2)} ms`, verdict: judge(difference, { atMost: 1, unit: ' ms more' }) },
      { measure: 'beside Socket.IO: p50, p99, ms', ours: text('joins'), peer: text('socketIo'), ratio: times.socketIo.length === 0 ? '' : `${(at('joins', 0.5) / at('socketIo', 0.5)).toFixed(2)} ×` },
    ],
  };
}

async function joining(a: NeuronProcess, b: NeuronProcess, count: number): Promise<{ readonly seen: Seen } & AsyncDisposable> {
  const tokens = await tokensOf(a, [...Array.from({ length: count }, (_, n) => `u${n}`), 'observer']);
  const observer = new WebSocket(`${b.webSocketUrl}/v2/${tokens.at(-1) ?? ''}${PATH}`, { perMessageDeflate: false });
  let wanted = '';
  let onTold: () => void = () => undefined;
  observer.on('message', (data: Buffer) => (data.includes(wanted) ? onTold() : undefined));
  await once(observer, 'open');
  const told = (operation: 'peer_connected' | 'peer_removed', n: number): Promise<void> => {
    wanted = `/u${n}","o":"${operation}"`;
    return within(new Promise((resolve) => (onTold = resolve)), `join ${n} was not told`);
  };
  return {
    async seen(n) {
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(a.webSocketUrl).port), noDelay: true });
      await once(socket, 'connect');
      socket.on('error', () => undefined);
      socket.resume();
      const isThere = told('peer_connected', n);
      const startedMs = performance.now();
      socket.write(webSocketOpening(`/v2/${tokens[n] ?? ''}${PATH}`));
      await isThere;
      const tookMs = performance.now() - startedMs;
      const isGone = told('peer_removed', n);
      socket.end(HANG_UP);
      await isGone;
      return tookMs;
    },
    [Symbol.asyncDispose]: () => {
      observer.terminate();
      return Promise.resolve();
    },
  };
}

async function putting(a: NeuronProcess, b: NeuronProcess): Promise<{ readonly seen: Seen } & AsyncDisposable> {
  await put(a, -1);
  let marks = new Marks();
  let onNoted: () => void = () => undefined;
  let wanted = -1;
  const watcher = await watchOverWebSocket(b, (text) => {
    marks.note(text);
    if (marks.has(wanted)) onNoted();
  });
  return {
    async seen(n) {
      marks = new Marks();
      wanted = n;
      const noted = new Promise<void>((resolve) => (onNoted = resolve));
      const startedMs = performance.now();
      const acknowledged = put(a, n);
      await within(noted, `put ${markOf(n)} was not seen`);
      const tookMs = performance.now() - startedMs;
      await acknowledged;
      return tookMs;
    },
    [Symbol.asyncDispose]: () => {
      watcher.terminate();
      return Promise.resolve();
    },
  };
}

async function entering({ ports }: SocketIoPair): Promise<{ readonly seen: Seen; readonly end: () => void }> {
  const [alice, bob] = [await connectSocketIo(ports[0], 'alice'), await connectSocketIo(ports[1], 'bob')];
  const listed = async (room: string): Promise<number> => Number(await bob.timeout(SEEN_TIMEOUT_MS).emitWithAck('list', room));
  return {
    async seen(n) {
      const startedMs = performance.now();
      alice.emit('enter', `room${n}`);
      while ((await listed(`room${n}`)) === 0);
      return performance.now() - startedMs;
    },
    end: () => {
      alice.disconnect();
      bob.disconnect();
    },
  };
}

async function within<Value>(work: Promise<Value>, otherwise: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(otherwise)), SEEN_TIMEOUT_MS)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
