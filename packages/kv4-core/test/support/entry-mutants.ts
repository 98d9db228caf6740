import { ENTRY_EFFECT, ENTRY_TABLE, generationOf, isServable, MAX_SUSPECT_ATTEMPTS, stepEntry, type CacheEntry, type EntryEvent, type EntrySnapshot } from '../../src/index.ts';
import type { OwnerLapse, Step } from './entry-world.ts';
import type { WorldName } from './entry-worlds.ts';

/** A cache entry that is broken in one way, and the world in which that shows. */
export interface EntryMutant {
  readonly name: string;
  readonly world: WorldName;
  readonly step?: Step;
  readonly lapse?: OwnerLapse;
}

const { none, changed } = ENTRY_EFFECT;

/** Takes a snapshot whatever is known, and is done. */
function takeAnyway(entry: CacheEntry, { revision, version, record }: EntrySnapshot): number {
  const before = entry.record?.version;
  Object.assign(entry, { known: { revision, version, record }, state: record === undefined ? 'negative' : 'present', noted: undefined });
  entry.token += 1;
  return before === record?.version ? none : changed;
}

/** `stepEntry`, save where the mutant decides otherwise; `undefined`: as it should be. */
function mutant(name: string, world: WorldName, change: (entry: CacheEntry, event: EntryEvent) => number | undefined): EntryMutant {
  return { name, world, step: (entry, event) => change(entry, event) ?? stepEntry(entry, event) };
}

function lapse(name: OwnerLapse, world: WorldName): EntryMutant {
  return { name, world, lapse: name };
}

function comparesGenerations(entry: CacheEntry, { type, revision, snapshot }: EntryEvent): number | undefined {
  if (type !== 'row' || snapshot === undefined || entry.revision === undefined || !isServable(entry)) return undefined;
  return generationOf(revision ?? '') - generationOf(entry.revision);
}

/** Mutants of the transition and of its owner; each has to be found by the exhaustive model. */
export const ENTRY_MUTANTS: readonly EntryMutant[] = [
  mutant('a row does not cancel a load', 'one replica', ({ state }, { type }) => (state === 'loading' && type === 'row' ? none : undefined)),
  mutant('a row of a lower generation is taken', 'one replica', (entry, event) => ((comparesGenerations(entry, event) ?? 1) < 0 ? takeAnyway(entry, event.snapshot ?? {}) : undefined)),
  mutant('a row of an equal generation is taken', 'replicas with a leaf each', (entry, event) =>
    comparesGenerations(entry, event) === 0 && entry.revision !== event.revision ? takeAnyway(entry, event.snapshot ?? {}) : undefined,
  ),
  mutant('an acknowledgement covers a later row', 'one replica', (entry, { type }) => {
    if (type === 'acknowledged' && !isServable(entry)) entry.noted = undefined;
    return undefined;
  }),
  mutant('an acknowledgement is passed over', 'one replica', (entry, { type }) => (type === 'acknowledged' && entry.state === 'present' ? none : undefined)),
  mutant('an acknowledgement leaves the load under way', 'one replica', (entry, event) => {
    if (event.type !== 'acknowledged' || entry.state !== 'loading') return undefined;
    const effect = stepEntry(entry, event);
    if (entry.state !== 'loading') entry.token -= 1;
    return effect;
  }),
  mutant('an entry is evicted while it is verified', 'one replica', (entry, event) => {
    if (event.type !== 'evict' || entry.state !== 'verifying') return undefined;
    const effect = ENTRY_TABLE.present.evict(entry, event);
    entry.token -= 1;
    return effect;
  }),
  mutant('an answer is taken whatever its token', 'one replica', (entry, event) => stepEntry(entry, event.token === undefined ? event : { ...event, token: entry.token })),
  mutant('an answer to a load is believed whatever was announced', 'one replica', (entry, { type }) => {
    if (type === 'answer' && entry.state === 'loading') entry.noted = undefined;
    return undefined;
  }),
  mutant('an answer to a verification is believed whatever it says', 'one replica', (entry, event) =>
    event.type === 'answer' && entry.state === 'verifying' && event.token === entry.token ? takeAnyway(entry, event.snapshot ?? {}) : undefined,
  ),
  mutant('a newer row ends a verification', 'one replica', (entry, event) =>
    event.type === 'row' && entry.state === 'verifying' && (comparesGenerations(entry, event) ?? 0) > 0 ? takeAnyway(entry, event.snapshot ?? {}) : undefined,
  ),
  mutant('a row without its document is passed over', 'one replica', (entry, event) => (event.type === 'row' && event.snapshot === undefined && entry.state === 'present' ? none : undefined)),
  mutant('what is known not to be there stays away', 'one replica', ({ state }, { type }) => (state === 'negative' && type === 'row' ? none : undefined)),
  mutant('a rewrite is told as a change', 'one replica', (entry, event) => {
    const { revision } = entry;
    const effect = stepEntry(entry, event);
    return event.type === 'row' && isServable(entry) && revision !== entry.revision ? effect | changed : effect;
  }),
  mutant('a verification that fails is given up', 'one replica', (entry, { type }) => (type === 'failed' && entry.state === 'verifying' ? ((entry.state = entry.record === undefined ? 'negative' : 'present'), none) : undefined)),
  mutant('a suspect answer is believed at once', 'a replica that lags', (entry, { type }) => {
    if (type === 'leaves') entry.attempts = MAX_SUSPECT_ATTEMPTS;
    return undefined;
  }),
  mutant('of announced revisions the last counts', 'a replica that lags', (entry, { type, revision }) => {
    if (type === 'row' && entry.state === 'loading') entry.noted = undefined;
    return type === 'row' && revision === undefined ? none : undefined;
  }),
  mutant('a purge demands the revisions that were purged', 'purges and re-creation', (entry, event) => {
    if (event.type !== 'purged' || !isServable(entry)) return undefined;
    return ENTRY_TABLE.verifying.failed(entry, { type: 'failed', token: entry.token + 1 });
  }),
  mutant('other leaves are passed over while loading', 'conflicts', (entry, event) => (event.type === 'row' && entry.state === 'loading' && event.contested ? stepEntry(entry, { ...event, contested: false }) : undefined)),
  mutant('other leaves are passed over while verifying', 'conflicts', (entry, event) => (event.type === 'row' && entry.state === 'verifying' && event.contested ? stepEntry(entry, { ...event, contested: false }) : undefined)),
  mutant('a reset leaves a load under way', 'purges and re-creation', (entry, event) => {
    if (event.type !== 'reset') return undefined;
    stepEntry(entry, event);
    entry.token -= 1;
    return none;
  }),
  lapse('forgets rows that nobody referenced', 'a replica that lags'),
  lapse('remembers the last row, not the latest', 'a replica that lags'),
  lapse('forgets what a given-up entry was told', 'one replica'),
  lapse('trusts every acknowledgement', 'purges and re-creation'),
  lapse('knows no losing leaves', 'conflicts'),
];
