import { describe, expect, it } from 'vitest';
import {
  EXPIRY_AUTHOR,
  INITIAL_HYBRID_CLOCK,
  MAX_VERSION_TIME_MS,
  decodeHead,
  expiryVersion,
  foldWrite,
  formatVersion,
  headId,
  isLive,
  nextVersion,
  settleExpiry,
  versionFloor,
  versionTimeMs,
  versionsOfHead,
  type FoldResult,
  type HeadDocument,
  type Retention,
  type WriteCondition,
  type WriteOperation,
} from '../src/index.ts';

const id = headId({ bucket: 'cool', layer: '*data', path: '/a', key: 'k' });
const version = (timeMs: number, neuron = 'n1'): string => formatVersion({ timeMs, counter: 0, neuron });

function fold(head: HeadDocument | undefined, operation: WriteOperation, at: { nowMs: number; retention?: Retention; maxValueCharacters?: number }): FoldResult {
  return foldWrite(head, operation, { id, version: version(at.nowMs), retention: 'unlimited', ...at });
}

function written(result: FoldResult): HeadDocument {
  if (result.type !== 'write') throw new Error(`expected a write, got ${JSON.stringify(result)}`);
  expect(decodeHead({ ...result.head, _rev: '1-a' }), 'the head can be read back').toBeDefined();
  return result.head;
}

const any: WriteCondition = { type: 'any' };
const put = (value: number | object, more: object = {}): WriteOperation => ({ type: 'put', value: value as never, author: 'ann', condition: any, ...more });
const del: WriteOperation = { type: 'delete', author: 'bob', condition: any };

