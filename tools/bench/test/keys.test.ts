import { expect, it } from 'vitest';

import { keyOf, scattered, valueOf } from '../src/load/keys.ts';

it('makes values of 128 bytes under keys of one length', () => {
  for (const n of [0, 7, 999_999]) {
    expect(JSON.stringify(valueOf(n))).toHaveLength(128);
    expect(keyOf(n)).toHaveLength(13);
  }
});

it('scatters reads over different keys', () => {
  const chosen = scattered(10_000, 100_000);
  expect(new Set(chosen).size).toBe(10_000);
  expect(Math.max(...chosen)).toBeLessThan(100_000);
});
