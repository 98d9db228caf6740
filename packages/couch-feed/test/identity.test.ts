import { compareDatabase, compareEpoch, type EpochIdentity, type ObservedEpoch } from '@xir/couch-feed';
import type { DatabaseInfo } from '@xir/couch-client';
import { describe, expect, it } from 'vitest';

const INFO: DatabaseInfo = { name: 'db', instanceStartTime: '17', purgeSeq: '0-a', updateSeq: '9-b', documentCount: 1, deletedCount: 0, fileBytes: undefined };

describe('compareDatabase', () => {
  it('D1 has nothing to compare the first time', () => {
    expect(compareDatabase(undefined, INFO)).toEqual({ verdict: 'first', purged: false });
  });

  it('D2 T14 takes another instance_start_time for another database, and "0" for no statement', () => {
    expect(compareDatabase({ instanceStartTime: '16', purgeSeq: '0-a' }, INFO).verdict).toBe('recreated');
    expect(compareDatabase({ instanceStartTime: '17', purgeSeq: '0-a' }, INFO).verdict).toBe('same');
    expect(compareDatabase({ instanceStartTime: '0', purgeSeq: '0-a' }, INFO).verdict).toBe('same');
    expect(compareDatabase({ instanceStartTime: '16', purgeSeq: '0-a' }, { ...INFO, instanceStartTime: '0' }).verdict).toBe('same');
  });

  it('D3 T12 takes another purge_seq of the same database for a purge', () => {
    expect(compareDatabase({ instanceStartTime: '17', purgeSeq: '0-z' }, INFO).purged).toBe(true);
    expect(compareDatabase({ instanceStartTime: '16', purgeSeq: '0-z' }, INFO).purged).toBe(false);
  });
});

describe('compareEpoch', () => {
  const barrier = { rev: '5-a', count: 5, life: 'l1' };
  const remembered: EpochIdentity = { epoch: 'e1', barrier };
  const cases: readonly [string, EpochIdentity | undefined, ObservedEpoch, string][] = [
    ['nothing is remembered', undefined, { epoch: 'e1', barrier }, 'first'],
    ['nothing changed', remembered, { epoch: 'e1', barrier }, 'same'],
    ['the epoch is another', remembered, { epoch: 'e2', barrier }, 'recreated'],
    ['the barrier is gone', remembered, { epoch: 'e1', barrier: undefined }, 'restored'],
    ['the barrier is an older one', remembered, { epoch: 'e1', barrier: { ...barrier, rev: '4-a', count: 4 } }, 'restored'],
    ['the barrier has our count and another revision', remembered, { epoch: 'e1', barrier: { ...barrier, rev: '5-b' } }, 'restored'],
    ['the barrier counted on after a restore', remembered, { epoch: 'e1', barrier: { rev: '9-c', count: 9, life: 'l2' } }, 'restored'],
    ['the record of newer barriers was lost in a crash', remembered, { epoch: 'e1', barrier: { ...barrier, rev: '7-a', count: 7 } }, 'same'],
    ['no barrier was written yet', { epoch: 'e1' }, { epoch: 'e1', barrier: undefined }, 'same'],
  ];
  it.each(cases)('D4 T15 %s', (_title, before, observed, verdict) => {
    expect(compareEpoch(before, observed)).toBe(verdict);
  });
});