describe('a write folded onto a head', () => {
  it('F1 moves the version before into the tail of the same document', () => {
    const first = written(fold(undefined, put(1), { nowMs: 10 }));
    expect(first).toEqual({ _id: id, v: 1, ver: version(10), by: 'ann' });
    const second = written(fold({ ...first, _rev: '1-a' }, put(2), { nowMs: 20 }));
    expect(second).toEqual({ _id: id, _rev: '1-a', v: 2, ver: version(20), by: 'ann', tail: [[version(10), 'ann', 1]] });
  });

  it('F1 keeps null apart from a deletion in the tail', () => {
    const head = written(fold({ _id: id, v: null, ver: version(1), by: 'a' }, put(2), { nowMs: 20 }));
    expect(head.tail).toEqual([[version(1), 'a', null]]);
  });

  it('F2 keeps additional keys unless others are given, and lifts an expiry unless a new one is', () => {
    const first = written(fold(undefined, put(1, { secondary: { k2: 'x' }, expiresAtMs: 99 }), { nowMs: 10 }));
    expect(first).toMatchObject({ m: { k2: 'x' }, x: 99 });
    const second = written(fold(first, put(2), { nowMs: 20 }));
    expect(second.m).toEqual({ k2: 'x' });
    expect(second.x).toBeUndefined();
    expect(written(fold(second, put(3, { secondary: {} }), { nowMs: 30 })).m).toBeUndefined();
  });

  it('F3 lays the fields of a merged object over the stored one, and replaces what is no object', () => {
    const base = written(fold(undefined, put({ a: 1, b: { c: 1 } }), { nowMs: 10 }));
    expect(written(fold(base, put({ b: 2, d: null }, { merge: true }), { nowMs: 20 })).v).toEqual({ a: 1, b: 2, d: null });
    expect(written(fold(base, put(7, { merge: true }), { nowMs: 20 })).v).toBe(7);
    expect(written(fold(undefined, put({ a: 1 }, { merge: true }), { nowMs: 20 })).v).toEqual({ a: 1 });
    const poison = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    const merged = written(fold(base, put(poison, { merge: true }), { nowMs: 20 })).v as object;
    expect(Object.hasOwn(merged, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  });

  it('F3 refuses a merge that makes a value past the limit, and says what stands', () => {
    const base = written(fold(undefined, put({ a: 'x'.repeat(50) }), { nowMs: 10 }));
    expect(fold(base, put({ b: 'y'.repeat(50) }, { merge: true }), { nowMs: 20, maxValueCharacters: 100 })).toEqual({
      type: 'refused',
      code: 'KV4_VALUE_TOO_LARGE',
      currentVersion: version(10),
    });
  });

  it('F4 deletes by a version without a value, and finds nothing to delete where nothing is', () => {
    const head = written(fold({ _id: id, _rev: '1-a', v: 1, ver: version(1), by: 'a', m: { k2: 'x' } }, del, { nowMs: 20 }));
    expect(head).toEqual({ _id: id, _rev: '1-a', ver: version(20), by: 'bob', gone: true, tail: [[version(1), 'a', 1]] });
    expect(fold(head, del, { nowMs: 30 })).toEqual({ type: 'nothing' });
    expect(fold(undefined, del, { nowMs: 30 })).toEqual({ type: 'nothing' });
    const again = written(fold(head, put(2), { nowMs: 40 }));
    expect(again.m, 'additional keys of a deleted key are gone').toBeUndefined();
    expect(again.tail).toEqual([[version(20), 'bob'], [version(1), 'a', 1]]);
  });

  describe('F5 decides its condition on the head a reader would see', () => {
    const live: HeadDocument = { _id: id, v: 1, ver: version(5), by: 'a' };
    const gone: HeadDocument = { _id: id, ver: version(5), by: 'a', gone: true };
    const expired: HeadDocument = { ...live, x: 9 };
    const current = version(5);
    const rows: [WriteCondition, live: string, absent: string][] = [
      [any, 'write', 'write'],
      [{ type: 'absent' }, 'KV4_ALREADY_EXISTS', 'write'],
      [{ type: 'present' }, 'write', 'KV4_NOT_FOUND'],
      [{ type: 'version', version: current }, 'write', 'KV4_VERSION_CONFLICT'],
      [{ type: 'version', version: version(4) }, 'KV4_VERSION_CONFLICT', 'KV4_VERSION_CONFLICT'],
      [{ type: 'locked' }, 'KV4_VERSION_MISSING', 'write'],
      [{ type: 'locked', version: current }, 'write', 'write'],
      [{ type: 'locked', version: version(4) }, 'KV4_VERSION_CONFLICT', 'write'],
    ];
    for (const [condition, onLive, onAbsent] of rows) {
      it(`F5 ${JSON.stringify(condition)}: ${onLive} on a live head, ${onAbsent} on an absent, deleted or expired one`, () => {
        const outcome = (head: HeadDocument | undefined): string => {
          const result = fold(head, put(2, { condition }), { nowMs: 10 });
          return result.type === 'refused' ? result.code : result.type;
        };
        expect(outcome(live)).toBe(onLive);
        for (const head of [undefined, gone, expired]) expect(outcome(head)).toBe(onAbsent);
      });
    }

    it('F5 a refusal names the version that stands, and none where none does', () => {
      expect(fold(live, put(2, { condition: { type: 'absent' } }), { nowMs: 10 })).toMatchObject({ currentVersion: current });
      expect(fold(gone, put(2, { condition: { type: 'version', version: current } }), { nowMs: 10 })).not.toHaveProperty('currentVersion');
    });
  });

  it('F6 dates the deletion of an expired key at its expiry, the same whoever makes it', () => {
    const head: HeadDocument = { _id: id, v: 1, ver: version(5), by: 'a', x: 9, tail: [[version(2), 'a', 0]] };
    const settled = settleExpiry(head, 10);
    expect(settled).toEqual({ _id: id, ver: expiryVersion(head)[0], by: EXPIRY_AUTHOR, gone: true, tail: [[version(5), 'a', 1], [version(2), 'a', 0]] });
    expect(versionTimeMs(settled.ver)).toBe(9);
    expect(settleExpiry(head, 8)).toBe(head);
    expect([isLive(head, 8), isLive(head, 9), isLive(settled, 8), isLive(undefined, 0)]).toEqual([true, false, false, false]);
    const later = written(fold(head, put(2), { nowMs: 20 }));
    expect(later.tail?.map(([entry]) => entry)).toEqual([settled.ver, version(5), version(2)]);
    expect(fold(head, { type: 'expire' }, { nowMs: 10 })).toEqual({ type: 'write', head: settled, version: settled.ver, removed: false });
    expect(fold(head, { type: 'expire' }, { nowMs: 8 })).toEqual({ type: 'nothing' });
    expect(fold(settled, { type: 'expire' }, { nowMs: 10 })).toEqual({ type: 'nothing' });
  });

  it('F6 the deletion stays above a version that is later than the expiry', () => {
    const head: HeadDocument = { _id: id, v: 1, ver: version(50), by: 'a', x: 9 };
    expect(expiryVersion(head)[0] > head.ver).toBe(true);
    expect(versionFloor(head, 60)).toBe(expiryVersion(head)[0]);
    expect(versionFloor(head, 8)).toBe(head.ver);
    expect(versionFloor(undefined, 8)).toBeUndefined();
  });

  it('F6 every value that expires has its deletion: one with the last version but one, and one that expires later than any version can be', () => {
    const lastButOne = 'fffffffffffffffe-zz';
    const head: HeadDocument = { _id: id, v: 1, ver: lastButOne, by: 'a', x: 9 };
    expect(expiryVersion(head)[0]).toBe('ffffffffffffffff-expiry');
    expect(() => nextVersion(INITIAL_HYBRID_CLOCK, 20, 'n1', lastButOne)).toThrow(expect.objectContaining({ code: 'KV4_REJECTED' }));
    expect(versionTimeMs(expiryVersion({ ...head, ver: version(5), x: 1e308 })[0])).toBe(MAX_VERSION_TIME_MS);
    expect(decodeHead({ ...head, ver: 'ffffffffffffffff-zz' })).toBe(undefined);
    expect(decodeHead({ ...settleExpiry(head, 10) })?.gone).toBe(true);
  });

  it('F7 several writes in a row leave all their versions in one document', () => {
    let head: HeadDocument | undefined;
    for (let n = 1; n <= 5; n += 1) head = written(fold(head, n === 3 ? del : put(n), { nowMs: n * 10 }));
    expect(versionsOfHead(head as HeadDocument).map((entry) => (entry.deleted ? 'deleted' : entry.value))).toEqual([5, 4, 'deleted', 2, 1]);
  });

  it('F8 keeps in the tail what retention keeps', () => {
    let head: HeadDocument | undefined;
    for (let n = 1; n <= 5; n += 1) head = written(fold(head, put(n), { nowMs: n * 10, retention: { versions: 3 } }));
    expect(head?.tail?.map((entry) => entry[2])).toEqual([4, 3]);
    head = written(fold(head, put(6), { nowMs: 1_000, retention: { durationMs: 500 } }));
    expect(head.tail?.map((entry) => entry[2]), 'the one that was current when the duration began').toEqual([5]);
    head = written(fold(head, put(7), { nowMs: 1_100, retention: 'none' }));
    expect(head.tail).toBeUndefined();
    expect(fold(head, del, { nowMs: 1_200, retention: 'none' })).toMatchObject({ type: 'write', removed: true, head: { gone: true } });
    expect(fold({ ...head, x: 1_150 }, { type: 'expire' }, { nowMs: 1_200, retention: 'none' })).toMatchObject({ type: 'write', removed: true });
  });

  it('F9 trims only what is in segments, and leaves the current version as it is', () => {
    const head: HeadDocument = { _id: id, v: 3, ver: version(3), by: 'a', tail: [[version(2), 'a', 2], [version(1), 'a', 1]] };
    const trimmed = fold(head, { type: 'trim', stored: new Set([version(1), version(9)]) }, { nowMs: 10 });
    expect(trimmed).toEqual({ type: 'write', head: { ...head, tail: [[version(2), 'a', 2]] }, removed: false });
    expect(fold(head, { type: 'trim', stored: new Set([version(9)]) }, { nowMs: 10 })).toEqual({ type: 'nothing' });
    expect(fold(undefined, { type: 'trim', stored: new Set() }, { nowMs: 10 })).toEqual({ type: 'nothing' });
    expect(written(fold(head, { type: 'trim', stored: new Set([version(1), version(2)]) }, { nowMs: 10 }))).not.toHaveProperty('tail');
  });

  it('F9 lets a deleted head go once its tail and its deletion are in segments, not before', () => {
    const head: HeadDocument = { _id: id, ver: version(3), by: 'a', gone: true, tail: [[version(2), 'a', 2]] };
    const trim = (...stored: string[]): FoldResult => fold(head, { type: 'trim', stored: new Set(stored) }, { nowMs: 10 });
    expect(trim(version(2))).toMatchObject({ type: 'write', removed: false });
    expect(trim(version(3))).toEqual({ type: 'nothing' });
    expect(trim(version(2), version(3))).toMatchObject({ type: 'write', removed: true });
  });

  it('F9 a repair folds to nothing by itself', () => {
    expect(fold(undefined, { type: 'repair' }, { nowMs: 10 })).toEqual({ type: 'nothing' });
  });
});
