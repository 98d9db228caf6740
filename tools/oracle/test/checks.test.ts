import { describe, expect, it } from 'vitest';

import type { Check } from '../src/checks/check.ts';
import { CHECKS } from '../src/checks/all-checks.ts';
import { auditFoundNothing, convergedWithDatabase, noIncidents } from '../src/checks/neurons.ts';
import { agePlausible, freshReadsCurrent, monotonicReads, readsWereWritten } from '../src/checks/reads.ts';
import { enoughTraffic, trafficFloor } from '../src/checks/traffic.ts';
import { watchesComplete, watchesOrdered, watchesReliable } from '../src/checks/watches.ts';
import { acknowledgedWritesKept, compareAndSetChain, writtenAtMostOnce } from '../src/checks/writes.ts';
import type { RunRecord, WatchedEvent, WatchHistory } from '../src/history.ts';
import { inConflict, KEY, present, read, recordWith, stored, told, write } from './record.ts';

function watched(events: readonly WatchedEvent[], mode: WatchHistory['mode'] = 'plain'): Partial<RunRecord> {
  return { watches: [{ name: 'w', mode, keys: [KEY], events }] };
}

interface Bite {
  readonly check: Check;
  readonly title: string;
  readonly good: Partial<RunRecord>;
  readonly bad: Partial<RunRecord>;
}

