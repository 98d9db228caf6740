import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createAccounts, type Accounts, type CachedStore } from '@xir/accounts';
import { startEmbeddedCouch } from '@xir/couch-embedded';
import { openMemory, type Memory } from '@xir/kv4';

import { createWebSocketFace, createWebSocketServer, type WebSocketFace, type WebSocketOptions, type WebSocketServerHandle } from '../src/index.ts';
import { SocketClient } from './socket-client.ts';

export const SYSTEM_SECRET = 'secret';

/** The header of a login. */
export function basic(user: string, secret: string): string {
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

export interface Neuron {
  readonly store: Memory;
  readonly accounts: Accounts;
  readonly face: WebSocketFace;
  readonly server: WebSocketServerHandle;
  /** A connection that has not logged in. */
  connect(headers?: Record<string, string>): Promise<SocketClient>;
  /** A connection of the account elena (secret `elenas`). */
  open(): Promise<SocketClient>;
}

/** A face with everything behind it. */
export interface Fixture extends Neuron, AsyncDisposable {
  /** Another neuron on the same database. */
  openNeighbour(): Promise<Neuron>;
}

export interface FixtureOptions {
  readonly face?: Partial<WebSocketOptions>;
  readonly drainMs?: number;
  readonly wrapStore?: (store: Memory) => CachedStore;
}

/** A neuron's WebSocket face on a free port and the embedded database, with the account elena. */
export async function openFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-websocket-'));
  const couch = await startEmbeddedCouch({ directory, port: 0 });
  const closers: Array<() => Promise<unknown>> = [() => rm(directory, { recursive: true, force: true }), () => couch.close()];
  const database = `xir-websocket-${randomBytes(8).toString('hex')}`;
  const clients: SocketClient[] = [];

  const openNeuron = async (neuron: string, { face: faceOptions, drainMs = 100, wrapStore }: FixtureOptions): Promise<Neuron> => {
    const store = await openMemory({ url: couch.url, database, neuron, auditIntervalMs: 0 });
    const accounts = createAccounts({ store, systemSecret: SYSTEM_SECRET, hashing: { costLog2: 4 } });
    const face = createWebSocketFace({ store: wrapStore?.(store) ?? store, accounts, systemSecret: SYSTEM_SECRET, ...faceOptions });
    const server = await createWebSocketServer({ face, port: 0, drainMs });
    closers.push(
      () => store.close(),
      () => accounts.close(),
      () => server.close(),
    );
    const connect = async (headers: Record<string, string> = {}) => {
      const client = new SocketClient(server.url, { headers });
      clients.push(client);
      await client.opened;
      return client;
    };
    return { store, accounts, face, server, connect, open: () => connect({ authorization: basic('elena', 'elenas') }) };
  };

  const neuron = await openNeuron('n1', options);
  await neuron.accounts.accounts.create({ bucket: '$sys', author: '$sys' }, 'elena', { email: 'elena@example.org', secret: 'elenas' });
  let neighbours = 1;
  return {
    ...neuron,
    openNeighbour: () => openNeuron(`n${(neighbours += 1)}`, {}),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      for (const close of closers.reverse()) await close();
    },
  };
}
