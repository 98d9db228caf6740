import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountsFor,
  CacheEntry,
  decideLeaves,
  ENTRY_EFFECT,
  isServable,
  RecentRevisions,
  recordFromText,
  stepEntry,
  SupersededRevisions,
  type EntrySnapshot,
} from '../src/index.ts';

const address = { bucket: 'b', layer: 'l', path: '/p', key: 'k' };
const revisionOf = (generation: number): string => `${generation}-r`;
const versionOf = (generation: number): string => `${generation.toString(16).padStart(16, '0')}-n`;

/** Every third revision is a deletion. */
function snapshotOf(generation: number): EntrySnapshot {
  if (generation === 0) return {};
  const known = { revision: revisionOf(generation), version: versionOf(generation) };
  return generation % 3 === 0 ? known : { ...known, record: recordFromText(address, String(generation), { ...known, author: 'x' }) };
}

/** A database of one document with one replica that may lag, a feed that repeats and rewinds, and reads that are answered late. */
class Model {
  readonly entry = new CacheEntry();
  readonly seen: (string | undefined)[] = [];
  generation = 0;
  #fed = 0;
  #reads: { token: number; generation: number; leaves: boolean }[] = [];

  step(event: Parameters<typeof stepEntry>[1]): void {
    const before = this.entry.state;
    const effect = stepEntry(this.entry, event);
    if (before !== 'absent' && effect & ENTRY_EFFECT.changed && isServable(this.entry)) this.seen.push(this.entry.version);
    const leaves = (effect & (ENTRY_EFFECT.readLeaves | ENTRY_EFFECT.readLeavesLater)) > 0;
    if (leaves || effect & ENTRY_EFFECT.readHead) this.#reads.push({ token: this.entry.token, generation: -1, leaves });
  }

  commit(own: boolean): void {
    if (own && this.entry.state === 'absent') this.step({ type: 'reserve' });
    this.generation += 1;
    if (own) this.step({ type: 'acknowledged', snapshot: snapshotOf(this.generation) });
  }

