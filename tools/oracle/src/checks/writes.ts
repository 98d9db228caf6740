import { roleOf } from '../key-space.ts';
import type { Check } from './check.ts';
import { isOfSplit } from './split.ts';

/** No acknowledged write is lost. Excepted are purged keys, whose history was taken away on purpose, and writes acknowledged as not durable. */
export const acknowledgedWritesKept: Check = {
  name: 'acknowledged-writes-kept',
  promise: 'every version that was acknowledged as durable is in its key’s series at the end',
  violations: ({ writes, database }) =>
    writes
      .filter(({ version, key, durable }) => version !== undefined && durable !== false && roleOf(key) !== 'purged' && database.get(key)?.series.some((stored) => stored.version === version) !== true)
      .map(({ key, version, kind, client, endMs }) => `${key}: ${version} (${kind} of ${client}, acknowledged at ${Math.round(endMs)} ms) is not in the series`),
};

/** What was refused did not happen, and nothing happened twice. */
export const writtenAtMostOnce: Check = {
  name: 'written-at-most-once',
  promise: 'a write that was refused is in no series, and no write is in a series twice',
  violations({ writes, database }) {
    const found: string[] = [];
    const refused = new Set(writes.filter(({ outcome }) => outcome === 'refused').map(({ marker }) => marker));
    for (const [key, { series }] of database) {
      const markers = new Set<string>();
      for (const { marker, version } of series) {
        if (marker === undefined) continue;
        if (refused.has(marker)) found.push(`${key}: ${marker} was refused, and is in the series as ${version}`);
        if (markers.has(marker)) found.push(`${key}: ${marker} is in the series twice, the second time as ${version}`);
        markers.add(marker);
      }
    }
    return found;
  },
};

/** The series of a key is a chain of what the writers presented. */
export const compareAndSetChain: Check = {
  name: 'compare-and-set-chain',
  promise: 'an acknowledged compare-and-set stands directly behind the version it presented, an acknowledged creation behind nothing or a deletion',
  violations(record) {
    const { writes, database } = record;
    const found: string[] = [];
    for (const { key, kind, version, expected, client } of writes) {
      if (version === undefined || roleOf(key) !== 'plain' || !(kind === 'create' || kind.startsWith('compare'))) continue;
      const series = database.get(key)?.series ?? [];
      const index = series.findIndex((stored) => stored.version === version);
      if (index < 0) continue;
      const before = series[index - 1];
      // A split can acknowledge two writes that presented the same version.
      if (isOfSplit(record, key, version) || (before !== undefined && isOfSplit(record, key, before.version))) continue;
      if (kind === 'create' && before !== undefined && !before.deleted) found.push(`${key}: the creation ${version} of ${client} stands behind ${before.version}`);
      if (expected !== undefined && before?.version !== expected) found.push(`${key}: ${kind} ${version} of ${client} presented ${expected}, and stands behind ${before?.version ?? 'nothing'}`);
    }
    return found;
  },
};
