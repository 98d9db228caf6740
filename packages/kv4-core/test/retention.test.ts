import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatVersion, retainVersions, retentionOf, retentionProblem, type StoredVersion } from '../src/index.ts';

/** Versions made at the times given, newest first. */
function versionsAt(...times: number[]): StoredVersion[] {
  return times.map((timeMs) => [formatVersion({ timeMs, counter: 0, neuron: 'n' }), 'a', timeMs]);
}

function times(versions: readonly StoredVersion[]): unknown[] {
  return versions.map((version) => version[2]);
}

describe('retentionOf', () => {
  it('keeps everything, except of subscriptions and statistics', () => {
    for (const layer of ['*data', 'default', '*statistics', '*subscribers', 'stats', 'x*stats', '']) expect(retentionOf(layer)).toBe('unlimited');
    for (const layer of ['*subs', '*subs:node-1', '*stats', '*stats:router:pkt']) expect(retentionOf(layer)).toBe('none');
  });

  it('lets the longest name that covers decide', () => {
    const config = { '*stats': 'none', '*stats:cache': { versions: 5 }, '*stats:cache:hit': 'unlimited' } as const;
    expect(retentionOf('*stats:router', config)).toBe('none');
    expect(retentionOf('*stats:cache:miss', config)).toEqual({ versions: 5 });
    expect(retentionOf('*stats:cache:hit', config)).toBe('unlimited');
    expect(retentionOf('*stats:cache:hits', config)).toEqual({ versions: 5 });
    expect(retentionOf('*subs', config)).toBe('unlimited');
  });

  it('does not take what objects inherit for configuration', () => {
    expect(retentionOf('constructor', {})).toBe('unlimited');
    expect(retentionOf('__proto__', {})).toBe('unlimited');
  });
});

describe('retentionProblem', () => {
  it('finds none in what makes sense, and says what does not', () => {
    for (const good of ['unlimited', 'none', { versions: 1 }, { durationMs: 0 }]) expect(retentionProblem(good)).toBeUndefined();
    for (const bad of ['some', 5, null, {}, { versions: 0 }, { versions: 1.5 }, { versions: '1' }, { durationMs: -1 }, { durationMs: Number.NaN }, { versions: 1, durationMs: 1 }]) {
      expect(retentionProblem(bad)).toEqual(expect.any(String));
    }
  });
});

describe('retainVersions', () => {
  it('keeps by number, the current version included', () => {
    const versions = versionsAt(50, 40, 30);
    expect(times(retainVersions(versions, 'unlimited', 100))).toEqual([50, 40, 30]);
    expect(times(retainVersions(versions, 'none', 100))).toEqual([50]);
    expect(times(retainVersions(versions, { versions: 2 }, 100))).toEqual([50, 40]);
    expect(times(retainVersions(versions, { versions: 9 }, 100))).toEqual([50, 40, 30]);
    expect(times(retainVersions([], { versions: 2 }, 100))).toEqual([]);
  });

  it('keeps by time what was current within it', () => {
    const versions = versionsAt(90, 50, 20, 10);
    expect(times(retainVersions(versions, { durationMs: 0 }, 100))).toEqual([90]);
    expect(times(retainVersions(versions, { durationMs: 20 }, 100))).toEqual([90, 50]);
    expect(times(retainVersions(versions, { durationMs: 50 }, 100))).toEqual([90, 50, 20]);
    expect(times(retainVersions(versions, { durationMs: 51 }, 100))).toEqual([90, 50, 20]);
    expect(times(retainVersions(versions, { durationMs: 1000 }, 100))).toEqual([90, 50, 20, 10]);
  });

  it('answers for any time within the duration as the whole history does', () => {
    const distinct = fc.uniqueArray(fc.nat({ max: 99 }), { minLength: 1, maxLength: 12 });
    fc.assert(fc.property(distinct, fc.nat({ max: 120 }), fc.nat({ max: 120 }), (moments, durationMs, agoMs) => {
      fc.pre(agoMs <= durationMs);
      const versions = versionsAt(...moments.sort((a, b) => b - a));
      const standingAt = (history: readonly StoredVersion[]): unknown => times(history).find((timeMs) => (timeMs as number) <= 100 - agoMs);
      expect(standingAt(retainVersions(versions, { durationMs }, 100))).toBe(standingAt(versions));
    }));
  });
});
