import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeDocumentRecord, encodeDocumentRecord } from '../src/storage/document-record.ts';
import { SequenceCounts } from '../src/storage/sequence-counts.ts';
import { SequenceFormat } from '../src/storage/sequence.ts';
import { formatRevision } from '../src/tree/revision.ts';
import { ancestryOf, extendTree, findLeaf, hasRevision, leavesAfter, leavesOf, mergePath, purgeLeaves, winnerOf, type RevisionTree } from '../src/tree/revision-tree.ts';

const hex = (text: string) => createHash('md5').update(text).digest('hex');

/** A line of edits as its labels, oldest first: equal beginnings are the same revisions. */
const lineArbitrary = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 6 });

function add(tree: RevisionTree | undefined, labels: readonly string[], deleted: boolean, limit = 1000): RevisionTree {
  const ids = labels.map((_, n) => hex(labels.slice(0, n + 1).join(''))).reverse();
  const leaf = { pos: labels.length, hash: ids[0] as string, deleted, body: 1 };
  if (tree !== undefined && hasRevision(tree, leaf)) return tree;
  return mergePath(tree, leaf, ids, limit);
}

const shape = (tree: RevisionTree | undefined) => (tree === undefined ? [] : leavesOf(tree).map((leaf) => ({ rev: formatRevision(leaf), ids: ancestryOf(tree, leaf)?.ids })));

describe('revision trees', () => {
  it('T1 lines merged in any order give the same leaves, the same winner and the same ancestry', () => {
    fc.assert(
      fc.property(fc.array(lineArbitrary, { minLength: 1, maxLength: 8 }), fc.nat(), (lines, seed) => {
        const shuffled = lines.map((line, n) => ({ line, key: hex(`${seed}-${n}`) })).sort((a, b) => (a.key < b.key ? -1 : 1));
        const forward = lines.reduce<RevisionTree | undefined>((tree, line) => add(tree, line, false), undefined);
        const other = shuffled.reduce<RevisionTree | undefined>((tree, { line }) => add(tree, line, false), undefined);
        expect(shape(other)).toEqual(shape(forward));
      }),
    );
  });

  it('T2 an edit of a leaf replaces it, keeps its ancestry, and never more than the limit is remembered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 10 }), (edits, limit) => {
        let tree: RevisionTree | undefined;
        for (let n = 1; n <= edits; n += 1) tree = extendTree(tree, tree === undefined ? undefined : winnerOf(tree), { pos: n, hash: hex(String(n)), deleted: false, body: n }, limit);
        const ids = ancestryOf(tree as RevisionTree, winnerOf(tree as RevisionTree))?.ids;
        expect(ids).toEqual(Array.from({ length: Math.min(edits, limit) }, (_, back) => hex(String(edits - back))));
        expect(leavesOf(tree as RevisionTree)).toHaveLength(1);
      }),
    );
  });

  it('T3 the winner is not deleted if any leaf is not, then longest, then of the highest hash', () => {
    const tree = [
      { labels: ['a', 'b'], deleted: false },
      { labels: ['a', 'a', 'a'], deleted: true },
      { labels: ['a', 'a', 'b'], deleted: false },
      { labels: ['a', 'b', 'b'], deleted: false },
    ].reduce<RevisionTree | undefined>((built, { labels, deleted }) => add(built, labels, deleted), undefined) as RevisionTree;
    const hashes = [hex('aab'), hex('abb')].sort();
    expect(leavesOf(tree).map((leaf) => leaf.hash)).toEqual([hashes[1], hashes[0], hex('aaa')]);
  });

  it('T4 a record reads back as it was written, line or forest', () => {
    fc.assert(
      fc.property(fc.array(lineArbitrary, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 2 ** 40 }), (lines, seq) => {
        const tree = lines.reduce<RevisionTree | undefined>((built, line) => add(built, line, line.length % 2 === 0), undefined) as RevisionTree;
        const read = decodeDocumentRecord(encodeDocumentRecord({ seq, tree }));
        expect(read.seq).toBe(seq);
        expect(leavesOf(read.tree)).toEqual(leavesOf(tree));
        expect(shape(read.tree)).toEqual(shape(tree));
      }),
    );
  });

  it('T5 a purged leaf is gone with the ancestors only it had; the rest stays', () => {
    const tree = add(add(undefined, ['a', 'a', 'a'], false), ['a', 'b'], false);
    const { tree: rest, purged } = purgeLeaves(tree, [{ pos: 3, hash: hex('aaa') }, { pos: 1, hash: hex('a') }]);
    expect(purged.map(formatRevision)).toEqual([`3-${hex('aaa')}`]);
    expect(shape(rest)).toEqual([{ rev: `2-${hex('ab')}`, ids: [hex('ab'), hex('a')] }]);
    expect(hasRevision(rest as RevisionTree, { pos: 2, hash: hex('aa') })).toBe(false);
    expect(purgeLeaves(rest as RevisionTree, [{ pos: 2, hash: hex('ab') }]).tree).toBeUndefined();
  });

  it('T6 latest leads from any known revision to the leaves after it, and from an unknown one nowhere', () => {
    const tree = add(add(undefined, ['a', 'a', 'a'], false), ['a', 'b'], false);
    expect(leavesAfter(tree, { pos: 1, hash: hex('a') }).map((leaf) => leaf.pos)).toEqual([3, 2]);
    expect(leavesAfter(tree, { pos: 2, hash: hex('aa') }).map((leaf) => leaf.pos)).toEqual([3]);
    expect(leavesAfter(tree, { pos: 2, hash: hex('zz') })).toEqual([]);
    expect(findLeaf(tree, { pos: 1, hash: hex('a') })).toBeUndefined();
  });
});

describe('sequences', () => {
  it('S1 pending is the number of rows after a position, at any position', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 5000 }), { maxLength: 200 }), fc.array(fc.nat(199), { maxLength: 50 }), fc.integer({ min: 0, max: 5100 }), (sequences, removed, position) => {
        const counts = new SequenceCounts();
        const present = new Set(sequences);
        for (const sequence of sequences) counts.add(sequence);
        for (const index of removed) {
          const sequence = sequences[index];
          if (sequence !== undefined && present.delete(sequence)) counts.remove(sequence);
        }
        const between = (from: number, to: number) => [...present].filter((sequence) => sequence > from && sequence < to).length;
        expect(counts.after(position, between)).toBe([...present].filter((sequence) => sequence > position).length);
        expect(counts.total).toBe(present.size);
      }),
    );
  });

  it('S2 a sequence is read by the database that issued it; a foreign one, or one from the future, means the beginning', () => {
    const mine = new SequenceFormat('0123456789abcdef0123456789abcdef');
    const other = new SequenceFormat('f123456789abcdef0123456789abcdef');
    expect(mine.decode(mine.encode(7), 10)).toBe(7);
    expect(mine.decode(`"${mine.encode(7)}"`, 10)).toBe(7);
    expect(mine.decode(other.encode(7), 10)).toBe(0);
    expect(mine.decode(mine.encode(11), 10)).toBe(0);
    expect(mine.decode('12-g1AAAACbeJzLYWBgYMpgTmEQTM4vTc5ISXIwNDLXMwBCwxyQVB4LkGRoAFL', 100)).toBe(0);
    expect([mine.decode('0', 10), mine.decode('', 10), mine.decode('now', 10)]).toEqual([0, 0, 10]);
    for (const malformed of ['7', '1-bad', '-1', 'x', '1-', `1${mine.suffix}!`]) expect(() => mine.decode(malformed, 10)).toThrow('Malformed sequence');
  });
});
