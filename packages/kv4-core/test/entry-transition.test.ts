import { describe, expect, it } from 'vitest';
import {
  CacheEntry,
  compareSnapshot,
  decideLeaves,
  ENTRY_EFFECT,
  ENTRY_EVENTS,
  ENTRY_STATES,
  ENTRY_TABLE,
  MAX_SUSPECT_ATTEMPTS,
  recordFromText,
  stepEntry,
  type EntrySnapshot,
} from '../src/index.ts';

const address = { bucket: 'b', layer: 'l', path: '/p', key: 'k' };
const rev = (generation: number, branch = 'a'): string => `${generation}-${branch}`;
const version = (time: number): string => `${time.toString(16).padStart(12, '0')}0000-n`;
const value = (generation: number, time = generation, branch = 'a'): EntrySnapshot => ({
  revision: rev(generation, branch),
  version: version(time),
  record: recordFromText(address, String(time), { version: version(time), author: 'x', revision: rev(generation, branch) }),
});
const gone = (generation: number): EntrySnapshot => ({ revision: rev(generation), version: version(generation) });
const { none, changed, readHead, readLeaves, readLeavesLater, regressed } = ENTRY_EFFECT;

function present(generation = 3): CacheEntry {
  const entry = new CacheEntry();
  stepEntry(entry, { type: 'reference' });
  stepEntry(entry, { type: 'answer', token: entry.token, snapshot: value(generation) });
  return entry;
}
function loading(): CacheEntry {
  const entry = new CacheEntry();
  stepEntry(entry, { type: 'reference' });
  return entry;
}

