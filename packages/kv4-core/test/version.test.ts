import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatVersion,
  highestVersionAt,
  INITIAL_HYBRID_CLOCK,
  Kv4Error,
  lowestVersionAt,
  MAX_CLOCK_LEAD_MS,
  MAX_VERSION_TIME_MS,
  nextVersion,
  parseVersion,
  versionTimeMs,
  type HybridClock,
  type ParsedVersion,
} from '../src/index.ts';

const neuron = fc.stringMatching(/^[a-z0-9]{1,24}$/);
const parts: fc.Arbitrary<ParsedVersion> = fc.record({ timeMs: fc.oneof(fc.nat({ max: 20 }), fc.maxSafeNat().map((n) => n % (MAX_VERSION_TIME_MS + 1))), counter: fc.nat({ max: 0xffff }), neuron });
const NOW = 1_700_000_000_000;

describe('a version', () => {
  it('is twelve hex digits of milliseconds, four of counter, and the neuron', () => {
    expect(formatVersion({ timeMs: 1_458_097_383_000, counter: 10, neuron: 'n1' })).toBe('01537d606658000a-n1');
    expect(versionTimeMs('01537d606658000a-n1')).toBe(1_458_097_383_000);
  });

  it('is read back as it was written', () => {
    fc.assert(fc.property(parts, (any) => {
      expect(parseVersion(formatVersion(any))).toEqual(any);
    }));
  });

  it('sorts as text by time, counter and neuron', () => {
    fc.assert(fc.property(parts, parts, (a, b) => {
      const byParts = a.timeMs - b.timeMs || a.counter - b.counter || (a.neuron < b.neuron ? -1 : a.neuron > b.neuron ? 1 : 0);
      const [left, right] = [formatVersion(a), formatVersion(b)];
      expect(Math.sign(byParts)).toBe(left < right ? -1 : left > right ? 1 : 0);
    }));
  });

  it.each(['', 'x', '01537d606658000a', '01537d606658000a-', '01537D7BAC58000A-n1', '01537d606658000a-N1', '01537d606658000a-n_1', '1537d7bac58000a-n1', '01537d606658000a-n1 ', `01537d606658000a-${'n'.repeat(25)}`, '01537d606658000a-n1\n'])(
    'is not %j',
    (text) => {
      expect(parseVersion(text)).toBeUndefined();
    },
  );

  it('cannot be made of parts out of range', () => {
    for (const bad of [{ timeMs: -1 }, { timeMs: 1.5 }, { timeMs: MAX_VERSION_TIME_MS + 1 }, { timeMs: Number.NaN }, { counter: 65_536 }, { counter: -1 }, { neuron: '' }, { neuron: 'A' }]) {
      expect(() => formatVersion({ timeMs: 1, counter: 1, neuron: 'n', ...bad })).toThrow(TypeError);
    }
  });
});

describe('bounds of versions at a time', () => {
  it('enclose exactly the versions of the times asked for', () => {
    const bound = fc.oneof(fc.nat({ max: 20 }), fc.double({ min: -5, max: 25, noNaN: true }), fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, MAX_VERSION_TIME_MS, MAX_VERSION_TIME_MS + 1));
    fc.assert(fc.property(parts, bound, (any, timeMs) => {
      const version = formatVersion(any);
      expect(version >= lowestVersionAt(timeMs)).toBe(any.timeMs >= timeMs);
      expect(version <= highestVersionAt(timeMs)).toBe(any.timeMs <= timeMs);
    }), { numRuns: 1000 });
  });

  it('do not exist for what is no number', () => {
    expect(() => lowestVersionAt(Number.NaN)).toThrow(TypeError);
    expect(() => highestVersionAt('1' as unknown as number)).toThrow(TypeError);
  });
});

