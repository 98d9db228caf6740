import { describe, expect, it } from 'vitest';
import { formatVersion, LANE_MOVES, type GroupCommitEvent, type HeadDocument, type LaneEvent, type LaneState } from '../src/index.ts';
import { Bench, idOf, putOf } from './support/group-commit-bench.ts';

const version = (timeMs: number): string => formatVersion({ timeMs, counter: 0, neuron: 'n0' });
const headAt = (key: string, timeMs: number, more: Partial<HeadDocument> = {}): HeadDocument => ({ _id: idOf(key), _rev: `${timeMs}-r`, v: timeMs, ver: version(timeMs), by: 'eve', ...more });

describe('the transition table of a document', () => {
  const STATES = Object.keys(LANE_MOVES) as LaneState[];

  /** Brings a bench to a state, by events alone. */
  const reach: Record<LaneState, () => Bench> = {
    idle: () => new Bench(),
    'load-queued': () => {
      const bench = new Bench({ maxConcurrentLoads: 0 });
      bench.submit('k', putOf(1));
      return bench;
    },
    loading: () => {
      const bench = new Bench();
      bench.submit('k', putOf(1));
      return bench;
    },
    'spill-queued': () => {
      const bench = new Bench({ maxConcurrentLoads: 0, hardTail: { versions: 1, characters: 1 } });
      bench.submit('k', putOf(1), { base: { head: headAt('k', 2, { tail: [[version(1), 'a', 1]] }) } });
      return bench;
    },
    spilling: () => {
      const bench = new Bench({ hardTail: { versions: 1, characters: 1 } });
      bench.submit('k', putOf(1), { base: { head: headAt('k', 2, { tail: [[version(1), 'a', 1]] }) } });
      return bench;
    },
    'write-queued': () => {
      const bench = new Bench({ maxConcurrentBatches: 0 });
      bench.submit('k', putOf(1), { base: {} });
      return bench;
    },
    writing: () => {
      const bench = new Bench();
      bench.submit('k', putOf(1), { base: {} });
      return bench;
    },
    'resolve-queued': () => {
      const bench = new Bench({ maxConcurrentLoads: 0 });
      bench.submit('k', putOf(1), { base: {} });
      bench.answer(bench.one('write'), { [idOf('k')]: 'unknown' });
      return bench;
    },
    resolving: () => {
      const bench = new Bench();
      bench.submit('k', putOf(1), { base: {} });
      bench.answer(bench.one('write'), { [idOf('k')]: 'unknown' });
      return bench;
    },
    'floor-queued': () => {
      const bench = new Bench({ maxConcurrentLoads: 0 });
      bench.submit('k', putOf(1), { base: {} });
      bench.answer(bench.one('write'), {}, { [idOf('k')]: '3-x' });
      return bench;
    },
    flooring: () => {
      const bench = new Bench();
      bench.submit('k', putOf(1), { base: {} });
      bench.answer(bench.one('write'), {}, { [idOf('k')]: '3-x' });
      return bench;
    },
    'backing-off': () => {
      const bench = new Bench();
      bench.submit('k', putOf(1), { base: {} });
      for (const base of [{}, undefined]) {
        bench.answer(bench.one('write'), { [idOf('k')]: 'conflict' });
        if (base !== undefined) bench.load('k', base);
      }
      return bench;
    },
  };

  const id = idOf('k');
  const EVENTS: Partial<Record<LaneEvent, GroupCommitEvent>> = {
    submitted: { type: 'submit', ticket: 50, id, operation: putOf(2), retention: 'unlimited', characters: 1 },
    cancelled: { type: 'cancel', ticket: 1, id },
    loaded: { type: 'loaded', id, base: {} },
    resolved: { type: 'resolved', id, base: {}, found: [] },
    spilled: { type: 'spilled', id, stored: [version(1)] },
    floored: { type: 'floored', id },
    failed: { type: 'failed', id, cause: 'away' },
    due: { type: 'due', id },
  };

  for (const state of STATES) {
    for (const [name, event] of Object.entries(EVENTS) as [LaneEvent, GroupCommitEvent][]) {
      const move = LANE_MOVES[state][name];
      it(`G17 ${state}, ${name}: ${move}`, () => {
        const bench = reach[state]();
        if (move === 'impossible') expect(() => bench.send(event)).toThrow(TypeError);
        else expect(() => bench.send(event)).not.toThrow();
      });
    }
    it(`G17 ${state}: an answer to a batch nobody sent is a mistake of the driver`, () => {
      expect(() => reach[state]().send({ type: 'answered', batch: 99, answers: new Map(), durable: true })).toThrow(TypeError);
    });
  }

  it('G17 every answer to a document leads somewhere while it is written, and nowhere else', () => {
    const answers: LaneEvent[] = ['stored', 'conflict', 'rejected', 'alone', 'unavailable', 'unknown'];
    for (const state of STATES) {
      for (const answer of answers) expect(LANE_MOVES[state][answer] === 'impossible', `${state}, ${answer}`).toBe(state !== 'writing');
    }
  });
});
