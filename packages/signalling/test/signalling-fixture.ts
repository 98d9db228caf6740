import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { createAccounts, type Accounts } from '@xir/accounts';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import type { TokenClaims } from '@xir/protocol';
import { InMemoryNetwork, openRouter, type Router } from '@xir/router';

import { createSignallingFace, type SignallingFace, type SignallingOptions } from '../src/index.ts';
import { SignallingClient } from './signalling-client.ts';

/** A neuron's signalling, on a port of its own. */
export interface TestNeuron {
  readonly router: Router;
  readonly face: SignallingFace;
  readonly url: string;
  /** Connects as a user; the tokens of this test are `<user>@<path>`, or `<user>@` without a path. */
  connect(user: string, more?: string): Promise<SignallingClient>;
}

/** Neurons that share a store. */
export interface TestSystem extends AsyncDisposable {
  readonly accounts: Accounts;
  open(name: string, options?: Partial<SignallingOptions>): Promise<TestNeuron>;
}

/** The claims of a token of these tests. */
export function verifyToken(token: string): TokenClaims | undefined {
  const [user, path] = token.split('@');
  if (user === undefined || path === undefined || user === 'expired') return undefined;
  return { ar: { pri: 'cool', sec: null }, dr: { k: user, l: '*subs', p: path === '' ? null : path.replaceAll('.', '/') }, iat: 1, jti: '1' };
}

export function openSystem(): TestSystem {
  const store = new MemoryReferenceStore();
  const network = new InMemoryNetwork();
  const accounts = createAccounts({ store, systemSecret: 'secret' });
  const closers: (() => Promise<unknown>)[] = [() => accounts.close()];
  return {
    accounts,
    async open(name, options = {}) {
      const router = await openRouter({ store, ...network.start(name), history: ({ path }) => (path === '/kept' ? { layer: '*messages' } : undefined), presence: ({ path }) => (path === '/stage' ? 'listed' : 'told') });
      const face = createSignallingFace({ router, verifyToken, bans: accounts.bans, ...options });
      const server = createServer();
      const sockets = new Set<Socket>();
      server.on('connection', (socket) => sockets.add(socket));
      server.on('upgrade', (request, socket: Socket, head) => {
        if (!face.upgrade(request, socket, head)) socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closers.push(async () => {
        await face.close();
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
        await router.close();
      });
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const connect = async (user: string, more = '/ws/v2/{token}') => {
        const client = new SignallingClient(url + more.replace('{token}', `${user}@.room`));
        await client.opened;
        return client;
      };
      return { router, face, url, connect };
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
    },
  };
}
