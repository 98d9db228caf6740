import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_KEEP_LIMITS,
  DEFAULT_SEGMENT_LIMITS,
  decodeHead,
  formatVersion,
  headId,
  tailReaches,
  uniteLeaves,
  versionsOfHead,
  versionsToSpill,
  type HeadDocument,
  type StoredVersion,
} from '../src/index.ts';

const id = headId({ bucket: 'cool', layer: '*data', path: '/a', key: 'k' });
const stored = (n: number): StoredVersion => {
  const version = formatVersion({ timeMs: n, counter: 0, neuron: 'n1' });
  return n % 5 === 0 ? [version, 'a'] : [version, 'a', n];
};

/** A head whose versions are these numbers; multiples of five are deletions. */
function headOf(numbers: readonly number[], rev: string): HeadDocument {
  const [current, ...tail] = [...new Set(numbers)].sort((a, b) => b - a).map(stored) as [StoredVersion, ...StoredVersion[]];
  const [ver, by, value] = current;
  const state = current.length === 2 ? { gone: true as const } : { v: value as number };
  return { _id: id, _rev: rev, ver, by, ...state, ...(tail.length > 0 ? { tail } : {}) };
}

const leaf = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });

describe('conflicting leaves united', () => {
  it('F10 hold every version of every leaf once, newest first, and the highest is the current one', () => {
    fc.assert(
      fc.property(leaf, fc.array(leaf, { maxLength: 3 }), (first, others) => {
        const united = uniteLeaves(headOf(first, '2-w'), others.map((numbers, index) => headOf(numbers, `2-${index}`)));
        const all = [...new Set([first, ...others].flat())].sort((a, b) => b - a);
        expect(versionsOfHead(united).map((entry) => entry.version)).toEqual(all.map((n) => stored(n)[0]));
        expect(united.gone === true).toBe((all[0] as number) % 5 === 0);
        expect(united._rev).toBe('2-w');
        expect(decodeHead(united)).toEqual(united);
      }),
    );
  });

  it('F10 are the same whatever the order of the others, and uniting again changes nothing', () => {
    fc.assert(
      fc.property(leaf, fc.array(leaf, { minLength: 1, maxLength: 3 }), (first, others) => {
        const winner = headOf(first, '2-w');
        const losers = others.map((numbers, index) => headOf(numbers, `2-${index}`));
        const united = uniteLeaves(winner, losers);
        expect(uniteLeaves(winner, losers.toReversed())).toEqual(united);
        expect(uniteLeaves(united, losers)).toEqual(united);
      }),
    );
  });

  it('F10 keep the additional keys and the expiry of the version that wins', () => {
    const winner: HeadDocument = { ...headOf([1, 2], '2-w'), m: { k2: 'old' }, x: 5 };
    const later: HeadDocument = { ...headOf([1, 3], '2-a'), m: { k2: 'new' } };
    expect(uniteLeaves(winner, [later])).toMatchObject({ v: 3, m: { k2: 'new' } });
    expect(uniteLeaves(winner, [later])).not.toHaveProperty('x');
  });
});

describe('the part of a tail that moves into a segment', () => {
  it('F11 is the older part, oldest first, and leaves the newest versions within the limits', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 80 }), (numbers) => {
        const head = headOf(numbers, '1-a');
        const moved = versionsToSpill(head, DEFAULT_KEEP_LIMITS, DEFAULT_SEGMENT_LIMITS).map(([version]) => version);
        const tail = (head.tail ?? []).map(([version]) => version);
        const expected = head.gone === true ? [head.ver, ...tail] : tail.slice(DEFAULT_KEEP_LIMITS.versions);
        expect(moved).toEqual(expected.toReversed());
      }),
    );
  });

  it('F11 is never more than a segment holds, and never nothing while a version is too large to keep', () => {
    const large: StoredVersion = [stored(1)[0], 'a', 'x'.repeat(10_000)];
    const head: HeadDocument = { ...headOf([9], '1-a'), tail: [stored(8), stored(7), large] };
    expect(versionsToSpill(head, { versions: 4, characters: 100 }, { versions: 9, characters: 50 })).toEqual([large]);
    expect(versionsToSpill(headOf([1, 2, 3], '1-a'), DEFAULT_KEEP_LIMITS, DEFAULT_SEGMENT_LIMITS)).toEqual([]);
    expect(versionsToSpill(headOf([1, 2, 3, 4, 6, 7, 8, 9], '1-a'), { versions: 2, characters: 1_000 }, { versions: 3, characters: 1_000 }).map((entry) => entry[2])).toEqual([1, 2, 3]);
  });

  it('F11 is due when the tail reaches a number of versions or of characters', () => {
    const tail = [3, 2, 1].map(stored);
    const characters = tail.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
    expect(tailReaches(tail, { versions: 3, characters: 1_000 })).toBe(true);
    expect(tailReaches(tail, { versions: 4, characters })).toBe(true);
    expect(tailReaches(tail, { versions: 4, characters: characters + 1 })).toBe(false);
    expect(tailReaches(undefined, { versions: 1, characters: 1 })).toBe(false);
  });
});
