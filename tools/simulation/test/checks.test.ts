import { describe, expect, it } from 'vitest';
import type { AuditResult, Facts } from '../src/checks/facts.ts';
import { CHECKS } from '../src/checks/judge.ts';
import { SimulatedClock } from '../src/time/simulated-clock.ts';
import type { StaleAnswer } from '../src/faces/held-answer.ts';
import type { ReadEvent, WatchedEvent, WatchHistory, WriteEvent } from '../src/world/history.ts';
import { KEYS } from '../src/world/key-space.ts';
import type { FaultKind } from '../src/world/profile.ts';
import { Recorder } from '../src/world/recorder.ts';
import { HEALTHY_AGE_MS } from '../src/world/simulated-neuron.ts';
import { Truth } from '../src/world/truth.ts';

const NEURON = 'n1.0';
const K = KEYS[0]?.name as string;
const PURGED = KEYS.find(({ role }) => role === 'purged')?.name as string;

/** A small history, made by hand. Times are milliseconds; an order is the time, doubled. */
class Story {
  readonly recorder = new Recorder(new SimulatedClock(), false);
  readonly truth = new Truth();
  readonly series = new Map<string, { readonly version: string; readonly marker: string | null }[]>();
  readonly differences: string[] = [];
  readonly divergences: AuditResult[] = [];
  replicas = 1;

  /** The database holds a version from a time on; `null`: a deletion. */
  stored(version: string, marker: string | null, atMs: number): this {
    const moments = this.truth.moments.get(K) ?? [];
    moments.push({ version, absent: marker === null, expiresAtMs: undefined, atMs, life: 0 });
    this.truth.moments.set(K, moments);
    const versions = this.truth.versions.get(K) ?? new Map<string, string | null>();
    this.truth.versions.set(K, versions.set(version, marker));
    this.series.set(K, [...(this.series.get(K) ?? []), { version, marker }]);
    return this;
  }

  wrote(version: string | undefined, atMs: number, more: Partial<WriteEvent> = {}): this {
    const outcome = version === undefined ? 'refused' : 'acknowledged';
    this.recorder.writes.push({ kind: 'put', neuron: NEURON, key: K, startMs: atMs, startOrder: atMs * 2, endMs: atMs, endOrder: atMs * 2 + 1, outcome, marker: version, expected: undefined, version, durable: true, code: undefined, ...more });
    return this;
  }

  read(version: string | undefined, atMs: number, more: Partial<ReadEvent> = {}): this {
    this.recorder.reads.push({ kind: 'get', neuron: NEURON, key: K, startMs: atMs, startOrder: atMs * 2, endMs: atMs, endOrder: atMs * 2 + 1, fresh: false, version, marker: version, ...more });
    return this;
  }

  watched(events: readonly (readonly [type: WatchedEvent['type'], atMs: number, version?: string | undefined, reason?: string])[], more: Partial<WatchHistory> = {}): this {
    const told = events.map(([type, atMs, version, reason]) => ({ type, atMs, key: type === 'put' || type === 'delete' ? K : undefined, version, reason }));
    this.recorder.watches.push({ neuron: NEURON, name: 'a watch', history: false, latestOnly: false, keys: [K], events: told, ended: undefined, lasted: true, ...more });
    return this;
  }

  /** A client-side cache held an answer that its neuron did not show any more. */
  heldStale(forMs: number, more: Partial<StaleAnswer> = {}): this {
    this.recorder.staleAnswers.push({ client: 'a client', request: `GET ${K}`, reach: 'key', key: K, held: '1', shown: '2', expires: false, fromMs: 20, untilMs: 20 + forMs, ...more });
    return this;
  }

  heldAtEnd(held: string | null, stored: string | null, expires = false): this {
    this.recorder.answersAtEnd.push({ client: 'a client', request: `GET ${K}`, key: K, expires, held, stored });
    return this;
  }

  /** A memory differed from the database in the end. */
  differed(what: string): this {
    this.differences.push(what);
    return this;
  }