  /** The next row of the feed; CouchDB leaves out what was overwritten before it was sent. */
  feed(skip: number, withDocument: boolean): void {
    if (this.#fed >= this.generation) return;
    this.#fed = Math.min(this.generation, this.#fed + 1 + skip);
    this.row(this.#fed, withDocument);
  }

  row(generation: number, withDocument: boolean): void {
    if (generation < 1 || generation > this.generation) return;
    this.step({ type: 'row', revision: revisionOf(generation), ...(withDocument ? { snapshot: snapshotOf(generation) } : {}) });
  }

  /** A read reaches the database: what it will answer is settled now, `lag` revisions behind on a replica that lags. */
  serve(lag: number): void {
    const read = this.#reads.find((candidate) => candidate.generation < 0);
    if (read !== undefined) read.generation = Math.max(0, this.generation - lag);
  }

  answer(last: boolean): void {
    const served = this.#reads.filter((read) => read.generation >= 0);
    const read = last ? served.at(-1) : served[0];
    if (read === undefined) return;
    this.#reads = this.#reads.filter((other) => other !== read);
    const snapshot = snapshotOf(read.generation);
    if (!read.leaves) return this.step({ type: 'answer', token: read.token, snapshot });
    const ancestry = Array.from({ length: read.generation }, (_, index) => revisionOf(read.generation - index));
    const leaves = read.generation === 0 ? [] : [{ rev: revisionOf(read.generation), deleted: read.generation % 3 === 0, ancestry }];
    const { verdict } = decideLeaves(this.entry.revision, [this.entry.noted], leaves);
    this.step({ type: 'leaves', token: read.token, verdict, snapshot });
  }

  /** Faults end: the feed delivers the rest, reads are answered truly. */
  settle(): void {
    while (this.#fed < this.generation) this.feed(0, true);
    for (let round = 0; round < 40 && this.#reads.length > 0; round += 1) {
      this.serve(0);
      this.answer(false);
    }
  }
}

const lag = fc.integer({ min: 0, max: 2 });
const action = fc.oneof(
  fc.record({ do: fc.constant('commit' as const), own: fc.boolean() }),
  fc.record({ do: fc.constant('feed' as const), skip: lag, withDocument: fc.boolean() }),
  fc.record({ do: fc.constant('repeat' as const), generation: fc.integer({ min: 1, max: 12 }), withDocument: fc.boolean() }),
  fc.record({ do: fc.constant('serve' as const), lag }),
  fc.record({ do: fc.constant('answer' as const), last: fc.boolean() }),
  fc.record({ do: fc.constantFrom('reference' as const, 'evict' as const, 'doubt' as const, 'fail' as const, 'release' as const) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function run(model: Model, step: Action, stale: boolean): void {
  switch (step.do) {
    case 'commit':
      return model.commit(step.own);
    case 'feed':
      return model.feed(step.skip, step.withDocument);
    case 'repeat':
      return model.row(step.generation, step.withDocument);
    case 'serve':
      return model.serve(stale ? step.lag : 0);
    case 'answer':
      return model.answer(step.last);
    case 'fail':
      return model.step({ type: 'failed', token: model.entry.token });
    default:
      return model.step({ type: step.do });
  }
}

describe('cache entry under random interleavings', () => {
  it('E16: ends at what the database holds, never goes back, and shows no version twice', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (steps) => {
        const model = new Model();
        let highest = '';
        let life = 0;
        for (const step of steps) {
          run(model, step, false);
          const { entry } = model;
          if (entry.state === 'absent') {
            highest = '';
            life = model.seen.length;
          }
          if (isServable(entry)) {
            expect((entry.version ?? '') >= highest).toBe(true);
            highest = entry.version ?? '';
          }
          const shown = model.seen.slice(life).filter((version) => version !== undefined);
          expect(new Set(shown).size).toBe(shown.length);
        }
        model.settle();
        if (isServable(model.entry)) expect(model.entry.revision).toBe(snapshotOf(model.generation).revision);
      }),
      { numRuns: 3000 },
    );
  });

  it('E17: ends at what the database holds with a replica that lags, once its rows have passed', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (steps) => {
        const model = new Model();
        model.step({ type: 'reference' });
        for (const step of steps) if (step.do !== 'evict' && step.do !== 'fail' && step.do !== 'release') run(model, step, true);
        model.settle();
        // A last row, as every replica sends it in the end.
        model.row(model.generation, true);
        model.settle();
        expect(isServable(model.entry)).toBe(true);
        expect(model.entry.revision).toBe(snapshotOf(model.generation).revision);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('recent revisions', () => {
  it('E18 T8: remember what passed, at least up to a limit and at most to twice that', () => {
    const recent = new RecentRevisions(2);
    recent.note('a', '1-x');
    recent.note('b');
    recent.note('a', '2-x');
    recent.note('c', '1-z');
    expect([recent.has('a'), recent.has('b'), recent.has('c')]).toEqual([true, true, true]);
    expect([recent.revision('a'), recent.revision('b')]).toEqual(['2-x', undefined]);
    expect(accountsFor('1-x', recent.revision('a'))).toBe(false);
    recent.note('a', '3-x');
    recent.note('a', '1-x');
    recent.note('a');
    expect(recent.revision('a')).toBe('3-x');
    recent.note('d');
    expect([recent.revision('a'), recent.has('b'), recent.has('c'), recent.has('d')]).toEqual(['3-x', false, true, true]);
    recent.forget('a');
    expect([recent.has('a'), recent.revision('a')]).toEqual([false, undefined]);
  });

  it('E18: tell proved ancestors from other revisions', () => {
    const superseded = new SupersededRevisions(2);
    superseded.add('a', '1-x');
    expect([superseded.has('a', '1-x'), superseded.has('b', '1-x'), superseded.has('a', '1-y')]).toEqual([true, false, false]);
    superseded.add('a', '2-x');
    superseded.add('a', '3-x');
    expect(superseded.has('a', '2-x')).toBe(true);
    superseded.add('a', '4-x');
    superseded.add('a', '5-x');
    expect([superseded.has('a', '1-x'), superseded.has('a', '5-x')]).toEqual([false, true]);
  });
});