const absent = { absent: true } as const;
/** A cluster, and a watch that left out version `a`. */
const LEFT_OUT: Partial<RunRecord> = { databaseNodes: 3, ...watched([told('end-of-initial'), told('put', 'b')], 'history') };
const BITES: readonly Bite[] = [
  { check: acknowledgedWritesKept, title: 'a version that is in no series', good: { writes: [write(1, 'a')], database: stored('a', 'b') }, bad: { writes: [write(1, 'a')], database: stored('b') } },
  { check: acknowledgedWritesKept, title: 'a durable version that is in no series', good: { writes: [write(1, 'a', { durable: false })] }, bad: { writes: [write(1, 'a')] } },
  { check: writtenAtMostOnce, title: 'a refused write that happened', good: { writes: [write(1, 'a')], database: stored('a') }, bad: { writes: [write(1, 'a', { outcome: 'refused' })], database: stored('a') } },
  {
    check: writtenAtMostOnce,
    title: 'a write that happened twice',
    good: { database: stored('a', 'b') },
    bad: { database: new Map([[KEY, { leaves: 1, current: absent, series: [{ version: 'a', deleted: false, marker: 'm' }, { version: 'b', deleted: false, marker: 'm' }] }]]) },
  },
  {
    check: compareAndSetChain,
    title: 'a compare-and-set that went over another write',
    good: { writes: [write(1, 'b', { kind: 'compare-and-set', expected: 'a' })], database: stored('a', 'b') },
    bad: { writes: [write(1, 'c', { kind: 'compare-and-set', expected: 'a' })], database: stored('a', 'b', 'c') },
  },
  {
    check: compareAndSetChain,
    title: 'a creation over a value',
    good: { writes: [write(1, 'c', { kind: 'create' })], database: stored('a', '-b', 'c') },
    bad: { writes: [write(1, 'b', { kind: 'create' })], database: stored('a', 'b') },
  },
  {
    check: compareAndSetChain,
    title: 'a compare-and-set over a durable write, where a split explains one below the quorum',
    good: { databaseNodes: 3, writes: [write(1, 'b', { durable: false }), write(1, 'c', { kind: 'compare-and-set', expected: 'a' })], database: inConflict('a', 'b', 'c') },
    bad: { databaseNodes: 3, writes: [write(1, 'b'), write(1, 'c', { kind: 'compare-and-set', expected: 'a' })], database: inConflict('a', 'b', 'c') },
  },
  {
    check: compareAndSetChain,
    title: 'a compare-and-set over a write below the quorum, where no revisions were in conflict',
    good: { databaseNodes: 3, writes: [write(1, 'c', { kind: 'compare-and-set', expected: 'a', durable: false })], database: inConflict('a', 'b', 'c') },
    bad: { databaseNodes: 3, writes: [write(1, 'c', { kind: 'compare-and-set', expected: 'a', durable: false })], database: stored('a', 'b', 'c') },
  },
  { check: monotonicReads, title: 'an older value after a newer one', good: { reads: [read(1, present('a')), read(3, present('b'))], database: stored('a', 'b') }, bad: { reads: [read(1, present('b')), read(3, present('a'))], database: stored('a', 'b') } },
  { check: monotonicReads, title: 'a read that misses an own write', good: { writes: [write(1, 'b')], reads: [read(3, present('b'))], database: stored('a', 'b') }, bad: { writes: [write(1, 'b')], reads: [read(3, present('a'))], database: stored('a', 'b') } },
  { check: monotonicReads, title: 'nothing, where nothing was deleted', good: { reads: [read(1, present('a')), read(3, absent)], database: stored('a', '-b') }, bad: { reads: [read(1, present('a')), read(3, absent)], database: stored('a') } },
  {
    check: monotonicReads,
    title: 'a value that comes back after its deletion was seen',
    good: { reads: [read(1, present('a')), read(3, absent), read(5, present('c'))], database: stored('a', '-b', 'c') },
    bad: { reads: [read(1, present('a')), read(3, absent), read(5, present('a'))], database: stored('a', '-b', 'c') },
  },
  {
    check: freshReadsCurrent,
    title: 'a fresh read that misses a write of another neuron',
    good: { writes: [write(1, 'b')], reads: [read(3, present('a'), { neuron: 'n1#1' })], database: stored('a', 'b') },
    bad: { writes: [write(1, 'b')], reads: [read(3, present('a'), { neuron: 'n1#1', fresh: true })], database: stored('a', 'b') },
  },
  { check: readsWereWritten, title: 'a value that nobody wrote', good: { writes: [write(1, 'a')], reads: [read(3, present('a'))], database: stored('a') }, bad: { reads: [read(3, present('a'))], database: stored('a') } },
  {
    check: readsWereWritten,
    title: 'a value under another version',
    good: { writes: [write(1, 'a')], reads: [read(3, present('a'))], database: stored('a') },
    bad: { writes: [write(1, 'a')], reads: [read(3, { absent: false, version: 'b', marker: 'm-a' })], database: stored('a', 'b') },
  },
  {
    check: agePlausible,
    title: 'an age below the time of silence',
    good: { outages: [{ startMs: 0, endMs: 5000 }], reads: [read(3000, absent, { age: '3100' })] },
    bad: { outages: [{ startMs: 0, endMs: 5000 }], reads: [read(3000, absent, { age: '100' })] },
  },
  { check: agePlausible, title: 'an age that is no number', good: { reads: [read(1, absent, { age: '0' })] }, bad: { reads: [read(1, absent, { age: '-1' })] } },
  { check: watchesOrdered, title: 'a version twice', good: watched([told('put', 'a'), told('put', 'b')]), bad: watched([told('put', 'a'), told('connected'), told('put', 'a')]) },
  { check: watchesOrdered, title: 'an older version after a newer one, without a reset', good: watched([told('put', 'b'), told('reset'), told('put', 'a')]), bad: watched([told('put', 'b'), told('put', 'a')]) },
  {
    check: watchesOrdered,
    title: 'a version twice, where one came after its key had expired',
    good: watched([told('put', 'a'), told('delete', 'c-expiry'), told('delete', 'b')]),
    bad: watched([told('put', 'a'), told('delete', 'c-expiry'), told('delete', 'b'), told('delete', 'b')]),
  },
  { check: watchesReliable, title: 'a final value that was not told', good: { ...watched([told('put', 'b')]), database: stored('a', 'b') }, bad: { ...watched([told('put', 'a')]), database: stored('a', 'b') } },
  { check: watchesReliable, title: 'a final deletion that was not told', good: { ...watched([told('put', 'a'), told('delete')]), database: stored('a', '-b') }, bad: { ...watched([told('put', 'a')]), database: stored('a', '-b') } },
  {
    check: watchesComplete,
    title: 'a version that history left out',
    good: { ...watched([told('end-of-initial'), told('put', 'a'), told('put', 'b')], 'history'), writes: [write(1, 'a'), write(3, 'b')] },
    bad: { ...watched([told('end-of-initial'), told('put', 'b')], 'history'), writes: [write(1, 'a'), write(3, 'b')] },
  },
  {
    check: watchesComplete,
    title: 'a version left out that won, where one below the quorum lost',
    good: { ...LEFT_OUT, writes: [write(1, 'a', { durable: false }), write(3, 'b')], database: inConflict('a', 'b') },
    bad: { ...LEFT_OUT, writes: [write(1, 'a', { durable: false }), write(3, 'c')], database: inConflict('a', 'c') },
  },
  {
    check: watchesComplete,
    title: 'a durable version left out, where the one above it is durable too',
    good: { ...LEFT_OUT, writes: [write(1, 'a'), write(3, 'b', { durable: false })], database: inConflict('a', 'b') },
    bad: { ...LEFT_OUT, writes: [write(1, 'a'), write(3, 'b')], database: inConflict('a', 'b') },
  },
  {
    check: watchesComplete,
    title: 'a version below the quorum left out, where no revisions were in conflict',
    good: { ...LEFT_OUT, writes: [write(1, 'a', { durable: false }), write(3, 'b')], database: inConflict('a', 'b') },
    bad: { ...LEFT_OUT, writes: [write(1, 'a', { durable: false }), write(3, 'b')], database: stored('a', 'b') },
  },
  {
    check: watchesComplete,
    title: 'a version below the quorum left out that stands',
    good: { ...LEFT_OUT, writes: [write(1, 'a', { durable: false })], database: inConflict('a', 'b') },
    bad: { ...LEFT_OUT, writes: [write(1, 'a', { durable: false })], database: inConflict('a') },
  },
  {
    check: convergedWithDatabase,
    title: 'a neuron that serves something else',
    good: { database: stored('a', 'b'), neurons: [{ neuron: 'n0#1', form: 'tree', contents: new Map([[KEY, present('b')]]) }] },
    bad: { database: stored('a', 'b'), neurons: [{ neuron: 'n0#1', form: 'tree', contents: new Map([[KEY, present('a')]]) }] },
  },
  {
    check: convergedWithDatabase,
    title: 'a neuron that lacks a key',
    good: { database: stored('-a'), neurons: [{ neuron: 'n0#1', form: 'tree', contents: new Map() }] },
    bad: { database: stored('a'), neurons: [{ neuron: 'n0#1', form: 'tree', contents: new Map() }] },
  },
  { check: auditFoundNothing, title: 'a divergence, or a counter that is not there', good: { divergences: new Map([['n0#1', 0]]) }, bad: { divergences: new Map([['n0#1', Number.NaN]]) } },
  { check: noIncidents, title: 'an incident', good: {}, bad: { incidents: [{ atMs: 1, what: 'ended by itself' }] } },
  {
    check: enoughTraffic({ acknowledgedWrites: 1, reads: 1, watchEvents: 0, faults: 0 }),
    title: 'a run in which too little happened',
    good: { writes: [write(1, 'a')], reads: [read(3, absent)] },
    bad: { writes: [write(1, 'a', { outcome: 'unknown' })], reads: [read(3, absent)] },
  },
];

describe('checks', () => {
  it.each(BITES.map((bite) => [bite.check.name, bite.title, bite] as const))('%s finds %s, and passes what is right', (_name, _title, { check, good, bad }) => {
    expect(check.violations(recordWith(good))).toEqual([]);
    expect(check.violations(recordWith(bad))).not.toEqual([]);
  });

  it('are all shown to bite', () => {
    const shown = new Set(BITES.map(({ check }) => check.name));
    expect(CHECKS.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('ask for more traffic of longer runs', () => {
    expect(trafficFloor(600).acknowledgedWrites).toBeGreaterThan(trafficFloor(30).acknowledgedWrites);
  });
});
