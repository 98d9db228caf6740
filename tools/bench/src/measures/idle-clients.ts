import { fileURLToPath } from 'node:url';

import { startChild } from '../child.ts';
import { openFanOut, type FanOut, type FanOutProtocol } from '../load/fan-out.ts';
import { bareProtocol, signallingProtocol } from '../load/fan-out-protocols.ts';
import { tokensOf } from '../load/tokens.ts';
import type { MeasureContext, ResultTable } from '../measure.ts';
import { COLLECTING_FLAGS, memoryOf } from '../process-memory.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startNeuron } from '../servers/neuron.ts';
import { medianOf, spreadText } from '../statistics.ts';
import { judge } from '../target.ts';
import { pause } from './sightings.ts';

/** Clients that open first, so that what a server allocates once for all of them is not counted. */
const FIRST_CLIENTS = 500;
const CLIENTS = 2000;
const ROOM_SIZE = 10;
const MOST_ROUNDS = 3;
const QUIET_MS = 1000;
const COLLECTED_MS = 1000;

/** What so many clients say, from a number on: the last one as a sender would. */
type Protocol = (from: number, count: number) => Promise<FanOutProtocol>;

/** Memory of a neuron for each signalling client that is connected, on a channel, and silent, beside a bare `ws` server. */
export async function idleClients(context: MeasureContext): Promise<ResultTable> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let n = 1; n <= Math.min(context.rounds, MOST_ROUNDS); n += 1) {
    context.progress(`idle clients, round ${n} of ${Math.min(context.rounds, MOST_ROUNDS)}`);
    ours.push(await ofNeuron());
    theirs.push(await ofBare());
  }
  const ratio = medianOf(ours) / medianOf(theirs);
  const row = { ours: spreadText(ours, 0), peer: spreadText(theirs, 0), ratio: `${ratio.toFixed(2)} ×` };
  return {
    title: 'Memory of idle signalling clients',
    method: `${CLIENTS} clients beside ${FIRST_CLIENTS} that were there before, in rooms of ten, each one subscription; resident memory of the process behind full collections, by \`/proc\`. The bare \`ws\` server keeps its clients in a set.`,
    oursName: 'neuron',
    peerName: 'bare ws',
    rows: [
      { measure: 'bytes per client', ...row, verdict: judge(medianOf(ours), { atMost: 14 * 1024, unit: ' bytes' }) },
      { measure: 'bytes per client, beside bare `ws`', ...row, verdict: judge(ratio, { atMost: 2, unit: ' ×' }) },
    ],
  };
}

async function ofNeuron(): Promise<number> {
  await using neuron = await startNeuron({ name: 'benchidle', core: SERVER_CORE, nodeFlags: COLLECTING_FLAGS });
  return await perClient(neuron.pid, Number(new URL(neuron.webSocketUrl).port), async (from, count) => {
    const tokens = await tokensOf(neuron, Array.from({ length: count }, (_, n) => `u${from + n}`));
    const protocols = tokens.map((token, n) => signallingProtocol([token], { path: `/idle/r${Math.floor((from + n) / ROOM_SIZE)}`, sender: '', content: '' }));
    return { ...(protocols[0] as FanOutProtocol), receiverOpening: (n) => (protocols[n] as FanOutProtocol).receiverOpening(0), senderOpening: (protocols.at(-1) as FanOutProtocol).receiverOpening(0) };
  });
}

async function ofBare(): Promise<number> {
  const script = fileURLToPath(new URL('../servers/bare-broadcast-process.ts', import.meta.url));
  await using bare = await startChild([...COLLECTING_FLAGS, '--import', 'tsx', script], { name: 'bare ws', core: SERVER_CORE });
  return await perClient(bare.pid, Number(bare.ready['port']), () => Promise.resolve(bareProtocol('')));
}

async function perClient(pid: number, port: number, protocol: Protocol): Promise<number> {
  const open = async (from: number, count: number): Promise<FanOut> => openFanOut(port, await protocol(from, count), { receivers: count - 1, quietMs: QUIET_MS });
  using _first = await open(0, FIRST_CLIENTS);
  const before = await collected(pid);
  using _others = await open(FIRST_CLIENTS, CLIENTS);
  return ((await collected(pid)) - before) / CLIENTS;
}

async function collected(pid: number): Promise<number> {
  for (let times = 0; times < 2; times += 1) {
    process.kill(pid, 'SIGUSR2');
    await pause(COLLECTED_MS);
  }
  return memoryOf(pid).residentBytes;
}
