import { Kv4Error, type KeyAddress } from '@xir/kv4-core';
import type { StemClient } from '@xir/stem-sdk';
import { eventually } from './neuron-process.ts';

/** Numbers in `[0, 1)` that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of a test: `XIR_TEST_SEED`, or chance; printed with the command that runs it again. */
export function testSeed(file: string): number {
  const given = Number(process.env['XIR_TEST_SEED'] ?? '');
  const seed = given > 0 ? given : 1 + Math.floor(Math.random() * 1_000_000_000);
  console.log(`seed ${seed}; again with: XIR_TEST_SEED=${seed} pnpm --filter @xir/neuron exec vitest run ${file}`);
  return seed;
}

/** A write that was acknowledged. */
export interface Acknowledged {
  readonly address: KeyAddress;
  readonly version: string;
  readonly deleted: boolean;
}

/** What may happen to a write while things are being killed. */
const EXPECTED = new Set(['KV4_UNAVAILABLE', 'KV4_OUTCOME_UNKNOWN', 'KV4_BUSY', 'KV4_FRESHNESS_UNPROVED']);

/** How writers write. */
export interface WriterOptions {
  readonly random: () => number;
  readonly writes: number;
  readonly keys: number;
  /** Told after every attempt. */
  readonly onAttempt?: () => void;
}

/** Writes and deletes keys at random, one after the other; answers with those writes that were acknowledged. */
export async function writeAtRandom(client: () => StemClient, { random, writes, keys, onAttempt }: WriterOptions): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  for (let n = 0; n < writes; n += 1) {
    const key = Math.floor(random() * keys);
    const address = client().key(`/chaos/p${key % 3}`, `k${key}`);
    const deletes = random() < 0.15;
    onAttempt?.();
    try {
      const written = deletes ? await client().delete(address) : await client().put(address, { n, chance: random() });
      if (written !== undefined) acknowledged.push({ address, version: written.version, deleted: deletes });
    } catch (error) {
      if (!(error instanceof Kv4Error) || !EXPECTED.has(error.code)) throw error;
      // Goes on as soon as the database answers again: not to spend all attempts on an outage.
      await eventually(() => client().get(address, { fresh: true }), 60_000);
    }
  }
  return acknowledged;
}
