import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { memoryOf, type ProcessMemory } from '../process-memory.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startNeuron } from '../servers/neuron.ts';
import { startRedis } from '../servers/redis.ts';
import { startPeer } from './sides.ts';
import { pause } from './sightings.ts';

/** Clients that open first, so that what a server allocates once for all of them is not counted. */
const FIRST_CLIENTS = 200;
const CLIENTS = 1000;
/** Clients that connect at once. */
const BATCH = 50;
const SETTLE_MS = 2000;
const OURS_LOGIN = 'AUTH $sys secret\r\n';

interface Idle {
  readonly atRest: ProcessMemory;
  readonly perClient: ProcessMemory;
}

/** Memory of a process that does nothing, and what each client adds that has said PING once and is silent since. */
export async function idleMemory(context: MeasureContext): Promise<ResultTable> {
  await using neuron = await startNeuron({ name: 'benchidle', core: SERVER_CORE });
  await using redis = await startPeer(startRedis(SERVER_CORE), context.progress);
  context.progress(`memory at rest, and with ${CLIENTS} idle clients`);
  const ours = await measure(neuron.pid, neuron.tcpPort, OURS_LOGIN);
  const peer = redis.daemon === undefined ? redis.missing : await measure(redis.daemon.pid, redis.daemon.port, '');
  return {
    title: 'Memory at rest',
    method: `The neuron with its embedded database and all its faces, nothing cached; redis-server without data. Resident: \`VmRSS\`; proportional: \`Pss\`, which shares what several processes map. Per client: ${CLIENTS} connections over the Redis protocol, each of which has said PING once (and logged in to the neuron), beyond ${FIRST_CLIENTS} that were there before.`,
    oursName: 'neuron',
    peerName: 'redis-server',
    rows: [
      rowOf('at rest: resident, MiB', { ours, peer, figure: ({ atRest }) => atRest.residentBytes / 2 ** 20, digits: 1 }),
      rowOf('at rest: proportional, MiB', { ours, peer, figure: ({ atRest }) => atRest.proportionalBytes / 2 ** 20, digits: 1 }),
      rowOf('per idle TCP client: resident, KiB', { ours, peer, figure: ({ perClient }) => perClient.residentBytes / 1024, digits: 1 }),
    ],
  };
}

function rowOf(measure: string, { ours, peer, figure, digits }: { readonly ours: Idle; readonly peer: Idle | string; readonly figure: (idle: Idle) => number; readonly digits: number }): ResultRow {
  const text = figure(ours).toFixed(digits);
  if (typeof peer === 'string') return { measure, ours: text, peer, ratio: '' };
  return { measure, ours: text, peer: figure(peer).toFixed(digits), ratio: `${(figure(ours) / figure(peer)).toFixed(2)} ×` };
}

async function measure(pid: number, port: number, login: string): Promise<Idle> {
  await pause(SETTLE_MS);
  const atRest = memoryOf(pid);
  const clients: Socket[] = [];
  try {
    await open(clients, { port, login, count: FIRST_CLIENTS });
    const few = memoryOf(pid);
    await open(clients, { port, login, count: CLIENTS });
    const many = memoryOf(pid);
    return {
      atRest,
      perClient: { residentBytes: (many.residentBytes - few.residentBytes) / CLIENTS, proportionalBytes: (many.proportionalBytes - few.proportionalBytes) / CLIENTS },
    };
  } finally {
    for (const client of clients) client.destroy();
  }
}

async function open(clients: Socket[], { port, login, count }: { readonly port: number; readonly login: string; readonly count: number }): Promise<void> {
  for (let opened = 0; opened < count; opened += BATCH) clients.push(...(await Promise.all(Array.from({ length: Math.min(BATCH, count - opened) }, () => pinged(port, login)))));
  await pause(SETTLE_MS);
}

async function pinged(port: number, login: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  socket.setEncoding('latin1');
  await new Promise<void>((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`a client was cut: ${text}`)));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.startsWith('-')) reject(new Error(`a client was refused: ${text}`));
      if (text.endsWith('+PONG\r\n')) resolve();
    });
    socket.write(`${login}PING\r\n`);
  });
  return socket;
}
