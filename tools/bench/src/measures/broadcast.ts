import { fileURLToPath } from 'node:url';

import { DEFAULT_MAX_PEER_MESSAGES_PER_SECOND } from '@xir/router';

import { startChild } from '../child.ts';
import { openFanOut, type FanOut, type FanOutProtocol } from '../load/fan-out.ts';
import { bareProtocol, natsProtocol, redisProtocol, signallingProtocol, signallingText } from '../load/fan-out-protocols.ts';
import { tokensOf } from '../load/tokens.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startNats } from '../servers/nats.ts';
import { startNeuron } from '../servers/neuron.ts';
import { startRedis } from '../servers/redis.ts';
import { percentile } from '../statistics.ts';
import type { Target } from '../target.ts';
import { alternate, comparisonRow, startPeer, type Peer, type Rounds, type Side } from './sides.ts';

const RECEIVERS = 1000;
const SENDER = 'sender';
const PATH = '/crowd/all';
const CONTENT = JSON.stringify({ msg: 'x'.repeat(90) });
/** Until those who came last have been announced; NATS asks for a first sign of life within two to three seconds. */
const QUIET_MS = 3000;
const MOST_PER_SECOND = 900;
const BATCHES = { 'one message at a time': 1, 'eight in a tick': 8 } as const;

type Manner = keyof typeof BATCHES;

interface Named {
  readonly name: string;
  readonly pid: number;
  readonly fanOut: FanOut;
}

/** One sender to a thousand receivers on one neuron, beside servers that do nothing else. */
export async function broadcast(context: MeasureContext): Promise<ResultTable> {
  await using neuron = await startNeuron({ name: 'benchcast', core: SERVER_CORE });
  await using bare = await startChild(['--import', 'tsx', fileURLToPath(new URL('../servers/bare-broadcast-process.ts', import.meta.url))], { name: 'bare ws', core: SERVER_CORE });
  await using redis = await startPeer(startRedis(SERVER_CORE), context.progress);
  await using nats = await startPeer(startNats(SERVER_CORE), context.progress);
  context.progress(`broadcast: ${RECEIVERS} receivers for each server`);
  const open = (port: number, protocol: FanOutProtocol) => openFanOut(port, protocol, { receivers: RECEIVERS, quietMs: QUIET_MS });
  const tokens = await tokensOf(neuron, [...Array.from({ length: RECEIVERS }, (_, n) => `u${n}`), SENDER]);
  using ours = await open(Number(new URL(neuron.webSocketUrl).port), signallingProtocol(tokens, { path: PATH, sender: SENDER, content: CONTENT }));
  using beside = await open(bare.ready['port'] as number, bareProtocol(signallingText(CONTENT)));
  using besideRedis = redis.daemon === undefined ? undefined : await open(redis.daemon.port, redisProtocol(CONTENT));
  using besideNats = nats.daemon === undefined ? undefined : await open(nats.daemon.port, natsProtocol(CONTENT));
  const named = [{ name: 'neuron', pid: neuron.pid, fanOut: ours }, { name: 'ws', pid: bare.pid, fanOut: beside }, ...peerSide('redis', redis, besideRedis), ...peerSide('nats', nats, besideNats)];
  const rows: ResultRow[] = [];
  for (const [manner, batch] of Object.entries(BATCHES) as [Manner, number][]) {
    const rounds = await alternate({ ...context, roundMs: context.roundMs / 2 }, named.map((each) => sideOf(each, batch)), `broadcast, ${manner}`);
    rows.push(...rowsOf(manner, rounds, { redis: redis.missing, nats: nats.missing }));
  }
  return {
    title: `A message to ${RECEIVERS.toLocaleString('en')} receivers on one neuron`,
    method: `One sender, ${RECEIVERS} receivers that count what they hear and compare it byte by byte. The sender sends the next message, or the next eight in one write, when all receivers have had what it sent before, and at most ${MOST_PER_SECOND} messages a second, since a peer may send ${DEFAULT_MAX_PEER_MESSAGES_PER_SECOND}. Messages handed to receivers, per CPU second of the server process. The bare \`ws\` server calls \`ws.send\` for each connection; redis-server and nats-server (without JetStream) publish to subscribers. The signalling clients' frame has ${signallingText(CONTENT).length} characters, and the neuron writes the sender's name into it.`,
    oursName: 'neuron',
    peerName: 'beside',
    rows,
  };
}

function peerSide(name: string, { daemon }: Peer, fanOut: FanOut | undefined): Named[] {
  return daemon === undefined || fanOut === undefined ? [] : [{ name, pid: daemon.pid, fanOut }];
}

function sideOf({ name, pid, fanOut }: Named, batch: number): Side {
  return {
    name,
    pid,
    load: async (durationMs) => {
      const { deliveries, seconds, latenciesMs } = await fanOut.run({ batch, durationMs, mostPerSecond: MOST_PER_SECOND });
      return { requests: deliveries, perSecond: deliveries / seconds, p50Ms: percentile(latenciesMs, 0.5) };
    },
  };
}

function rowsOf(manner: Manner, rounds: Rounds, missing: Readonly<Record<'redis' | 'nats', string>>): ResultRow[] {
  const ours = rounds.get('neuron') ?? [];
  const row = (peer: string, name: 'ws' | 'redis' | 'nats', atLeast?: number): ResultRow => {
    const target: Target | undefined = atLeast === undefined ? undefined : { atLeast, unit: ' ×' };
    const theirs = rounds.get(name) ?? (name === 'ws' ? [] : missing[name]);
    return comparisonRow({ measure: `${manner}, beside ${peer}: thousand messages to receivers per CPU second`, figure: ({ requests, cpuSeconds }) => requests / cpuSeconds / 1000, digits: 1, ...(target === undefined ? {} : { target }) }, ours, theirs);
  };
  const isBatched = manner === 'eight in a tick';
  return [row('`ws.send` in a loop', 'ws', isBatched ? 5 : 1.1), row('redis', 'redis'), row('NATS', 'nats', isBatched ? 0.6 : undefined)];
}
