import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRevisions, generationOf, parseRevision, winningRevision } from '../src/index.ts';

const revision = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.stringMatching(/^[0-9a-f]{4}$/)).map(([generation, hash]) => `${generation}-${hash}`);

describe('revisions', () => {
  it('are a generation and a hash', () => {
    expect(parseRevision('12-9c65')).toEqual({ generation: 12, hash: '9c65' });
    expect(generationOf('12-9c65')).toBe(12);
  });

  it.each(['', '1', '1-', '-a', '0-a', '01-a', 'a-b', '1.5-a', '99999999999999999-a'])('are not %j', (text) => {
    expect(parseRevision(text)).toBeUndefined();
    expect(generationOf(text)).toBe(0);
  });

  it('compare by generation as a number, then by hash', () => {
    expect(compareRevisions('10-a', '9-b')).toBeGreaterThan(0);
    expect(compareRevisions('2-a', '2-b')).toBeLessThan(0);
    expect(compareRevisions('2-b', '2-b')).toBe(0);
    expect(compareRevisions('1-a', 'nonsense')).toBeGreaterThan(0);
  });

  it('are in a total order', () => {
    fc.assert(fc.property(revision, revision, revision, (a, b, c) => {
      expect(Math.sign(compareRevisions(a, b))).toBe(-Math.sign(compareRevisions(b, a)) || 0);
      if (compareRevisions(a, b) >= 0 && compareRevisions(b, c) >= 0) expect(compareRevisions(a, c)).toBeGreaterThanOrEqual(0);
    }));
  });

  it('win when they are not deleted, then when they are greater, in whatever order they come', () => {
    const leaves = [{ rev: '3-a', deleted: true }, { rev: '2-b' }, { rev: '2-c' }, { rev: '1-z' }];
    fc.assert(fc.property(fc.shuffledSubarray(leaves, { minLength: 4 }), (shuffled) => {
      expect(winningRevision(shuffled)?.rev).toBe('2-c');
    }));
    expect(winningRevision([{ rev: '1-a', deleted: true }, { rev: '3-a', deleted: true }])?.rev).toBe('3-a');
    expect(winningRevision([])).toBeUndefined();
  });
});
