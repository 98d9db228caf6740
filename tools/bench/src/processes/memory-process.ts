/** A memory (`@xir/kv4`) as a program embeds it, in a process of its own. */
import { CouchClient } from '@xir/couch-client';
import { openMemory, type Memory } from '@xir/kv4';
import type { KeyAddress, PathAddress } from '@xir/kv4-core';

import { benchPath, keyOf, scattered } from '../load/keys.ts';
import { overdueWaits, percentile } from '../statistics.ts';
import { heapBytes } from './heap.ts';
import { timeGets } from './time-gets.ts';
import { serve } from './serve.ts';
import { switchedTransport, type SwitchedTransport } from './switched-transport.ts';

/** Where a memory lives. */
interface Place {
  readonly url: string;
  readonly database: string;
  readonly neuron: string;
}

/** Reads that are due one after the other, at fixed moments. */
interface Watching {
  readonly keys: number;
  /** Stop after so long; with `rows`: at the latest. */
  readonly forMs: number;
  /** Stop once the feed has applied so many rows since the transport was mended. */
  readonly rows?: number;
}

const EVERY_MS = 0.1;
const LOOK_MS = 2;
let memory: Memory;
let transport: SwitchedTransport;

function isCurrent(rowsWanted: number): boolean {
  const { feed, waitingRows, pendingLoads, verifying } = memory.stats();
  return feed.rows >= rowsWanted && waitingRows === 0 && pendingLoads === 0 && verifying === 0;
}

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

serve({
  async open({ url, database, neuron }: Place) {
    transport = switchedTransport(url);
    const client = new CouchClient({ url, transport });
    memory = await openMemory({ client, database, neuron, auditIntervalMs: 0, maxCacheBytes: 2 ** 40, feedMaxBackoffMs: 100, inspectIntervalMs: 3_600_000 });
  },
  /** Caches all keys of a path. */
  async list(path: PathAddress) {
    await memory.keys(path, { limit: 1 });
    return memory.stats().entries;
  },
  /** Caches all keys beneath a path. */
  async listTree(path: PathAddress) {
    await memory.tree(path, { limit: 1 });
    return memory.stats().entries;
  },
  /** Caches some keys of a path, each by itself. */
  async reference({ path, keys }: { readonly path: PathAddress; readonly keys: readonly number[] }) {
    await Promise.all(keys.map((n) => memory.get({ ...path, key: keyOf(n) })));
    return memory.stats().entries;
  },
  heap: () => ({ bytes: heapBytes(), estimate: memory.stats().bytes, entries: memory.stats().entries }),
  /** Resolves when so many rows have been followed in all. */
  async follow(rows: number) {
    while (!isCurrent(rows)) await pause(LOOK_MS);
  },
  cut() {
    transport.cut();
  },
  /** Ends the outage, and tells what catching up with so many rows took, from the feed's request on. */
  async catchUp(rows: number) {
    const wanted = memory.stats().feed.rows + rows;
    const before = process.cpuUsage();
    transport.mend();
    while (!isCurrent(wanted)) await pause(LOOK_MS);
    const seconds = (performance.now() - (transport.feedAtMs ?? Number.NaN)) / 1000;
    const { user, system } = process.cpuUsage(before);
    return { seconds, cpuSeconds: (user + system) / 1e6, stats: memory.stats() };
  },
  timeGets: ({ keys, looks }: { readonly keys: number; readonly looks: number }) => timeGets(memory, benchPath(keys), { keys, looks }),
  /** Reads a cached key when it is due, every tenth of a millisecond, and tells how long the reads waited for the thread. */
  async readWhenDue({ keys, forMs, rows }: Watching) {
    const wanted = rows === undefined ? Number.POSITIVE_INFINITY : memory.stats().feed.rows + rows;
    const addresses = scattered(1000, keys).map((n) => ({ ...benchPath(keys), key: keyOf(n) }));
    const waits: number[] = [];
    if (rows !== undefined) transport.mend();
    const startedMs = performance.now();
    let dueMs = startedMs;
    let nextLookMs = startedMs;
    for (;;) {
      const nowMs = performance.now();
      const overdue = overdueWaits(dueMs, nowMs, EVERY_MS);
      for (const waitedMs of overdue) {
        const from = performance.now();
        if (memory.peek(addresses[waits.length % addresses.length] as KeyAddress) === undefined) throw new Error('a key is not cached');
        waits.push(waitedMs + performance.now() - from);
      }
      dueMs += overdue.length * EVERY_MS;
      if (nowMs >= nextLookMs) {
        nextLookMs = nowMs + 20;
        if (nowMs - startedMs > forMs || isCurrent(wanted)) break;
      }
      await turn();
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const sorted = Float64Array.from(waits).sort();
    const { feed } = memory.stats();
    return { seconds, reads: sorted.length, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), p999Ms: percentile(sorted, 0.999), maxMs: percentile(sorted, 1), rows: feed.rows, bytes: feed.bytes };
  },
});
