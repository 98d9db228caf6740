import type { Violation, WatchedEvent, WatchHistory } from '../world/history.ts';
import { lostItsConflict, orderlyKeys, stateAtEnd, wentBackInTime, type Facts } from './facts.ts';

function sinceReset({ events }: WatchHistory): readonly WatchedEvent[] {
  return events.slice(events.findLastIndex(({ type }) => type === 'reset') + 1);
}

function judgedKeys(facts: Facts, watch: WatchHistory): string[] {
  const plain = new Set(orderlyKeys(facts).filter(({ role }) => role !== 'expiring').map(({ name }) => name));
  return watch.keys.filter((key) => plain.has(key));
}

/** A watch tells the versions of a key in order, and none twice. */
export function watchesOrdered(facts: Facts): Violation[] {
  return facts.recorder.watches.flatMap((watch) => {
    const found: Violation[] = [];
    const keys = new Set(judgedKeys(facts, watch));
    const last = new Map<string, string>();
    for (const { type, key, version, atMs } of watch.events) {
      if (type === 'reset') last.clear();
      if (key === undefined || version === undefined || !keys.has(key)) continue;
      const before = last.get(key) ?? '';
      if (version <= before) found.push({ check: 'watches-ordered', what: `${watch.name}: ${type} ${version} of ${key} at ${atMs.toFixed(1)} came after ${before}` });
      last.set(key, version);
    }
    return found;
  });
}

/** After quiet, the last event of a key is its final state. */
export function watchesReliable(facts: Facts): Violation[] {
  return facts.recorder.watches.flatMap((watch) => {
    if (watch.ended !== undefined || !watch.events.some(({ type }) => type === 'end-of-initial')) return [];
    const last = new Map<string, WatchedEvent>();
    for (const event of sinceReset(watch)) if (event.key !== undefined) last.set(event.key, event);
    return judgedKeys(facts, watch).flatMap((key) => {
      const final = stateAtEnd(facts, key);
      const told = last.get(key);
      if (final === undefined ? told?.type !== 'put' : told?.type === 'put' && told.version === final) return [];
      return [{ check: 'watches-reliable', what: `${watch.name}: ${key} stands at ${final ?? 'nothing'}; the last that was told is ${told === undefined ? 'nothing' : `${told.type} ${told.version ?? ''}`}` }];
    });
  });
}

/** With history, every version that was written after the initial values comes. */
export function watchesComplete(facts: Facts): Violation[] {
  if (facts.upheaval) return [];
  return facts.recorder.watches.flatMap((watch) => {
    if (!watch.lasted || !watch.history) return [];
    const events = sinceReset(watch);
    const live = events.find(({ type }) => type === 'end-of-initial');
    if (live === undefined) return [];
    const told = new Set(events.map(({ key, version }) => `${key} ${version}`));
    return facts.recorder.writes.flatMap((write) => {
      const { key, version, startMs, kind } = write;
      if (version === undefined || startMs <= live.atMs || lostItsConflict(facts, write) || !judgedKeys(facts, watch).includes(key) || told.has(`${key} ${version}`)) return [];
      return [{ check: 'watches-complete', what: `${watch.name}: ${kind} ${version} of ${key} was not told` }];
    });
  });
}

/** A reset comes once for each upheaval that the watch lived through, and for nothing else but what only forgetting can answer. */
export function watchesReset(facts: Facts): Violation[] {
  const { upheavals, faults } = facts.recorder;
  if (faults.has('purge-forgotten') || faults.has('purge')) return [];
  return facts.recorder.watches.flatMap((watch) => {
    // A key that was made again below its deletion, for a moment, makes watches begin anew: that the database went back is the truth.
    const wentBack = watch.keys.some((key) => wentBackInTime(facts, key));
    const resets = watch.events.filter(({ type, reason }) => type === 'reset' && reason !== 'slow-consumer' && !(wentBack && reason === 'resync'));
    const begun = watch.events[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const lived = upheavals.filter(({ atMs }) => atMs > begun).length;
    // One that happened shortly before may be noticed only now.
    if (resets.length > upheavals.length) return [{ check: 'watches-reset', what: `${watch.name}: ${resets.length} resets (${resets.map(({ reason }) => reason).join(', ')}), and ${lived} upheavals` }];
    return watch.lasted && lived > 0 && resets.length === 0 ? [{ check: 'watches-reset', what: `${watch.name}: no reset, though the database was ${upheavals.map(({ kind }) => kind).join(', ')}` }] : [];
  });
}