  /** The audit of a neuron's memory found so many divergences. */
  audited(count: number): this {
    this.divergences.push({ neuron: 'n1', count });
    return this;
  }

  /** Something happened that must not. */
  incident(what: string): this {
    this.recorder.incident(what);
    return this;
  }

  upheaved(atMs: number): this {
    this.recorder.upheavals.push({ kind: 'recreated', atMs });
    return this;
  }

  fault(kind: FaultKind): this {
    this.recorder.fault(kind, '');
    return this;
  }

  facts(): Facts {
    const { recorder, truth, replicas, series, differences, divergences } = this;
    return { recorder, truth, replicas, series, differences, divergences, upheaval: recorder.upheavals.length > 0, split: replicas > 1 && recorder.faults.has('replica-lag') };
  }
}

/** Stories of a check: those it has to complain of, and those that it must not. */
interface Bite {
  readonly violated: Readonly<Record<string, () => Story>>;
  readonly kept: Readonly<Record<string, () => Story>>;
}

const twoPuts = (): Story => new Story().stored('1', '1', 10).stored('2', '2', 20);
const putAndDelete = (): Story => new Story().stored('1', '1', 10).stored('2', null, 20);

const BITES: Readonly<Record<string, Bite>> = {
  'acknowledged-writes-kept': {
    violated: {
      'a version that is not in the series': () => new Story().stored('1', '1', 10).wrote('2', 20),
      'a version that holds something else': () => new Story().stored('1', 'other', 10).wrote('1', 10),
      'a deletion that holds a value': () => new Story().stored('1', 'other', 10).wrote('1', 10, { kind: 'delete', marker: undefined }),
    },
    kept: {
      'everything is there': () => putAndDelete().wrote('1', 10).wrote('2', 20, { kind: 'delete', marker: undefined }),
      'the database was made anew': () => new Story().wrote('1', 10).upheaved(20),
    },
  },
  'written-at-most-once': {
    violated: {
      'a write that was refused is there': () => new Story().stored('1', 'm', 10).wrote(undefined, 10, { marker: 'm' }),
      'a write is there twice': () => new Story().stored('1', 'm', 10).stored('2', 'm', 20),
    },
    kept: {
      'each is there once, what was refused not': () => twoPuts().wrote(undefined, 30, { marker: 'm' }),
      'replicas did not know of each other': () => Object.assign(new Story().stored('1', 'm', 10).stored('2', 'm', 20).fault('replica-lag'), { replicas: 3 }),
    },
  },
  'compare-and-set-chain': {
    violated: {
      'a version stands between': () => new Story().stored('1', '1', 10).stored('2', '2', 20).stored('3', '3', 30).wrote('3', 30, { kind: 'compare-and-set', expected: '1' }),
      'nothing stands before': () => new Story().stored('2', '2', 20).wrote('2', 20, { kind: 'compare-and-set', expected: '1' }),
      'a creation stands behind a value': () => twoPuts().wrote('2', 20, { kind: 'create' }),
    },
    kept: {
      'it stands directly behind': () => twoPuts().wrote('2', 20, { kind: 'compare-and-set', expected: '1' }),
      'a creation stands behind a deletion': () => putAndDelete().stored('3', '3', 30).wrote('1', 10, { kind: 'create' }).wrote('3', 30, { kind: 'create' }),
    },
  },
  'monotonic-reads': {
    violated: {
      'an older version is read later': () => twoPuts().read('2', 30).read('1', 40),
      'a read goes behind an own write': () => twoPuts().wrote('2', 30).read('1', 40),
      'nothing is read, and it was never deleted': () => twoPuts().read('2', 30).read(undefined, 40),
      'a value is read behind its deletion': () => putAndDelete().read('1', 15).read(undefined, 30).read('1', 40),
    },
    kept: {
      'versions grow': () => twoPuts().read('1', 30).read('2', 40).read('2', 50),
      'reads at the same time may differ': () => twoPuts().read('2', 30, { endOrder: 100 }).read('1', 40),
      'another neuron is behind': () => twoPuts().read('2', 30).read('1', 40, { neuron: 'n2.0' }),
      'it was deleted meanwhile': () => putAndDelete().read('1', 15).read(undefined, 30),
    },
  },
  'reads-were-written': {
    violated: {
      'nobody wrote the version': () => twoPuts().read('3', 30),
      'the version holds something else': () => twoPuts().read('2', 30, { marker: '1' }),
    },
    kept: { 'it is what was written': () => twoPuts().read('1', 30).read('2', 30).read(undefined, 5) },
  },
  'age-true': {
    violated: {
      'what is served was replaced longer ago than its age': () => aged(twoPuts(), '1', 500, 100),
      'what is served was deleted longer ago than its age': () => aged(putAndDelete(), '1', 500, 100),
      'nothing is served, and it has been there for longer': () => aged(twoPuts(), undefined, 500, 100),
    },
    kept: {
      'it was true within its age': () => aged(twoPuts(), '1', 500, 490),
      'it is true': () => aged(twoPuts(), '2', 500, 0),
      'bytes were held back': () => aged(twoPuts().fault('feed-held'), '1', 500, 100),
    },
  },
  'fresh-reads-current': {
    violated: {
      'it was replaced before the read began': () => twoPuts().read('1', 30, { fresh: true }),
      'it was deleted before the read began': () => putAndDelete().read('1', 30, { fresh: true }),
      'nothing is read of what is there': () => twoPuts().read(undefined, 30, { fresh: true }),
    },
    kept: {
      'it was replaced while the read went on': () => twoPuts().read('1', 15, { fresh: true, endMs: 25 }),
      'a read that asked for nothing fresh': () => twoPuts().read('1', 30),
    },
  },
  'health-true': {
    violated: { 'nothing was heard for longer than health allows': () => said(true, HEALTHY_AGE_MS + 101) },
    kept: { 'something was heard': () => said(true, HEALTHY_AGE_MS), 'it is red': () => said(false, 10 * HEALTHY_AGE_MS) },
  },
  'watches-ordered': {
    violated: {
      'a version comes twice': () => twoPuts().watched([['end-of-initial', 1], ['put', 10, '1'], ['put', 20, '1']]),
      'an older version comes later': () => twoPuts().watched([['end-of-initial', 1], ['put', 10, '2'], ['put', 20, '1']]),
      'a value comes behind its deletion': () => putAndDelete().watched([['end-of-initial', 1], ['delete', 10, '2'], ['put', 20, '1']]),
    },
    kept: {
      'versions grow': () => twoPuts().watched([['put', 1, '1'], ['end-of-initial', 1], ['put', 20, '2']]),
      'it began anew': () => twoPuts().watched([['end-of-initial', 1], ['put', 20, '2'], ['reset', 30], ['put', 30, '2'], ['end-of-initial', 30]]),
    },
  },
  'watches-reliable': {
    violated: {
      'the last value was not told': () => twoPuts().watched([['end-of-initial', 1], ['put', 10, '1']]),
      'the deletion was not told': () => putAndDelete().watched([['end-of-initial', 1], ['put', 10, '1']]),
      'nothing was told': () => twoPuts().watched([['end-of-initial', 1]]),
      'nothing was told since it began anew': () => twoPuts().watched([['end-of-initial', 1], ['put', 20, '2'], ['reset', 30], ['end-of-initial', 30]]),
    },
    kept: {
      'the last value was told': () => twoPuts().watched([['end-of-initial', 1], ['put', 20, '2']]),
      'the deletion was told': () => putAndDelete().watched([['put', 15, '1'], ['end-of-initial', 15], ['delete', 20, '2']]),
      'there is nothing': () => new Story().watched([['end-of-initial', 1]]),
      'it has ended': () => twoPuts().watched([['end-of-initial', 1]], { ended: 'over' }),
    },
  },
  'watches-complete': {
    violated: {
      'a version between was left out': () => twoPuts().wrote('1', 10).wrote('2', 20).watched([['end-of-initial', 1], ['put', 20, '2']], { history: true }),
      'a version below the quorum was left out that was the value':
        () => Object.assign(twoPuts().fault('replica-lag').wrote('1', 10, { durable: false }).wrote('2', 20).watched([['end-of-initial', 1], ['put', 20, '2']], { history: true }), { replicas: 3 }),
      'a version with the quorum was left out that never was the value':
        () => Object.assign(new Story().stored('2', '2', 20).fault('replica-lag').wrote('1', 30).wrote('2', 20).watched([['end-of-initial', 1], ['put', 20, '2']], { history: true }), { replicas: 3 }),
      'a deletion between was left out': () => putAndDelete().stored('3', '3', 30).wrote('1', 10).wrote('2', 20, { kind: 'delete' }).wrote('3', 30).watched([['end-of-initial', 1], ['put', 10, '1'], ['put', 30, '3']], { history: true }),
    },
    kept: {
      'everything was told': () => twoPuts().wrote('1', 10).wrote('2', 20).watched([['end-of-initial', 1], ['put', 20, '1'], ['put', 20, '2']], { history: true }),
      'it was written before the initial values': () => twoPuts().wrote('1', 10).wrote('2', 20).watched([['end-of-initial', 15], ['put', 20, '2']], { history: true }),
      'a version below the quorum lost its conflict from the beginning':
        () => Object.assign(new Story().stored('2', '2', 20).fault('replica-lag').wrote('1', 30, { durable: false }).wrote('2', 20).watched([['end-of-initial', 1], ['put', 20, '2']], { history: true }), { replicas: 3 }),
      'it asked for no history': () => twoPuts().wrote('1', 10).wrote('2', 20).watched([['end-of-initial', 1], ['put', 20, '2']]),
    },
  },
  'watches-reset': {
    violated: {
      'no reset, though the database was made anew': () => twoPuts().upheaved(30).watched([['end-of-initial', 1], ['put', 20, '2']]),
      'a reset without a reason': () => twoPuts().watched([['end-of-initial', 1], ['reset', 30, undefined, 'position-unknown']]),
      'two resets for one upheaval': () => twoPuts().upheaved(30).watched([['end-of-initial', 1], ['reset', 31, undefined, 'database-recreated'], ['end-of-initial', 32], ['reset', 33, undefined, 'database-recreated']]),
      'a resync, though no key went back': () => twoPuts().fault('clock-step').watched([['end-of-initial', 1], ['reset', 30, undefined, 'resync']]),
    },
    kept: {
      'one reset for one upheaval': () => twoPuts().upheaved(30).watched([['end-of-initial', 1], ['reset', 31, undefined, 'database-recreated'], ['end-of-initial', 32]]),
      'it ended before it could tell': () => twoPuts().upheaved(30).watched([['end-of-initial', 1]], { lasted: false }),
      'its reader was slow': () => twoPuts().watched([['end-of-initial', 1], ['reset', 30, undefined, 'slow-consumer']]),
      'the database itself went back': () => new Story().stored('2', '2', 10).stored('1', '1', 20).watched([['end-of-initial', 1], ['reset', 30, undefined, 'resync']]),
    },
  },
  'no-missed-invalidation': {
    violated: {
      'an answer was held when its neuron had shown something else': () => new Story().heldStale(0.1),
      'an answer was held when its value had expired, longer than a timer takes': () => expired(1.1),
      'that nothing is there was held when a key that expires had been written': () => new Story().heldStale(0.1, { held: null, expires: true }),
      'an answer was held when its key had been written, though a clock was set': () => new Story().heldStale(0.1, { expires: true }).fault('clock-step'),
      'an old answer of a key that expires is held in the end, though a clock was set': () => new Story().heldAtEnd('1', '2', true).fault('clock-step'),
      'an old answer is held in the end': () => new Story().heldAtEnd('1', '2'),
      'an answer of what was deleted is held in the end': () => new Story().heldAtEnd('1', null),
      'that nothing is there is held in the end': () => new Story().heldAtEnd(null, '2'),
    },
    kept: {
      'it was told in the same turn': () => new Story().heldStale(0),
      'the timer of what expires ran in time': () => expired(1),
      'the host’s clock was set beyond the expiry': () => expired(1_000).fault('clock-step'),
      'the host’s clock was set before the expiry': () => new Story().heldStale(1_000, { held: null, expires: true }).fault('clock-step'),
      'the host’s clock was set before the expiry of what is stored': () => new Story().heldAtEnd(null, '2', true).fault('clock-step'),
      'what is held in the end is what is stored': () => new Story().heldAtEnd('2', '2').heldAtEnd(null, null),
    },
  },
  'converged': {
    violated: { 'a cache differs from the database in the end': () => twoPuts().differed('n1: k0 is 1; the database has 2') },
    kept: { 'every cache equals the database': () => twoPuts().read('1', 15) },
  },
  'audit-found-nothing': {
    violated: {
      'an audit found a divergence': () => twoPuts().audited(1),
      'an audit found a divergence, and another neuron wrote below the quorum': () => twoPuts().audited(1).wrote('1', 10, { durable: false, neuron: 'n2.0' }),
    },
    kept: {
      'no audit found anything': () => twoPuts().audited(0),
      'the neuron wrote below the quorum': () => twoPuts().audited(1).wrote('1', 10, { durable: false }),
      'the database was made anew': () => twoPuts().audited(1).upheaved(20),
      'a document was purged': () => twoPuts().audited(1).fault('purge'),
    },
  },
  'no-incidents': {
    violated: { 'something was rejected and nobody heard of it': () => new Story().incident('unhandled rejection: Error: x') },
    kept: { 'nothing happened that must not': () => twoPuts() },
  },
};

