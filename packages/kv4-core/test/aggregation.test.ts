import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accumulate, aggregateNumbers, aggregateVersions, emptyAccumulator, formatVersion, mergeAccumulators, numberOf, type JsonValue, type Kv4Version } from '../src/index.ts';

const address = { bucket: 'b', layer: 'l', path: '/', key: 'k' };
const whole = fc.integer({ min: -1000, max: 1000 });

function versionAt(timeMs: number, value: JsonValue, deleted = false): Kv4Version {
  return { address, version: formatVersion({ timeMs, counter: 0, neuron: 'n' }), timeMs, author: 'a', deleted, value };
}

describe('aggregateNumbers', () => {
  it('takes percentiles by nearest rank', () => {
    expect(aggregateNumbers([15, 20, 35, 40, 50])).toEqual({ sum: 160, min: 15, max: 50, count: 5, avg: 32, p50: 35, p95: 50, p99: 50 });
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(aggregateNumbers(hundred)).toMatchObject({ p50: 50, p95: 95, p99: 99 });
    expect(aggregateNumbers([...hundred, 101])).toMatchObject({ p50: 51, p95: 96, p99: 100 });
    expect(aggregateNumbers([7])).toEqual({ sum: 7, min: 7, max: 7, count: 1, avg: 7, p50: 7, p95: 7, p99: 7 });
    expect(aggregateNumbers([])).toBeUndefined();
  });

  it('does not depend on the order, and leaves its argument alone', () => {
    fc.assert(fc.property(fc.array(whole, { minLength: 1 }), (numbers) => {
      const given = [...numbers];
      expect(aggregateNumbers([...numbers].reverse())).toEqual(aggregateNumbers(given));
      expect(given).toEqual(numbers);
    }));
  });

  it('keeps percentiles between min and max, in order, and among the numbers', () => {
    fc.assert(fc.property(fc.array(whole, { minLength: 1 }), (numbers) => {
      const { min, p50, p95, p99, max } = aggregateNumbers(numbers) ?? expect.unreachable();
      expect([min, p50, p95, p99, max]).toEqual([min, p50, p95, p99, max].sort((a, b) => a - b));
      expect([p50, p95, p99].every((value) => numbers.includes(value))).toBe(true);
      for (const [share, value] of [[0.5, p50], [0.95, p95], [0.99, p99]] as const) {
        expect(numbers.filter((candidate) => candidate <= value).length / numbers.length).toBeGreaterThanOrEqual(share);
      }
    }));
  });
});

describe('accumulators', () => {
  it('give the same in parts, put together in any order, as at once', () => {
    fc.assert(fc.property(fc.array(whole), fc.array(whole), (left, right) => {
      const of = (numbers: readonly number[]): ReturnType<typeof emptyAccumulator> => numbers.reduce(accumulate, emptyAccumulator());
      expect(mergeAccumulators(of(left), of(right))).toEqual(of([...left, ...right]));
      expect(mergeAccumulators(of(right), of(left))).toEqual(of([...left, ...right]));
      expect(mergeAccumulators(of(left), emptyAccumulator())).toEqual(of(left));
    }));
  });

  it('agree with the aggregate', () => {
    fc.assert(fc.property(fc.array(whole, { minLength: 1 }), (numbers) => {
      const { count, sum, min, max } = numbers.reduce(accumulate, emptyAccumulator());
      expect(aggregateNumbers(numbers)).toMatchObject({ count, sum, min, max });
    }));
  });
});

describe('numberOf', () => {
  it('takes a number, its field value, or the field named', () => {
    expect(numberOf(5)).toBe(5);
    expect(numberOf({ value: 5, other: 6 })).toBe(5);
    expect(numberOf({ value: 5, other: 6 }, 'other')).toBe(6);
  });

  it('finds none in anything else', () => {
    for (const value of ['5', null, true, [5], {}, { value: '5' }, { value: null }]) expect(numberOf(value)).toBeUndefined();
    expect(numberOf(5, 'field')).toBeUndefined();
    expect(numberOf({}, 'constructor')).toBeUndefined();
    expect(numberOf({ length: 1 }, '__proto__')).toBeUndefined();
  });
});

describe('aggregateVersions', () => {
  const HOUR = 3_600_000;
  const versions = [versionAt(3 * HOUR, 8), versionAt(2 * HOUR + 1, 4), versionAt(2 * HOUR, { value: 2 }), versionAt(HOUR, null, true), versionAt(0, 1)];

  it('groups by time, oldest first, and totals', () => {
    const { total, groups } = aggregateVersions(versions, { groupBy: 'hour' });
    expect(total).toMatchObject({ count: 4, sum: 15 });
    expect([...(groups ?? [])].map(([name, { sum }]) => [name, sum])).toEqual([['1970:1:1:0', 1], ['1970:1:1:2', 6], ['1970:1:1:3', 8]]);
  });

  it('keeps to its times, both inclusive', () => {
    expect(aggregateVersions(versions, { fromMs: 2 * HOUR, toMs: 3 * HOUR - 1 }).total).toMatchObject({ count: 2, sum: 6 });
  });

  it('has no total of nothing, and no groups unless asked', () => {
    expect(aggregateVersions([], {})).toEqual({});
    expect(aggregateVersions([], { groupBy: 'day' })).toEqual({ groups: new Map() });
    expect(aggregateVersions(versions)).not.toHaveProperty('groups');
  });
});
