import {
  checkBookmarkable,
  checkOrdered,
  checkReliable,
  checkResumable,
  checkUnique,
  FEED_GUARANTEES,
  FeedHistory,
  FeedViolation,
  type CommittedWrite,
  type FeedGuarantee,
  type Observation,
  type SubjectEvent,
  type SubjectFeed,
} from '@xir/couch-testing';
import { describe, expect, it } from 'vitest';

const WRITES: readonly CommittedWrite[] = [
  { id: 'a', rev: '1-a', deleted: false, atMs: 1 },
  { id: 'b', rev: '1-b', deleted: false, atMs: 2 },
  { id: 'a', rev: '2-a', deleted: true, atMs: 3 },
];
const row = (id: string, rev: string, deleted = false): Observation => ({ type: 'row', id, rev, deleted, atMs: 0 });
const mark = (asOfMs: number): Observation => ({ type: 'caught-up', asOfMs, atMs: 0 });

/** A history of a feed that hands over these rows. */
async function historyOf(rows: readonly (readonly [id: string, rev: string, deleted?: boolean])[]): Promise<FeedHistory> {
  const event: SubjectEvent = {
    type: 'changes',
    lastSeq: '1',
    ack: () => undefined,
    rows: rows.map(([id, rev, deleted = false]) => ({ id, seq: '1', revs: [rev], deleted, problem: undefined, doc: () => undefined })),
  };
  const feed: SubjectFeed = {
    state: 'streaming',
    lastAppliedSeq: '1',
    counters: { rows: rows.length, quarantined: 0, conflicted: 0, connections: 1 },
    ageMs: () => 0,
    prove: () => Promise.resolve({ asOfMs: 0 }),
    close: () => Promise.resolve(),
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(event);
    },
  };
  const history = new FeedHistory(feed, () => 0);
  await history.done;
  return history;
}

function violated(check: () => void): FeedGuarantee | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(FeedViolation);
    return (error as FeedViolation).guarantee;
  }
}

describe('validators of recorded histories', () => {
  it('Ordered admits duplicates and skipped revisions, not a first sight of an older revision', () => {
    expect(violated(() => checkOrdered([row('a', '1-a'), row('a', '2-a'), row('a', '1-a')], WRITES))).toBeUndefined();
    expect(violated(() => checkOrdered([row('a', '2-a'), row('a', '1-a')], WRITES))).toBe('Ordered');
  });

  it('Reliable wants the newest revision of every document, deletions as deletions', async () => {
    expect(violated(() => undefined)).toBeUndefined();
    const complete = await historyOf([['b', '1-b'], ['a', '2-a', true]]);
    expect(violated(() => checkReliable(complete, WRITES))).toBeUndefined();
    for (const rows of [[['b', '1-b']], [['b', '1-b'], ['a', '1-a']], [['b', '1-b'], ['a', '2-a', false]]] as const) {
      const history = await historyOf(rows);
      expect(violated(() => checkReliable(history, WRITES))).toBe('Reliable');
    }
  });

  it('Unique holds when duplicates are applied once', async () => {
    const history = await historyOf([['a', '1-a'], ['a', '2-a'], ['a', '1-a']]);
    expect(violated(() => checkUnique(history))).toBeUndefined();
    history.applied.set('a\n1-a', 2);
    expect(violated(() => checkUnique(history))).toBe('Unique');
  });

  it('Resumable wants everything in what was finished before and what came after', () => {
    expect(violated(() => checkResumable([row('b', '1-b')], [row('a', '2-a', true)], WRITES))).toBeUndefined();
    expect(violated(() => checkResumable([row('b', '1-b')], [row('a', '1-a')], WRITES))).toBe('Resumable');
  });

  it('Bookmarkable wants a mark behind everything committed before its moment', () => {
    expect(violated(() => checkBookmarkable([row('a', '1-a'), row('b', '1-b'), mark(3)], WRITES))).toBeUndefined();
    expect(violated(() => checkBookmarkable([row('a', '2-a'), row('b', '1-b'), mark(3)], WRITES))).toBeUndefined();
    expect(violated(() => checkBookmarkable([row('a', '1-a'), mark(3), row('b', '1-b')], WRITES))).toBe('Bookmarkable');
  });

  it('there is a validator for each guarantee', () => {
    expect(FEED_GUARANTEES).toEqual(['Ordered', 'Unique', 'Reliable', 'Resumable', 'Bookmarkable']);
  });
});
