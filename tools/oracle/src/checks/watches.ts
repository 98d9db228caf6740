import type { RunRecord, WatchedEvent, WatchHistory } from '../history.ts';
import { roleOf } from '../key-space.ts';
import type { Check } from './check.ts';
import { groupBy } from './observation.ts';
import { lostInSplit } from './split.ts';

/** The last stretch of a watch: everything after its last `reset`. */
function sinceReset({ events }: WatchHistory): readonly WatchedEvent[] {
  return events.slice(events.findLastIndex(({ type }) => type === 'reset') + 1);
}

/** Each version at most once, and in order. */
export const watchesOrdered: Check = {
  name: 'watches-ordered',
  promise: 'a watch tells the versions of a key in order and none twice, over all its resumptions',
  violations({ watches }) {
    const found: string[] = [];
    for (const { name, events } of watches) {
      const last = new Map<string, WatchedEvent>();
      const beforeExpiry = new Map<string, string>();
      for (const event of events) {
        const { type, key, version, atMs, neuron } = event;
        if (type === 'reset') last.clear();
        if (key === undefined || version === undefined || roleOf(key) === 'purged') continue;
        const before = last.get(key);
        const { version: told = '' } = before ?? {};
        // A write that was made in time may reach the database after its key was told to have expired.
        const isLate = !version.endsWith('-expiry') && told.endsWith('-expiry') && version > (beforeExpiry.get(key) ?? '');
        if (version.endsWith('-expiry')) beforeExpiry.set(key, told);
        if (version <= told && !isLate) found.push(`${name}: ${type} ${version} of ${key} from ${neuron} at ${Math.round(atMs)} ms came after ${describe(before)}`);
        else last.set(key, event);
      }
    }
    return found;
  },
};

function describe(event: WatchedEvent | undefined): string {
  return event === undefined ? 'nothing' : `${event.type} ${event.version} from ${event.neuron} at ${Math.round(event.atMs)} ms with the position ${event.id}`;
}

/** The final state always comes. */
export const watchesReliable: Check = {
  name: 'watches-reliable',
  promise: 'after quiet, the last event that a watch told of a key is the key’s final state',
  violations: ({ watches, database }) => watches.flatMap((watch) => unfinished(watch, database)),
};

/** What the last events of a watch lack of the final states. */
export function unfinished(watch: WatchHistory, database: RunRecord['database']): string[] {
  const last = new Map<string, WatchedEvent>();
  for (const event of sinceReset(watch)) if (event.key !== undefined) last.set(event.key, event);
  const found: string[] = [];
  for (const key of watch.keys) {
    const final = database.get(key)?.current ?? { absent: true };
    const told = last.get(key);
    if (final.absent && told?.type === 'put' && roleOf(key) !== 'expiring') found.push(`${watch.name}: ${key} is gone; the last that was told is ${told.version}`);
    if (!final.absent && (told?.type !== 'put' || told.version !== final.version)) {
      found.push(`${watch.name}: ${key} stands at ${final.version}; the last that was told is ${told === undefined ? 'nothing' : `${told.type} ${told.version}`}`);
    }
  }
  return found;
}

/** With history, every version comes. */
export const watchesComplete: Check = {
  name: 'watches-complete',
  promise: 'a watch with history tells every version that was written after its initial values, over all its resumptions',
  violations(record) {
    const { watches, writes } = record;
    const acknowledged = groupBy(writes.filter(({ version, key }) => version !== undefined && roleOf(key) === 'plain'), ({ key }) => key);
    return watches.filter(({ mode }) => mode === 'history').flatMap((watch) => {
      const events = sinceReset(watch);
      const live = events.find(({ type }) => type === 'end-of-initial');
      if (live === undefined) return [];
      const told = new Set(events.map(({ key, version }) => `${key} ${version}`));
      return watch.keys.flatMap((key) =>
        (acknowledged.get(key) ?? [])
          .filter(({ startMs, version }) => startMs > live.atMs && !told.has(`${key} ${version}`) && !lostInSplit(record, key, version ?? ''))
          .map(({ version, kind, endMs }) => `${watch.name}: ${kind} ${version} of ${key}, acknowledged at ${Math.round(endMs)} ms, was not told`),
      );
    });
  },
};