describe('cache entry', () => {
  it('E1: has a decision for every event in every state', () => {
    for (const state of ENTRY_STATES) for (const event of ENTRY_EVENTS) expect(ENTRY_TABLE[state][event]).toBeTypeOf('function');
  });

  it('E2: a row for what nobody referenced adds nothing', () => {
    const entry = new CacheEntry();
    expect(stepEntry(entry, { type: 'row', revision: rev(1), snapshot: value(1) })).toBe(none);
    expect(entry.state).toBe('absent');
  });

  it('E3 T1: a row with the revision that is known is a duplicate', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(3), snapshot: value(3) })).toBe(none);
    expect(entry.state).toBe('present');
  });

  it('E4: a row of a higher generation and a higher version is taken', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(4), snapshot: value(4) })).toBe(changed);
    expect(entry.record?.valueText).toBe('4');
  });

  it('E5 T4: a row that goes back is decided by the leaves, and what is known is served meanwhile', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(2), snapshot: value(2) })).toBe(readLeaves);
    expect(entry.state).toBe('verifying');
    expect(entry.record?.valueText).toBe('3');
    const ancestry = [rev(3), rev(2), rev(1)];
    const decision = decideLeaves(entry.revision, [entry.noted], [{ rev: rev(3), ancestry }]);
    expect(decision.verdict).toBe('keep');
    expect(stepEntry(entry, { type: 'leaves', token: entry.token, verdict: 'keep', snapshot: value(3) })).toBe(none);
    expect(entry.state).toBe('present');
  });

  it('E5 T2: rows of a key that come out of order end at the newest, without one being shown twice', () => {
    const entry = present(1);
    expect(stepEntry(entry, { type: 'row', revision: rev(3), snapshot: value(3) })).toBe(changed);
    expect(stepEntry(entry, { type: 'row', revision: rev(2), snapshot: value(2) })).toBe(readLeaves);
    expect(entry.record?.version).toBe(version(3));
    expect(stepEntry(entry, { type: 'leaves', token: entry.token, verdict: 'keep', snapshot: value(3) })).toBe(none);
    expect([entry.state, entry.record?.version]).toEqual(['present', version(3)]);
  });

  it('E5 T5: a winner that moves back to a lower generation is taken after the leaves were read', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(2, 'b'), snapshot: value(2, 2, 'b') })).toBe(readLeaves);
    const leaves = [
      { rev: rev(4, 'd'), deleted: true, ancestry: [rev(4, 'd'), rev(3), rev(2), rev(1)] },
      { rev: rev(2, 'b'), ancestry: [rev(2, 'b'), rev(1)] },
    ];
    const { verdict, winner } = decideLeaves(entry.revision, [entry.noted], leaves);
    expect([verdict, winner?.rev]).toEqual(['replace', rev(2, 'b')]);
    expect(stepEntry(entry, { type: 'leaves', token: entry.token, verdict, snapshot: value(2, 2, 'b') })).toBe(changed);
    expect(entry.record?.valueText).toBe('2');
  });

  it('E6 T7: an answer that is older than a row that passed meanwhile is not believed', () => {
    const entry = loading();
    expect(stepEntry(entry, { type: 'row', revision: rev(2), snapshot: value(2) })).toBe(none);
    expect(stepEntry(entry, { type: 'answer', token: entry.token, snapshot: value(1) })).toBe(readLeaves);
    expect(entry.state).toBe('loading');
    expect(stepEntry(entry, { type: 'leaves', token: entry.token, verdict: 'replace', snapshot: value(2) })).toBe(changed);
    expect(entry.record?.valueText).toBe('2');
  });

  it('E6: an answer to a read that was given up is dropped', () => {
    const entry = loading();
    const { token } = entry;
    stepEntry(entry, { type: 'reset' });
    stepEntry(entry, { type: 'reference' });
    expect(stepEntry(entry, { type: 'answer', token, snapshot: value(1) })).toBe(none);
    expect(entry.state).toBe('loading');
  });

  it('E7 T9: a key known not to be there appears with its row', () => {
    const entry = loading();
    stepEntry(entry, { type: 'answer', token: entry.token, snapshot: {} });
    expect(entry.state).toBe('negative');
    expect(stepEntry(entry, { type: 'row', revision: rev(1), snapshot: value(1) })).toBe(changed);
    expect(entry.state).toBe('present');
  });

  it('E8 T11: a deletion keeps its revision, and only a descendant brings the key back', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(4), snapshot: gone(4) })).toBe(changed);
    expect(entry.state).toBe('negative');
    expect(stepEntry(entry, { type: 'row', revision: rev(3), snapshot: value(3) })).toBe(readLeaves);
    stepEntry(entry, { type: 'leaves', token: entry.token, verdict: 'gone', snapshot: gone(4) });
    expect(stepEntry(entry, { type: 'row', revision: rev(5), snapshot: value(5) })).toBe(changed);
    expect(entry.record?.valueText).toBe('5');
  });

  it('E9 T34: an acknowledged write does not go over a later row, whether or not the key was cached', () => {
    for (const prepare of ['reserve', 'reference'] as const) {
      const entry = new CacheEntry();
      stepEntry(entry, { type: prepare });
      stepEntry(entry, { type: 'row', revision: rev(6), snapshot: value(6) });
      expect(stepEntry(entry, { type: 'acknowledged', snapshot: value(5) })).toBe(readHead);
      expect(entry.state).toBe('loading');
    }
    const cached = present(6);
    expect(stepEntry(cached, { type: 'acknowledged', snapshot: value(5) })).toBe(none);
    expect(cached.record?.valueText).toBe('6');
  });

  it('E9: an acknowledged write is known at once, and a load under way is given up', () => {
    const entry = loading();
    const { token } = entry;
    expect(stepEntry(entry, { type: 'acknowledged', snapshot: value(2) })).toBe(changed);
    expect(stepEntry(entry, { type: 'answer', token, snapshot: value(1) })).toBe(none);
    expect(entry.record?.valueText).toBe('2');
  });

  it('E10: an answer that lacks a known revision is asked for again, and believed after a bound', () => {
    const entry = present(3);
    stepEntry(entry, { type: 'row', revision: rev(2), snapshot: value(2) });
    const leaves = [{ rev: rev(2), ancestry: [rev(2), rev(1)] }];
    expect(decideLeaves(entry.revision, [entry.noted], leaves).verdict).toBe('suspect');
    for (let attempt = 0; attempt < MAX_SUSPECT_ATTEMPTS; attempt += 1) {
      expect(stepEntry(entry, { type: 'leaves', token: entry.token, verdict: 'suspect', snapshot: value(2) })).toBe(readLeavesLater);
      expect(entry.record?.valueText).toBe('3');
    }
    expect(stepEntry(entry, { type: 'leaves', token: entry.token, verdict: 'suspect', snapshot: value(2) })).toBe(changed | regressed);
    expect(entry.record?.valueText).toBe('2');
  });

  it('E11 T12: what was purged is read again without demanding the revisions it had', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'purged' })).toBe(readHead);
    expect(stepEntry(entry, { type: 'answer', token: entry.token, snapshot: {} })).toBe(changed);
    expect(entry.state).toBe('negative');
  });

  it('E12: only a settled entry is evicted', () => {
    const busy = loading();
    stepEntry(busy, { type: 'evict' });
    expect(busy.state).toBe('loading');
    const settled = present();
    stepEntry(settled, { type: 'evict' });
    expect(settled).toEqual(Object.assign(new CacheEntry(), { token: settled.token }));
  });

  it('E13: a row without its document leads to one read of the head', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(4) })).toBe(readHead);
    expect(stepEntry(entry, { type: 'answer', token: entry.token, snapshot: value(4) })).toBe(changed);
    expect(entry.state).toBe('present');
  });

  it('E14: upkeep that rewrites a head without a new version changes nothing for readers', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(4), snapshot: value(4, 3) })).toBe(none);
    expect(entry.revision).toBe(rev(4));
  });

  it('E15: an ancestor cut off by the revision limit counts as present', () => {
    const ancestry = [rev(9), rev(8), rev(7)];
    expect(decideLeaves(rev(3), [], [{ rev: rev(9), ancestry }]).verdict).toBe('replace');
    expect(decideLeaves(rev(8, 'z'), [], [{ rev: rev(9), ancestry }]).verdict).toBe('suspect');
    expect(decideLeaves(undefined, [], []).verdict).toBe('gone');
  });

  it('E21: a write over a deletion by strangers is shown when it is acknowledged, and the leaves are read', () => {
    const erased: EntrySnapshot = { revision: rev(3) };
    const entry = loading();
    stepEntry(entry, { type: 'answer', token: entry.token, snapshot: erased });
    expect(stepEntry(entry, { type: 'acknowledged', snapshot: value(4) })).toBe(changed + readLeaves);
    expect(entry).toMatchObject({ state: 'verifying', revision: rev(4) });
    // One that strangers may have deleted since is not.
    const later = loading();
    stepEntry(later, { type: 'answer', token: later.token, snapshot: { revision: rev(5) } });
    expect(stepEntry(later, { type: 'acknowledged', snapshot: value(4) })).toBe(readLeaves);
    expect(later.record).toBe(undefined);
  });

  it('E20 T6: leaves that were not read yet are read in every state, also under the known revision, and beside a read under way', () => {
    const known = present(3);
    expect(stepEntry(known, { type: 'row', revision: rev(3), contested: true })).toBe(readLeaves);
    const { token } = known;
    expect(stepEntry(known, { type: 'row', revision: rev(3), contested: true })).toBe(readLeaves);
    expect(stepEntry(known, { type: 'leaves', token, verdict: 'keep', snapshot: value(3) })).toBe(none);
    expect(known.state).toBe('verifying');
    expect(stepEntry(known, { type: 'leaves', token: known.token, verdict: 'keep', snapshot: value(3, 9) })).toBe(changed);
    const asked = loading();
    expect(stepEntry(asked, { type: 'row', revision: rev(1), contested: true })).toBe(readLeaves);
    expect(asked.state).toBe('loading');
  });

  it('E20: an answer of the known revision with another version is not believed before the leaves are read', () => {
    const entry = present(3);
    expect(stepEntry(entry, { type: 'row', revision: rev(4) })).toBe(readHead);
    expect(stepEntry(entry, { type: 'row', revision: rev(4), snapshot: value(4) })).toBe(changed);
    expect(stepEntry(entry, { type: 'answer', token: entry.token, snapshot: value(4, 9) })).toBe(readLeaves);
  });

  it('E11: a purge under a write forgets what was announced', () => {
    const entry = new CacheEntry();
    stepEntry(entry, { type: 'reserve' });
    stepEntry(entry, { type: 'row', revision: rev(4) });
    stepEntry(entry, { type: 'purged' });
    expect(entry.noted).toBe(undefined);
  });

  it('E4: the order of snapshots is decided by generation and version together', () => {
    expect(compareSnapshot(value(3), value(4, 2))).toBe('unclear');
    expect(compareSnapshot(value(3), value(2, 4))).toBe('unclear');
    expect(compareSnapshot(value(3), value(2))).toBe('older');
    expect(compareSnapshot(value(3), value(3))).toBe('same');
    expect(compareSnapshot(value(3), value(3, 3, 'b'))).toBe('unclear');
    expect(compareSnapshot({}, value(1))).toBe('newer');
    expect(compareSnapshot(value(1), {})).toBe('unclear');
  });
});
