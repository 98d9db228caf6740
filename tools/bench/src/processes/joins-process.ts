/** A router whose peers come and go as fast as it can, in a process of its own. */
import { openMemory, type Memory } from '@xir/kv4';
import { InMemoryNetwork, openRouter, type LocalPeer, type Router } from '@xir/router';

import { percentile } from '../statistics.ts';
import { serve } from './serve.ts';

const RECEIVER = { deliver: (): void => undefined, end: (): void => undefined };
/** Joins and leaves between two turns of the event loop. */
const TURN = 50;
/** Turns in a second at most: as many as a busy neuron would see. */
const TURN_MS = 2;

let memory: Memory;
let router: Router;
const peers: LocalPeer[] = [];
let users = 0;

function join(): void {
  users += 1;
  peers.push(router.join({ bucket: 'bench', path: `/crowd/r${users % 100}`, user: `u${users}` }, RECEIVER));
}

serve({
  async open({ url, database }: { readonly url: string; readonly database: string }) {
    memory = await openMemory({ url, database, neuron: 'joins', auditIntervalMs: 0, layers: { '*subs': 'none' } });
    router = await openRouter({ store: memory, ...new InMemoryNetwork().start('joins') });
  },
  /** So many peers come. */
  async fill(count: number) {
    for (let n = 0; n < count; n += 1) join();
    await router.stored();
  },
  /** So many peers come, and as many that were there go, the oldest first or any; resolves when all of that is stored. */
  async churn({ count, seed }: { readonly count: number; readonly seed: number }) {
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const before = router.stats().slotWrites;
    const startedMs = performance.now();
    for (let n = 0; n < count; n += TURN) {
      for (let one = 0; one < TURN; one += 1) {
        const index = Math.floor(random() * peers.length);
        const going = peers[index];
        const last = peers.pop();
        if (going !== undefined && last !== undefined && going !== last) peers[index] = last;
        going?.leave();
        join();
      }
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
    await router.stored();
    return { slotWrites: router.stats().slotWrites - before, seconds: (performance.now() - startedMs) / 1000 };
  },
  /** Writes keys one after the other, and tells how long each took; beside it, those of a slot's size. */
  async puts({ count }: { readonly count: number }) {
    const timed = async (value: string): Promise<{ readonly p50Ms: number; readonly p99Ms: number }> => {
      const times: number[] = [];
      for (let n = 0; n < count; n += 1) {
        const startedMs = performance.now();
        await memory.put({ bucket: 'bench', layer: '*data', path: '/puts', key: `k${n % 20}` }, value);
        times.push(performance.now() - startedMs);
      }
      times.sort((left, right) => left - right);
      return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
    };
    return { small: await timed('x') };
  },
  /** One peer comes, then goes, and each is waited for: how long a slot takes to be written. */
  async slots({ count }: { readonly count: number }) {
    const times: number[] = [];
    for (let n = 0; n < count; n += 1) {
      const peer = router.join({ bucket: 'bench', path: '/crowd/r0', user: 'probe' }, RECEIVER);
      const startedMs = performance.now();
      await router.stored();
      times.push(performance.now() - startedMs);
      peer.leave();
      await router.stored();
    }
    times.sort((left, right) => left - right);
    return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
  },
});
