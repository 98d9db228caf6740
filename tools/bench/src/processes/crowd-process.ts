/** A crowd of signalling clients in rooms of ten, and an observer in each room, in a process of its own. */
import { WebSocket } from 'ws';

import { serve } from './serve.ts';

/** Clients in a room. */
const ROOM_SIZE = 10;
/** Connections that are being made at a time. */
const CONNECTING = 250;
const RETRY_MS = 250;
const LOOK_MS = 10;

interface Frame {
  readonly m: { readonly o: string };
  readonly p: unknown;
}

interface Client {
  readonly number: number;
  readonly token: string;
  socket: WebSocket | undefined;
  isThere: boolean;
}

const clients: Client[] = [];
/** Who is in a room, as its observer was told. */
const seen = new Map<number, Set<string>>();
let urls: readonly string[] = [];
let connecting = 0;
let waiting: Client[] = [];

const roomOf = (number: number): number => Math.floor(number / ROOM_SIZE);
const isRoomFull = (room: number): boolean => (seen.get(room)?.size ?? 0) >= Math.min(ROOM_SIZE, clients.length - room * ROOM_SIZE) + 1;

function framesOf(socket: WebSocket, take: (frame: Frame) => void): void {
  socket.on('message', (data: Buffer) => take(JSON.parse(data.toString()) as Frame));
}

/** Connects those that wait, a few at a time. */
function pump(): void {
  while (connecting < CONNECTING) {
    const client = waiting.shift();
    if (client === undefined) return;
    connecting += 1;
    open(client);
  }
}

function open(client: Client): void {
  const socket = new WebSocket(`${urls[client.number % urls.length]}/v2/${client.token}/crowd/r${roomOf(client.number)}`, { perMessageDeflate: false });
  client.socket = socket;
  const made = (): void => {
    connecting -= 1;
    pump();
  };
  let isMade = false;
  framesOf(socket, ({ m }) => {
    if (m.o !== 'peers' || isMade) return;
    isMade = true;
    client.isThere = true;
    made();
  });
  socket.on('error', () => socket.terminate());
  socket.once('close', () => {
    client.isThere = false;
    client.socket = undefined;
    if (!isMade) made();
    if (urls.length === 0) return;
    if (isMade) enqueue(client);
    else setTimeout(() => enqueue(client), RETRY_MS);
  });
}

function enqueue(client: Client): void {
  waiting.push(client);
  pump();
}

/** Observes a room; false where the neuron takes nobody at this moment. */
function observe(url: string, room: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const users = new Set<string>();
    socket.on('error', () => resolve(false));
    framesOf(socket, ({ m, p }) => {
      if (m.o === 'peer_connected') users.add(String(p));
      else if (m.o === 'peer_removed') users.delete(String(p));
      else if (m.o === 'peers') {
        for (const user of (p as { readonly users: readonly string[] }).users) users.add(user);
        seen.set(room, users);
        resolve(true);
      }
    });
  });
}

/** Resolves when a fact holds. */
async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await pause(LOOK_MS);
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

serve({
  /** An observer in each room. */
  async observe({ url, tokens }: { readonly url: string; readonly tokens: readonly string[] }) {
    const rooms = [...tokens.entries()];
    const some = async (): Promise<void> => {
      for (let next = rooms.pop(); next !== undefined; next = rooms.pop()) {
        const [room, token] = next;
        while (!(await observe(`${url}/v2/${token}/crowd/r${room}`, room))) await pause(RETRY_MS);
      }
    };
    await Promise.all(Array.from({ length: 50 }, some));
  },
  /** Connects the crowd, and waits until all are there and are seen. */
  async connect({ to, tokens }: { readonly to: readonly string[]; readonly tokens: readonly string[] }) {
    urls = to;
    if (clients.length === 0) for (const [number, token] of tokens.entries()) clients.push({ number, token, socket: undefined, isThere: false });
    const startedMs = performance.now();
    waiting = clients.filter(({ socket }) => socket === undefined);
    pump();
    await until(() => clients.every(({ isThere }) => isThere) && [...seen.keys()].every(isRoomFull));
    return performance.now() - startedMs;
  },
  /** Kills a neuron whose clients do not come back: how long until all are gone for the observers. */
  async killAlone({ pid }: { readonly pid: number }) {
    urls = [];
    const startedMs = performance.now();
    process.kill(pid, 'SIGKILL');
    await until(() => [...seen.values()].every(({ size }) => size === 1));
    return performance.now() - startedMs;
  },
  /** Kills a neuron whose clients connect to others at once: how long until all are connected and have been told who is there. */
  async killAndReturn({ pid, to }: { readonly pid: number; readonly to: readonly string[] }) {
    urls = to;
    const startedMs = performance.now();
    process.kill(pid, 'SIGKILL');
    for (const client of clients) client.isThere = false;
    await until(() => clients.every(({ isThere }) => isThere));
    return performance.now() - startedMs;
  },
  /** How many are seen by the observers. */
  seen: () => [...seen.values()].reduce((sum, { size }) => sum + size - 1, 0),
});