describe('the hybrid clock', () => {
  const step = fc.record({ stepMs: fc.oneof(fc.constant(0), fc.integer({ min: -5000, max: 5000 })), above: fc.option(parts, { nil: undefined }), near: fc.integer({ min: -2 * MAX_CLOCK_LEAD_MS, max: 2 * MAX_CLOCK_LEAD_MS }) });

  it('C1: makes versions that grow and never repeat, whatever the wall clock does', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 60 }), (steps) => {
      let state: HybridClock = INITIAL_HYBRID_CLOCK;
      let now = NOW;
      let last = '';
      for (const stepMs of steps) {
        now += stepMs;
        const next = nextVersion(state, now, 'n1');
        expect(next.version > last).toBe(true);
        expect(versionTimeMs(next.version)).toBeGreaterThanOrEqual(now);
        ({ state } = next);
        last = next.version;
      }
    }));
  });

  it('C2 T36: makes versions above the key’s own, however far ahead that is', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let state: HybridClock = INITIAL_HYBRID_CLOCK;
      let now = NOW;
      const made = new Set<string>();
      for (const { stepMs, above, near } of steps) {
        now += stepMs;
        const floor = above && formatVersion({ ...above, timeMs: Math.min(MAX_VERSION_TIME_MS - 1, near > 0 ? now + near : above.timeMs) });
        const next = nextVersion(state, now, 'n1', floor);
        if (floor !== undefined) expect(next.version > floor).toBe(true);
        expect(made.has(next.version)).toBe(false);
        made.add(next.version);
        ({ state } = next);
      }
    }), { numRuns: 300 });
  });

  it('C3: is not dragged ahead of its wall clock by more than the limit', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let state: HybridClock = INITIAL_HYBRID_CLOCK;
      let highestNow = NOW;
      let now = NOW;
      for (const { stepMs, above, near } of steps) {
        now += stepMs;
        highestNow = Math.max(highestNow, now);
        const floor = above && formatVersion({ ...above, timeMs: Math.min(MAX_VERSION_TIME_MS - 1, near > 0 ? now + near : above.timeMs) });
        ({ state } = nextVersion(state, now, 'n1', floor));
      }
      const { version } = nextVersion(state, now, 'n1');
      expect(versionTimeMs(version)).toBeLessThanOrEqual(highestNow + MAX_CLOCK_LEAD_MS + 1);
    }), { numRuns: 300 });
  });

  it('carries a full counter into the milliseconds', () => {
    const { version, state } = nextVersion({ timeMs: NOW, counter: 0xffff }, NOW, 'n1');
    expect(parseVersion(version)).toEqual({ timeMs: NOW + 1, counter: 0, neuron: 'n1' });
    expect(nextVersion(state, NOW, 'n1').version > version).toBe(true);
    const above = formatVersion({ timeMs: NOW + 5, counter: 0xffff, neuron: 'z' });
    expect(parseVersion(nextVersion(INITIAL_HYBRID_CLOCK, NOW, 'n1', above).version)).toEqual({ timeMs: NOW + 6, counter: 0, neuron: 'n1' });
  });

  it('C4: gives two writes above one far version different versions', () => {
    const far = formatVersion({ timeMs: NOW + 10 * MAX_CLOCK_LEAD_MS, counter: 3, neuron: 'z' });
    const first = nextVersion(INITIAL_HYBRID_CLOCK, NOW, 'n1', far);
    const second = nextVersion(first.state, NOW, 'n1', far);
    expect(second.version > first.version).toBe(true);
    expect(versionTimeMs(nextVersion(second.state, NOW, 'n1').version)).toBe(NOW);
  });

  it('refuses to go above the last version there can be', () => {
    const last = formatVersion({ timeMs: MAX_VERSION_TIME_MS, counter: 0xffff, neuron: 'z' });
    expect(() => nextVersion(INITIAL_HYBRID_CLOCK, NOW, 'n1', last)).toThrow(Kv4Error);
  });

  it('takes wrong arguments for programming mistakes', () => {
    expect(() => nextVersion(INITIAL_HYBRID_CLOCK, Number.NaN, 'n1')).toThrow(TypeError);
    expect(() => nextVersion(INITIAL_HYBRID_CLOCK, -1, 'n1')).toThrow(TypeError);
    expect(() => nextVersion(INITIAL_HYBRID_CLOCK, NOW, 'N 1')).toThrow(TypeError);
    expect(() => nextVersion(INITIAL_HYBRID_CLOCK, NOW, 'n1', 'nonsense')).toThrow(TypeError);
  });
});
