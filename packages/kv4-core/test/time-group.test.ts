import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupRange, Kv4Error, parseTimeGroup, TIME_UNITS, timeGroupOf } from '../src/index.ts';

const iso = (text: string): number => Date.parse(text);

describe('parseTimeGroup', () => {
  it.each([
    ['2016', 'year', '2016-01-01T00:00:00.000Z', '2016-12-31T23:59:59.999Z'],
    ['2016:2', 'month', '2016-02-01T00:00:00.000Z', '2016-02-29T23:59:59.999Z'],
    ['2015:2', 'month', '2015-02-01T00:00:00.000Z', '2015-02-28T23:59:59.999Z'],
    ['2016:12', 'month', '2016-12-01T00:00:00.000Z', '2016-12-31T23:59:59.999Z'],
    ['2016:2:29', 'day', '2016-02-29T00:00:00.000Z', '2016-02-29T23:59:59.999Z'],
    ['2016:12:31', 'day', '2016-12-31T00:00:00.000Z', '2016-12-31T23:59:59.999Z'],
    ['2016:3:16:3', 'hour', '2016-03-16T03:00:00.000Z', '2016-03-16T03:59:59.999Z'],
    ['2016:3:16:3:4', 'minute', '2016-03-16T03:04:00.000Z', '2016-03-16T03:04:59.999Z'],
    ['2016:3:16:23:59:59', 'second', '2016-03-16T23:59:59.000Z', '2016-03-16T23:59:59.999Z'],
    ['2016:03:06', 'day', '2016-03-06T00:00:00.000Z', '2016-03-06T23:59:59.999Z'],
    ['1970', 'year', '1970-01-01T00:00:00.000Z', '1970-12-31T23:59:59.999Z'],
    ['9999:12:31', 'day', '9999-12-31T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
  ] as const)('reads %s as a %s', (text, unit, from, to) => {
    expect(parseTimeGroup(text)).toEqual({ unit, fromMs: iso(from), toMs: iso(to) });
  });

  it.each(['', ':', '2016:', '2016:0', '2016:13', '2016:2:30', '2015:2:29', '2016:4:31', '2016:1:0', '2016:1:1:24', '2016:1:1:1:60', '2016:1:1:1:1:60', '2016:1:1:1:1:1:1', '16', '1969', '20160', 'x', '2016/3', ' 2016', '-2016', '2016:-1', '2016:1.5'])(
    'refuses %j with KV4_BAD_OPTION',
    (text) => {
      expect(() => parseTimeGroup(text)).toThrow(expect.objectContaining({ code: 'KV4_BAD_OPTION' }));
      expect(() => parseTimeGroup(text)).toThrow(Kv4Error);
    },
  );

  it('holds every moment of the group that the moment is named by, in each unit', () => {
    const moment = fc.integer({ min: 0, max: iso('2200-01-01T00:00:00Z') });
    fc.assert(fc.property(moment, fc.constantFrom(...TIME_UNITS), (timeMs, unit) => {
      const name = timeGroupOf(timeMs, unit);
      const group = parseTimeGroup(name);
      expect(group.unit).toBe(unit);
      expect(timeMs >= group.fromMs && timeMs <= group.toMs).toBe(true);
      expect([timeGroupOf(group.fromMs, unit), timeGroupOf(group.toMs, unit)]).toEqual([name, name]);
      expect(timeGroupOf(group.toMs + 1, unit)).not.toBe(name);
      expect(timeGroupOf(group.fromMs - 1, unit)).not.toBe(name);
    }));
  });
});

describe('groupRange', () => {
  it('goes from the start of the first group to the end of the second', () => {
    expect(groupRange('2016:3:16', '2016:3:17:12')).toEqual({ fromMs: iso('2016-03-16T00:00:00Z'), toMs: iso('2016-03-17T12:59:59.999Z') });
  });

  it('without an end is the group itself', () => {
    expect(groupRange('2016:3')).toEqual({ fromMs: iso('2016-03-01T00:00:00Z'), toMs: iso('2016-03-31T23:59:59.999Z') });
  });

  it('is empty when the end is before the start', () => {
    const { fromMs, toMs } = groupRange('2016:3:17', '2016:3:16');
    expect(fromMs).toBeGreaterThan(toMs);
  });

  it('refuses malformed groups at either end', () => {
    expect(() => groupRange('x')).toThrow(Kv4Error);
    expect(() => groupRange('2016', 'x')).toThrow(Kv4Error);
  });
});
