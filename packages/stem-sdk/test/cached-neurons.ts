import { createAccounts, type Accounts } from '@xir/accounts';
import type { KeyAddress, Kv4Record, ReadOptions, WatchEvent, WatchOptions, WatchScope } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { connect, type CacheOptions, type StemClient } from '@xir/stem-sdk';
import { expect } from 'vitest';
import { startProxy } from './cut-proxy.ts';
import { startRest, TEST_SECRET } from './rest-neuron.ts';
import { startSocketNeuron, testSocket } from './socket-neuron.ts';
import { startTcpNeuron } from './tcp-neuron.ts';

/** What carries a client's requests. */
export const CARRIERS = [
  { carrier: 'HTTP', scheme: 'http', start: startRest },
  { carrier: 'a WebSocket', scheme: 'ws', start: startSocketNeuron },
  { carrier: 'TCP', scheme: 'redis', start: startTcpNeuron },
];

/** A store that counts the reads of data, can hold an answer back once it is made, and can say `reset` in place of its next event. */
export class ObservedStore extends MemoryReferenceStore {
  reads = 0;
  /** Waited for by each read of data between the look at the store and its answer. */
  answerHeld: Promise<void> | undefined;
  resetsNext = false;
  /** Waited for before each event: what is written is read at once, and told later, as by a neuron whose feed is behind. */
  toldAfter: Promise<void> | undefined;

  override async get(address: KeyAddress, options?: ReadOptions): Promise<Kv4Record | undefined> {
    const record = await super.get(address, options);
    if (address.layer === '*data') {
      this.reads += 1;
      await this.answerHeld;
    }
    return record;
  }

  override async *watch(scope: WatchScope, options?: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
    const merged = new Set<string>();
    for await (const event of super.watch(scope, options)) {
      const isLate = this.toldAfter !== undefined;
      await this.toldAfter;
      // A key that comes and goes between two looks of a watch without history is no event.
      if (options?.history !== true && isLate && event.type === 'put' && event.previous === undefined) merged.add(event.record.address.key);
      else if (event.type === 'delete' && merged.has(event.address.key)) continue;
      if (event.type === 'put' && merged.has(event.record.address.key)) continue;
      if (!this.resetsNext || scope.type === 'key' || (scope.type !== 'layer' && scope.address.layer !== '*data')) yield event;
      else {
        this.resetsNext = false;
        yield { type: 'reset', reason: 'database-restored', position: event.position };
        yield { type: 'end-of-initial', position: event.position };
      }
    }
  }
}

/** How a {@link Stage} is set up. */
export interface StageOptions {
  readonly cache?: CacheOptions;
  readonly clock?: { now(): number };
  readonly credentials?: { readonly account: string; readonly secret: string };
}

/** Two neurons on one memory, and a client of the first with a cache, through a proxy that can be cut. */
export interface Stage extends AsyncDisposable {
  readonly store: ObservedStore;
  /** The memory as the other neuron works on it. */
  readonly elsewhere: MemoryReferenceStore;
  readonly accounts: Accounts;
  readonly client: StemClient;
  /** Another client, of the other neuron. */
  readonly other: StemClient;
  cut(): void;
}

/** Sets up a {@link Stage}. */
export async function startStage({ scheme, start }: (typeof CARRIERS)[number], { cache = {}, clock, credentials }: StageOptions = {}): Promise<Stage> {
  const resources: AsyncDisposable[] = [];
  const use = <Resource extends AsyncDisposable>(resource: Resource): Resource => {
    resources.unshift(resource);
    return resource;
  };
  const store = use(new ObservedStore(clock === undefined ? {} : { clock }));
  const elsewhere = use(new MemoryReferenceStore({ shareWith: store }));
  const accounts = use(createAccounts({ store, systemSecret: TEST_SECRET, hashing: { costLog2: 10 } }));
  const neuron = use(await start(store));
  const otherNeuron = use(await start(elsewhere));
  const proxy = use(await startProxy(Number(new URL(neuron.url).port)));
  const options = { credentials: { account: '$sys', secret: TEST_SECRET }, webSocket: testSocket, watchMaxRetryMs: 5 };
  const client = use(connect(proxy.url.replace('http', scheme), { ...options, ...(credentials === undefined ? {} : { credentials }), cache }));
  const other = use(connect(otherNeuron.url, options));
  return {
    ...{ store, elsewhere, accounts, client, other },
    cut: () => proxy.cut(),
    async [Symbol.asyncDispose]() {
      for (const resource of resources) await resource[Symbol.asyncDispose]();
    },
  };
}

/** Reads a key, so that its scope is watched, and waits until the watch stands. */
export async function standing(client: StemClient, address: KeyAddress, scopes = 1): Promise<void> {
  await client.get(address);
  await expect.poll(() => client.cacheStatistics?.standingScopes, { interval: 1 }).toBe(scopes);
}

/** Reads until the value is this one. */
export async function expectSeen(client: StemClient, address: KeyAddress, value: unknown): Promise<void> {
  await expect.poll(async () => (await client.get(address))?.value, { interval: 1 }).toEqual(value);
}
