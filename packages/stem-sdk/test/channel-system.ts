import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { createAccounts } from '@xir/accounts';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import type { TokenClaims } from '@xir/protocol';
import { InMemoryNetwork, openRouter, type Router } from '@xir/router';
import { createSignallingFace, type SignallingFace, type SignallingOptions } from '@xir/signalling';
import { WebSocket } from 'ws';

import { openChannel, type Channel, type ChannelEvent, type ChannelMessage, type ChannelOptions, type ChannelSocket } from '../src/channels.ts';

/** A neuron with channels. */
export interface ChannelNeuron {
  readonly name: string;
  /** Of signalling. */
  readonly url: string;
  readonly router: Router;
  readonly face: SignallingFace;
  /** Ends all connections without a word. */
  cut(): void;
  /** Ends all of it without a word; the others notice. */
  kill(): Promise<void>;
}

/** Neurons that share a store. Tokens are `<user>@<path with dots for slashes>`; channels beneath `/kept` keep their messages. */
export interface ChannelSystem extends AsyncDisposable {
  readonly network: InMemoryNetwork;
  open(name: string, options?: Partial<SignallingOptions>): Promise<ChannelNeuron>;
  /** A user on a channel; connected when this resolves. */
  join(neurons: readonly ChannelNeuron[], user: string, options?: Partial<ChannelOptions>): Promise<ListenedChannel>;
}

/** A channel, with everything that has happened on it. */
export interface ListenedChannel {
  readonly channel: Channel;
  readonly events: ChannelEvent[];
  readonly messages: ChannelMessage[];
  /** Contents of the messages. */
  readonly contents: unknown[];
  /** Resolves when something is so, which is looked at after each event. */
  until(isSo: () => boolean): Promise<void>;
  /** Resolves when iterating ended, with what it threw. */
  readonly ended: Promise<unknown>;
}

function verifyToken(token: string): TokenClaims | undefined {
  const [user, path] = token.split('@');
  if (user === undefined || path === undefined || user === 'expired') return undefined;
  return { ar: { pri: 'cool', sec: null }, dr: { k: user, l: '*subs', p: path === '' ? null : path.replaceAll('.', '/') }, iat: 1, jti: '1' };
}

/** A token for a user on a path. */
export function tokenFor(user: string, path: string): string {
  return `${user}@${path.replaceAll('/', '.')}`;
}

/** Opens WebSockets of the package ws. */
export function webSocket(url: string): ChannelSocket {
  return new WebSocket(url);
}

/** Writes down what happens on a channel. */
export function listen(channel: Channel): ListenedChannel {
  const events: ChannelEvent[] = [];
  const looking = new Set<() => void>();
  const messagesOf = () => events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
  const read = async () => {
    for await (const event of channel.events()) {
      events.push(event);
      for (const look of looking) look();
    }
  };
  const ended = read().then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    channel,
    events,
    get messages() {
      return messagesOf();
    },
    get contents() {
      return messagesOf().map(({ content }) => content);
    },
    ended,
    async until(isSo) {
      while (!isSo()) {
        let look = (): void => undefined;
        await new Promise<void>((resolve) => looking.add((look = resolve)));
        looking.delete(look);
      }
    },
  };
}

/** An empty system. */
export function openChannelSystem(): ChannelSystem {
  const store = new MemoryReferenceStore();
  const network = new InMemoryNetwork();
  const accounts = createAccounts({ store, systemSecret: 'secret' });
  const closers: (() => Promise<unknown>)[] = [() => accounts.close()];
  return {
    network,
    async open(name, options = {}) {
      const history = ({ path }: { readonly path: string }) => (path.startsWith('/kept') ? { layer: '*messages', maxRecoveredMessages: 100, retention: 'unlimited' as const } : undefined);
      const router = await openRouter({ store, ...network.start(name), history });
      const face = createSignallingFace({ router, verifyToken, bans: accounts.bans, ...options });
      const server = createServer();
      const sockets = new Set<Socket>();
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
      });
      server.on('upgrade', (request, socket: Socket, head) => {
        if (!face.upgrade(request, socket, head)) socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const cut = () => {
        for (const socket of sockets) socket.destroy();
      };
      let closing: Promise<void> | undefined;
      const close = async () => {
        await face.close();
        cut();
        server.close();
        await router.close();
      };
      closers.push(() => (closing ??= close()));
      return {
        name,
        url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
        router,
        face,
        cut,
        kill() {
          network.kill(name);
          server.close();
          cut();
          return (closing ??= close());
        },
      };
    },
    async join(neurons, user, options = {}) {
      const { path = '/room' } = options;
      const channel = openChannel({ url: neurons.map(({ url }) => url), path, token: tokenFor(user, path), webSocket, maxRetryMs: 20, ...options });
      closers.push(() => channel.close());
      const listened = listen(channel);
      await channel.opened;
      return listened;
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.toReversed()) await close();
    },
  };
}