function expired(forMs: number): Story {
  return new Story().heldStale(forMs, { shown: null, expires: true });
}

function aged(story: Story, version: string | undefined, atMs: number, ageMs: number): Story {
  story.recorder.ages.push({ neuron: NEURON, key: K, atMs, ageMs, version, exempt: false });
  return story;
}

function said(healthy: boolean, silentMs: number): Story {
  const story = new Story();
  story.recorder.healths.push({ neuron: NEURON, atMs: 50_000, healthy, silentMs });
  return story;
}

const complaints = (check: string, story: Story): readonly string[] => (CHECKS[check]?.(story.facts()) ?? []).map((violation) => violation.check);

describe('a check', () => {
  it('has a story here that it complains of, each of them', () => {
    expect(Object.keys(BITES).sort()).toEqual(Object.keys(CHECKS).sort());
  });

  for (const [check, { violated, kept }] of Object.entries(BITES)) {
    it.each(Object.keys(violated))(`${check} complains once: %s`, (name) => {
      expect(complaints(check, violated[name]?.() as Story)).toEqual([check]);
    });
    it.each(Object.keys(kept))(`${check} does not complain: %s`, (name) => {
      expect(complaints(check, kept[name]?.() as Story)).toEqual([]);
    });
  }

  it('does not complain of the order, the history and the reading of a key that was purged', () => {
    const story = new Story().fault('purge');
    const told = [['put', 10, '2'], ['put', 20, '1']] as const;
    story.watched([['end-of-initial', 1]], { events: told.map(([type, atMs, version]) => ({ type, atMs, key: PURGED, version, reason: undefined })), keys: [PURGED], history: true });
    story.read('2', 10, { key: PURGED }).read('1', 20, { key: PURGED }).wrote('1', 10, { key: PURGED });
    for (const check of ['watches-ordered', 'watches-reliable', 'watches-complete', 'monotonic-reads', 'acknowledged-writes-kept']) expect(complaints(check, story)).toEqual([]);
  });
});
