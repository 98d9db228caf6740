import { expect, it } from 'vitest';
import { HashTable } from '../src/hash-table.ts';

it('holds what a map holds, through growth, deletion and clearing', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const table = new HashTable<number>();
    const map = new Map<number, number>();
    // Few low halves and few high ones, so that slots collide and hashes differ in one half only.
    const hashes = Array.from({ length: 2000 }, () => random(40) * 2 ** 32 + random(2) * 2 ** 31 + random(500));
    for (let step = 0; step < 5000; step += 1) {
      const hash = hashes[random(hashes.length)] as number;
      if (random(1500) === 0) {
        table.clear();
        map.clear();
      } else if (random(3) === 0) {
        table.delete(hash);
        map.delete(hash);
      } else {
        table.set(hash, step);
        map.set(hash, step);
      }
      expect(table.get(hash), `seed ${seed}`).toBe(map.get(hash));
    }
    for (const hash of hashes) expect([table.has(hash), table.get(hash)], `seed ${seed}`).toEqual([map.has(hash), map.get(hash)]);
    expect(table.taken).toBeGreaterThanOrEqual(map.size);
  }
});
