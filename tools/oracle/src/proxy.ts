import { once } from 'node:events';
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';

import { resetConnection } from './reset-connection.ts';

/** What a proxy does with bytes. `half-open`: they vanish. `buffer-feed`: those of the change feed wait. */
export type ProxyMode = 'pass' | 'half-open' | 'delay' | 'buffer-feed';

/** Milliseconds by which `delay` holds every chunk, each way. */
export const PROXY_DELAY_MS = 150;

/** Where a proxy leads. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isFeed: boolean;
  held: Buffer[];
  /** Bytes were swallowed: nothing may pass any more, since TCP never leaves a gap. */
  isDead: boolean;
  /** Moment at which the last delayed chunk leaves, each way: nothing overtakes it. */
  readonly busyUntil: Map<Socket, number>;
}

/** A TCP proxy between one neuron and the database, which misbehaves on command. */
export class Proxy implements AsyncDisposable {
  #mode: ProxyMode = 'pass';
  #cutNextRow = false;
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;
  readonly #targets: readonly ProxyTarget[];

  private constructor(targets: readonly ProxyTarget[]) {
    this.#targets = targets;
    this.#server = createServer((near) => void this.#accept(near));
  }

  /** Opens a proxy on loopback. A connection goes to the first of the targets that takes it, as a balancer in front of a cluster does. */
  static async open(targets: readonly ProxyTarget[]): Promise<Proxy> {
    const proxy = new Proxy(targets);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Changes what happens from now on; what `buffer-feed` held goes out when it ends. What `half-open` swallowed never comes. */
  set mode(mode: ProxyMode) {
    this.#mode = mode;
    if (mode === 'buffer-feed') return;
    for (const pair of this.#pairs) {
      for (const chunk of pair.held) pair.near.write(chunk);
      pair.held = [];
    }
  }

  /** Resets every connection. */
  drop(): void {
    for (const { near, far } of this.#pairs) {
      resetConnection(near);
      far.destroy();
    }
  }

  /** The next bytes of the change feed are cut in the middle and the connection is reset. */
  cutNextRow(): void {
    this.#cutNextRow = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  async #accept(near: Socket): Promise<void> {
    near.setNoDelay(true).on('error', () => near.destroy());
    for (const target of this.#targets) {
      const far = await connected(target);
      if (far === undefined) continue;
      if (near.destroyed) far.destroy();
      else this.#join(near, far);
      return;
    }
    near.destroy();
  }

  #join(near: Socket, far: Socket): void {
    const pair: Pair = { near, far, isFeed: false, held: [], isDead: false, busyUntil: new Map() };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    near.on('close', end);
    far.setNoDelay(true).on('error', end).on('close', end);
    near.on('data', (chunk: Buffer) => {
      if (chunk.includes('feed=continuous')) pair.isFeed = true;
      this.#pass(chunk, pair, far);
    });
    far.on('data', (chunk: Buffer) => this.#answer(chunk, pair));
  }

  #answer(chunk: Buffer, pair: Pair): void {
    if (pair.isFeed && this.#cutNextRow && chunk.length > 20 && !pair.isDead) {
      this.#cutNextRow = false;
      pair.isDead = true;
      pair.near.write(chunk.subarray(0, chunk.length >> 1), () => resetConnection(pair.near));
    } else if (pair.isFeed && this.#mode === 'buffer-feed') pair.held.push(chunk);
    else this.#pass(chunk, pair, pair.near);
  }

  #pass(chunk: Buffer, pair: Pair, to: Socket): void {
    if (this.#mode === 'half-open') pair.isDead = true;
    if (pair.isDead) return;
    const now = performance.now();
    const leaves = Math.max(pair.busyUntil.get(to) ?? 0, this.#mode === 'delay' ? now + PROXY_DELAY_MS : now);
    if (leaves <= now) {
      to.write(chunk);
      return;
    }
    // Timers of the same length fire in order; a little later for each keeps it so for others.
    pair.busyUntil.set(to, leaves + 1);
    setTimeout(() => !pair.isDead && to.writable && to.write(chunk), leaves - now);
  }
}

/** A connection to a target, or undefined where nobody takes it. */
function connected(target: ProxyTarget): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = new Socket().connect(target.port, target.host);
    const fail = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.removeListener('error', fail);
      resolve(socket);
    });
  });
}
