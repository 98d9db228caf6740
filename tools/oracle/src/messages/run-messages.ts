import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';

import { PlainDatabase } from '../database-reading.ts';
import { openDatabase, type DatabaseChoice } from '../processes/database.ts';
import { Neuron } from '../processes/neuron.ts';
import { Proxy } from '../proxy.ts';
import { RestConnection } from '../rest-connection.ts';
import { seededRandom, type SeededRandom } from '../seeded-random.ts';
import { ChatClient } from './chat-client.ts';
import { MESSAGES_CHECKS } from './checks.ts';
import { strikeMessagesFaults, type LinkedNeuron } from './faults.ts';
import { listedBy } from './ghosts.ts';
import { MessagesRecord, type Room } from './record.ts';

/** How a run of messages goes. */
export interface MessagesOptions extends DatabaseChoice {
  readonly seed: number;
  readonly seconds: number;
  readonly neurons: number;
  readonly clients: number;
  readonly clientsPerRoom: number;
  /** Milliseconds between two things that a client does, on average. */
  readonly pauseMs: number;
  readonly faultEveryMs: number;
  readonly progress: (line: string) => void;
}

/** What a run of messages showed. */
export interface MessagesResult {
  readonly record: MessagesRecord;
  /** By check; empty where nothing was found. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Milliseconds that clients have to connect at the beginning, and neurons to know who is there at the end. */
const CONNECT_TIMEOUT_MS = 120_000;
const QUIET_TIMEOUT_MS = 60_000;
const KICK_EVERY_MS = 3_000;

/** Runs neurons, clients and faults, waits for quiet and judges. */
export async function runMessages(options: MessagesOptions): Promise<MessagesResult> {
  const { seed, progress, seconds } = options;
  await using database = await openDatabase(options);
  const record = new MessagesRecord();
  const databaseName = `messages-${process.pid}-${Date.now().toString(36)}`;
  const urls = database.nodes.map(({ url }) => url) as [URL, ...URL[]];
  const plain = new PlainDatabase(urls, databaseName);
  const neurons: LinkedNeuron[] = [];
  const clients: ChatClient[] = [];
  const rest = new RestConnection();
  try {
    for (let index = 0; index < options.neurons; index += 1) neurons.push(await openLinked(`n${index}`, urls, { databaseName, record }));
    const rooms = roomsOf(options);
    for (const { path } of rooms) await rest.send((neurons[0] as LinkedNeuron).neuron.restUrl, { method: 'PUT', target: `/_ns${path}` });
    const traffic = new AbortController();
    for (let number = 0; number < options.clients; number += 1) {
      const room = rooms[number % rooms.length] as Room;
      record.place(number, room.path);
      clients.push(new ChatClient({ number, room, neurons: neurons.map(({ neuron }) => neuron), random: seededRandom(seed * 10_000 + number), record, rest, pauseMs: options.pauseMs, signal: traffic.signal }));
    }
    await connectAll(clients);
    progress(`${clients.length} clients in ${rooms.length} rooms on ${neurons.length} neurons on ${database.kind}; ${seconds} s of messages and faults`);
    const running = clients.map((client) => client.run());
    const timer = setTimeout(() => traffic.abort(), seconds * 1_000);
    const random = seededRandom(seed);
    const faults = strikeMessagesFaults({ neurons, database, clients, record, random }, options.faultEveryMs, traffic.signal);
    const kicks = kickSome({ neurons, clients, record, random: seededRandom(seed + 1), rest }, traffic.signal);
    await Promise.all([...running, faults, kicks]).finally(() => clearTimeout(timer));
    progress('quiet: what neurons list is compared with who is connected');
    await settle({ neurons, clients, rooms, record, rest });
    for (const client of clients) client.close();
    return { record, violations: new Map([...MESSAGES_CHECKS.map((check) => [check.name, check.violations(record)] as const), ['enough-traffic', lackOf(options, record)] as const]) };
  } finally {
    for (const client of clients) client.close();
    rest.close();
    for (const { neuron, link } of neurons) {
      await neuron[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
    }
    // The embedded server goes with its directory.
    if (database.kind === 'couchdb') await plain.send('DELETE', '');
  }
}

/** A neuron whose link others reach through a proxy. */
async function openLinked(name: string, databaseUrls: [URL, ...URL[]], { databaseName, record }: { readonly databaseName: string; readonly record: MessagesRecord }): Promise<LinkedNeuron> {
  const port = await freePort();
  const link = await Proxy.open([{ host: '127.0.0.1', port }]);
  const flags = ['--link-port', String(port), '--link-address', `127.0.0.1:${link.port}`];
  return { link, neuron: await Neuron.open({ name, databaseUrls, databaseName, recorder: record, flags }) };
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Every other room keeps its messages. */
function roomsOf({ clients, clientsPerRoom }: MessagesOptions): Room[] {
  return Array.from({ length: Math.max(2, Math.ceil(clients / clientsPerRoom)) }, (_, index) => ({ path: index % 2 === 0 ? `/kept/r${index}` : `/open/r${index}`, keeps: index % 2 === 0 }));
}

async function connectAll(clients: readonly ChatClient[]): Promise<void> {
  for (const [index, client] of clients.entries()) {
    client.open();
    if (index % 20 === 19) await sleep(20);
  }
  const untilMs = performance.now() + CONNECT_TIMEOUT_MS;
  while (clients.some(({ session }) => session === undefined)) {
    if (performance.now() > untilMs) throw new Error(`${clients.filter(({ session }) => session === undefined).length} clients cannot connect`);
    await sleep(200);
  }
}

interface KickContext {
  readonly neurons: readonly LinkedNeuron[];
  readonly clients: readonly ChatClient[];
  readonly record: MessagesRecord;
  readonly random: SeededRandom;
  readonly rest: RestConnection;
}

/** Takes somebody off now and then. */
async function kickSome({ neurons, clients, record, random, rest }: KickContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(KICK_EVERY_MS);
    const client = random.pick(clients);
    const ready = neurons.filter(({ neuron }) => neuron.ready);
    const { session } = client;
    // Who has just come may not be known everywhere yet.
    if (signal.aborted || ready.length === 0 || session === undefined || record.now() - session.openedAtMs < 10_000) continue;
    try {
      const { result, value } = await rest.send(random.pick(ready).neuron.restUrl, { method: 'DELETE', target: `/_subs${client.room.path}?k=${client.user}` });
      if (result !== 'ok' || value !== 1) continue;
      record.counts.kicks += 1;
      record.kicked.push({ session, user: client.user, answeredAtMs: record.now() });
    } catch {
      record.failure('kick-not-answered');
    }
  }
}

interface QuietContext extends Omit<KickContext, 'random'> {
  readonly rooms: readonly Room[];
}

/** Waits until every neuron lists those who are connected, at most so long; what differs then is on record. */
async function settle({ neurons, clients, rooms, record, rest }: QuietContext): Promise<void> {
  const beganMs = record.now();
  for (;;) {
    const different: string[] = clients.filter(({ isSettled }) => !isSettled).map(({ user, session }) => `${user} is ${session === undefined ? 'not connected' : 'still handed what it missed'}`);
    for (const { path } of rooms) {
      const connected = clients.filter(({ room, session }) => room.path === path && session !== undefined).map(({ user }) => user).sort();
      for (const { neuron } of neurons) {
        const listed = [...(await listedBy(rest, neuron, path))].sort();
        if (listed.join() !== connected.join()) different.push(`${neuron.identity} lists ${listed.length} in ${path}: ${differenceOf(listed, connected)}`);
      }
    }
    record.settledMs = record.now() - beganMs;
    record.presence = different;
    if (different.length === 0 || record.settledMs > QUIET_TIMEOUT_MS) return;
    await sleep(500);
  }
}

function differenceOf(listed: readonly string[], connected: readonly string[]): string {
  const ghosts = listed.filter((user) => !connected.includes(user));
  const missing = connected.filter((user) => !listed.includes(user));
  return `${ghosts.length === 0 ? '' : `${ghosts.join(', ')} are not connected `}${missing.length === 0 ? '' : `${missing.join(', ')} are missing`}`.trim();
}

/** What is too little to prove anything. */
function lackOf({ clients, seconds, pauseMs, faultEveryMs }: MessagesOptions, { counts, faults }: MessagesRecord): string[] {
  const wanted = (clients * seconds * 1_000) / pauseMs / 4;
  const struck = [...faults.values()].reduce((sum, count) => sum + count, 0);
  return [
    ...(counts.sent < wanted ? [`${counts.sent} messages sent, at least ${Math.round(wanted)} are needed`] : []),
    ...(counts.received < counts.sent ? [`${counts.received} messages received of ${counts.sent} sent`] : []),
    ...(struck < (seconds * 1_000) / faultEveryMs / 4 ? [`${struck} faults`] : []),
  ];
}
