import type { Violation } from '../world/history.ts';
import { orderlyKeys, type Facts } from './facts.ts';

/** Every acknowledged version is in its key's series at the end, once. */
export function acknowledgedWritesKept(facts: Facts): Violation[] {
  if (facts.upheaval) return [];
  const keys = new Set(orderlyKeys(facts).map(({ name }) => name));
  return facts.recorder.writes.flatMap((write) => {
    const { key, version, marker, kind, neuron } = write;
    if (version === undefined || !keys.has(key)) return [];
    const stored = facts.series.get(key)?.find((each) => each.version === version);
    if (stored === undefined) return [{ check: 'acknowledged-writes-kept', what: `${key}: ${version} (${kind} on ${neuron}) is not in the series` }];
    return stored.marker === (marker ?? null) ? [] : [{ check: 'acknowledged-writes-kept', what: `${key}: ${version} should hold ${marker ?? 'a deletion'}, and holds ${stored.marker ?? 'a deletion'}` }];
  });
}

/** What was refused is in no series, and no write is in one twice. */
export function writtenAtMostOnce(facts: Facts): Violation[] {
  const found: Violation[] = [];
  const report = (what: string): void => void found.push({ check: 'written-at-most-once', what });
  const refused = new Map(facts.recorder.writes.filter(({ outcome, marker }) => outcome === 'refused' && marker !== undefined).map((write) => [write.marker, write]));
  for (const key of orderlyKeys(facts)) {
    const seen = new Map<string, string>();
    for (const { version, marker } of facts.series.get(key.name) ?? []) {
      if (marker === null || marker === '') continue;
      const write = refused.get(marker);
      // A database that decides by quorum leaves a refused revision on the replica that took it.
      if (write !== undefined && !facts.split) report(`${key.name}: ${marker} was refused (${write.code ?? ''}), and is in the series as ${version}`);
      const before = seen.get(marker);
      if (before !== undefined && !facts.split) report(`${key.name}: ${marker} is in the series twice, as ${before} and ${version}`);
      seen.set(marker, version);
    }
  }
  return found;
}

/** An acknowledged compare-and-set stands directly behind what it presented, a creation behind nothing or a deletion. */
export function compareAndSetChain(facts: Facts): Violation[] {
  if (facts.upheaval || facts.split) return [];
  const keys = new Map(orderlyKeys(facts).map((key) => [key.name, key]));
  return facts.recorder.writes.flatMap(({ key, kind, version, expected, neuron }) => {
    if (version === undefined || keys.get(key)?.role === 'expiring' || !keys.has(key)) return [];
    const series = facts.series.get(key) ?? [];
    const index = series.findIndex((each) => each.version === version);
    if (index < 0) return [];
    const before = series[index - 1];
    if (kind === 'create' && before !== undefined && before.marker !== null) return [{ check: 'compare-and-set-chain', what: `${key}: the creation ${version} on ${neuron} stands behind ${before.version}` }];
    if (expected !== undefined && before?.version !== expected) return [{ check: 'compare-and-set-chain', what: `${key}: ${kind} ${version} on ${neuron} presented ${expected}, and stands behind ${before?.version ?? 'nothing'}` }];
    return [];
  });
}
