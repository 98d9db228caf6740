import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkDeleteOptions,
  checkDepth,
  checkPageOptions,
  checkPutOptions,
  checkReadOptions,
  checkSeriesOptions,
  checkWatchOptions,
  coverOf,
  covers,
  decodeCursor,
  DEFAULT_PAGE_LIMIT,
  DEFAULT_WATCH_QUEUE_EVENTS,
  encodeCursor,
  headId,
  Kv4Error,
  pathRange,
  segmentId,
  type KeyAddress,
  type WatchScope,
} from '../src/index.ts';
import { keyAddress, nearAddresses } from './arbitrary-address.ts';

const address: KeyAddress = { bucket: 'cool', layer: '*data', path: '/a', key: 'k' };

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Kv4Error ? error.code : String(error);
  }
}

describe('cursors', () => {
  it('carry any id there and back, in characters that a URL leaves alone', () => {
    fc.assert(fc.property(keyAddress, (any) => {
      const cursor = encodeCursor(headId(any));
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeCursor(cursor)).toBe(headId(any));
    }));
  });

  it('of nonsense are refused with KV4_BAD_OPTION', () => {
    for (const text of ['', ' ', '%', 'a', 'abcde', '_w', '====', 'ZA==', 'ZB', 'é', 'A'.repeat(10_000), undefined, null, 7]) {
      expect(codeOf(() => decodeCursor(text as string)), String(text)).toBe('KV4_BAD_OPTION');
    }
  });

  it('are the only texts that decode', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      const id = codeOf(() => decodeCursor(text)) === undefined ? decodeCursor(text) : undefined;
      if (id !== undefined) expect(encodeCursor(id)).toBe(text);
    }), { numRuns: 1000 });
  });
});

describe('options', () => {
  it('of a page have a default and limits', () => {
    expect(checkPageOptions()).toEqual({ limit: DEFAULT_PAGE_LIMIT });
    expect(checkPageOptions({ limit: 7, after: encodeCursor('d!x') })).toEqual({ limit: 7, afterId: 'd!x' });
    for (const limit of [0, -1, 1.5, Number.NaN, 10_001, '5']) expect(codeOf(() => checkPageOptions({ limit: limit as number }))).toBe('KV4_BAD_OPTION');
  });

  it('of a page take a cursor of the same listing only', () => {
    const range = pathRange(address);
    expect(checkPageOptions({ after: encodeCursor(headId(address)) }, range).afterId).toBe(headId(address));
    expect(codeOf(() => checkPageOptions({ after: encodeCursor(headId({ ...address, path: '/b' })) }, range))).toBe('KV4_BAD_OPTION');
  });

  it('that make no sense are refused with KV4_BAD_OPTION', () => {
    const bad: (() => unknown)[] = [
      () => checkReadOptions({ maxAgeMs: -1 }),
      () => checkReadOptions({ maxAgeMs: Number.NaN }),
      () => checkReadOptions({ fresh: 1 as unknown as boolean }),
      () => checkDepth({ depth: -1 }),
      () => checkDepth({ depth: 0.5 }),
      () => checkSeriesOptions({ limit: 0 }),
      () => checkSeriesOptions({ fromMs: Number.NaN }),
      () => checkSeriesOptions({ ascending: 1 as unknown as boolean }),
      () => checkPutOptions({ condition: { type: 'x' } as unknown as { type: 'any' } }),
      () => checkPutOptions({ condition: { type: 'version' } as unknown as { type: 'any' } }),
      () => checkPutOptions({ expiresInMs: 0 }),
      () => checkPutOptions({ expiresInMs: Number.POSITIVE_INFINITY }),
      () => checkPutOptions({ author: 'a'.repeat(257) }),
      () => checkPutOptions({ author: '\ud800' }),
      () => checkDeleteOptions({ condition: { type: 'absent' } }),
      () => checkWatchOptions({ maxQueuedEvents: 0 }),
      () => checkWatchOptions({ after: 7 as unknown as string }),
      () => checkWatchOptions({ history: 'yes' as unknown as boolean }),
      () => coverOf({ type: 'x' } as unknown as WatchScope),
      () => coverOf(undefined as unknown as WatchScope),
    ];
    expect(bad.map(codeOf)).toEqual(bad.map(() => 'KV4_BAD_OPTION'));
  });

  it('that make sense are let through', () => {
    checkReadOptions({ fresh: true, maxAgeMs: Number.POSITIVE_INFINITY });
    checkSeriesOptions({ fromMs: Number.NEGATIVE_INFINITY, toMs: 5, limit: 1, ascending: true });
    checkPutOptions({ condition: { type: 'locked' }, author: '', merge: true, expiresInMs: 1 });
    checkDeleteOptions({ condition: { type: 'version', version: 'x' } });
    expect([checkDepth({}), checkDepth({ depth: 0 })]).toEqual([Number.POSITIVE_INFINITY, 0]);
    expect(checkWatchOptions({})).toBe(DEFAULT_WATCH_QUEUE_EVENTS);
  });
});

describe('what a watch covers', () => {
  it('is what its scope says, and heads only', () => {
    fc.assert(fc.property(nearAddresses, ([a, b]) => {
      const sameLayer = a.bucket === b.bucket && a.layer === b.layer;
      expect(covers(coverOf({ type: 'key', address: a }), headId(b))).toBe(headId(a) === headId(b));
      expect(covers(coverOf({ type: 'path', address: a }), headId(b))).toBe(sameLayer && a.path === b.path);
      expect(covers(coverOf({ type: 'layer', bucket: a.bucket, layer: a.layer }), headId(b))).toBe(sameLayer);
      expect(covers(coverOf({ type: 'subtree', address: a }), segmentId(b, '01a20b5761950000-n1'))).toBe(false);
    }));
  });
});
