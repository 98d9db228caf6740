import { CouchClient, systemClock, type CouchTransport } from '@xir/couch-client';
import { VirtualClock } from '../virtual-clock.ts';
import { FakeCouch } from './fake-couch.ts';
import { listenFake } from './fake-http.ts';
import { fakeTransport } from './fake-transport.ts';
import type { FeedHarness, FeedWorldSupports } from './feed-contract.ts';

const SEED = 20_260_101;

/** A small generator of numbers in `[0, 1)` that is the same at every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The fake server in this process, in driven time: the same at every run. */
export function scriptedHarness(): FeedHarness {
  return {
    name: 'fake server, driven time',
    supports: { scripted: true, purge: true, lives: true, nulIds: true },
    open(options = {}) {
      const clock = new VirtualClock();
      const fake = new FakeCouch({ clock, ...options });
      fake.create('db');
      const random = seededRandom(SEED);
      const connect = (auth?: { username: string; password: string; type: 'cookie' | 'basic' }) =>
        new CouchClient({ url: 'http://fake', transport: fakeTransport(fake), clock, random, ...(auth === undefined ? {} : { auth }) });
      const client = options.user === undefined ? connect() : connect({ type: 'basic', username: options.user.name, password: options.user.password });
      return Promise.resolve({
        client,
        database: client.database('db'),
        clock,
        fake,
        until: (fact, withinMs = 120_000) => clock.advanceUntil(fact, withinMs),
        advance: (byMs) => clock.advance(byMs),
        connect,
        [Symbol.asyncDispose]: () => client.close(),
      });
    },
  };
}

/** Waits in real time until `fact` holds. */
async function untilTrue(fact: () => boolean, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!fact()) {
    if (performance.now() > endMs) throw new Error(`not true within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

let databases = 0;

/** A server that a harness was given. */
interface HarnessServer {
  readonly url: string;
  /** What carries requests to it, where that is not HTTP over a socket. */
  readonly transport?: CouchTransport;
  close(): Promise<void>;
}

/** A server, by default reached over HTTP, in real time. Each world has a database of its own, deleted at the end. */
export function serverHarness(name: string, supports: Omit<FeedWorldSupports, 'scripted'>, start: () => Promise<HarnessServer>): FeedHarness {
  return {
    name,
    supports: { ...supports, scripted: false },
    async open() {
      const server = await start();
      const { url, transport } = server;
      const connect = () => new CouchClient({ url, ...(transport === undefined ? {} : { transport }) });
      const client = connect();
      databases += 1;
      const database = client.database(`feed-suite-${Date.now().toString(36)}-${process.pid}-${databases}`);
      await database.create();
      return {
        client,
        database,
        clock: systemClock,
        fake: undefined,
        until: (fact, withinMs = 10_000) => untilTrue(fact, withinMs),
        advance: () => Promise.reject(new TypeError('this world runs in real time')),
        connect,
        async [Symbol.asyncDispose]() {
          await database.remove();
          await client.close();
          await server.close();
        },
      };
    },
  };
}

/** The fake server over real HTTP, in real time. */
export function fakeHttpHarness(): FeedHarness {
  return serverHarness('fake server over HTTP', { purge: true, lives: true, nulIds: true }, () => listenFake(new FakeCouch({ clock: systemClock })));
}
