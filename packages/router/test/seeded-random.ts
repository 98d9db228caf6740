/** The seed of random tests. Again with another: `XIR_TEST_SEED=<n> npx vitest run`. */
export function testSeed(): number {
  return Number(process.env['XIR_TEST_SEED'] ?? 1);
}

/** Chance that comes again with the same seed (mulberry32): numbers in `[0, 1)`. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
