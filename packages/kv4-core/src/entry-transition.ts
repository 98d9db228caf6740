import { accountsFor, compareSnapshot, laterRevision } from './entry-order.ts';
import { ENTRY_EFFECT, MAX_SUSPECT_ATTEMPTS, type CacheEntry, type EntryEvent, type EntryEventType, type EntrySnapshot, type EntryState } from './entry-state.ts';
import { generationOf } from './revision.ts';

type Handler = (entry: CacheEntry, event: EntryEvent) => number;

const { none, changed, readHead, readLeaves, readLeavesLater, regressed } = ENTRY_EFFECT;
const NOTHING: EntrySnapshot = Object.freeze({});

const stay: Handler = () => none;

/** Puts a snapshot in place; tells whether readers see a difference. */
function take(entry: CacheEntry, snapshot: EntrySnapshot): number {
  const same = entry.record?.version === snapshot.record?.version;
  entry.known = snapshot;
  return same ? none : changed;
}

function settle(entry: CacheEntry): void {
  entry.state = entry.record === undefined ? 'negative' : 'present';
  entry.noted = undefined;
  entry.attempts = 0;
}

function forget(entry: CacheEntry): void {
  entry.state = 'absent';
  entry.token += 1;
  entry.forget();
}

function begin(entry: CacheEntry, state: 'loading' | 'verifying', effect: number): number {
  entry.state = state;
  entry.token += 1;
  return effect;
}

function note(entry: CacheEntry, revision: string | undefined): void {
  if (revision !== undefined) entry.noted = laterRevision(entry.noted, revision);
}

function verifyLeaves(entry: CacheEntry, revision: string | undefined): number {
  note(entry, revision);
  return begin(entry, 'verifying', readLeaves);
}

const load: Handler = (entry) => begin(entry, 'loading', readHead);
const reserve: Handler = (entry) => ((entry.state = 'reserved'), none);
const drop: Handler = (entry) => (forget(entry), none);
const noteRow: Handler = (entry, event) => (note(entry, event.revision), none);

/** Leaves that are announced while an answer is under way may be missing in it. */
const noteWhileLoading: Handler = (entry, { revision, contested = false }) => {
  note(entry, revision);
  return contested ? begin(entry, 'loading', readLeaves) : none;
};

/** A row for what is known: a duplicate, plainly newer, or a question to the database. */
const compareRow: Handler = (entry, { revision = '', snapshot, contested = false }) => {
  if (contested) return verifyLeaves(entry, revision);
  if (revision === entry.revision) return none;
  if (snapshot !== undefined && compareSnapshot(entry, snapshot) === 'newer') {
    const effect = take(entry, snapshot);
    settle(entry);
    return effect;
  }
  const announcesMore = snapshot === undefined && (entry.revision === undefined || generationOf(revision) > generationOf(entry.revision));
  note(entry, revision);
  return begin(entry, 'verifying', announcesMore ? readHead : readLeaves);
};

/** While a comparison is under way, what is plainly newer is served at once; the comparison goes on and has to account for the rest. */
const rowWhileVerifying: Handler = (entry, { revision = '', snapshot, contested = false }) => {
  if (contested) return verifyLeaves(entry, revision);
  if (revision === entry.revision) return none;
  if (snapshot !== undefined && compareSnapshot(entry, snapshot) === 'newer') return take(entry, snapshot);
  note(entry, revision);
  return none;
};

const answerLoad: Handler = (entry, { token, snapshot = NOTHING }) => {
  if (token !== entry.token) return none;
  if (!accountsFor(snapshot.revision, entry.noted)) return begin(entry, 'loading', readLeaves);
  take(entry, snapshot);
  settle(entry);
  return changed;
};

const answerVerification: Handler = (entry, { token, snapshot = NOTHING }) => {
  if (token !== entry.token) return none;
  const order = compareSnapshot(entry, snapshot);
  const believable = accountsFor(snapshot.revision, entry.noted);
  // The same revision may show another version: that of a losing leaf.
  const differs = order === 'same' && snapshot.version !== entry.version;
  if (!believable || differs || order === 'older' || order === 'unclear') return begin(entry, 'verifying', readLeaves);
  const effect = order === 'newer' ? take(entry, snapshot) : none;
  settle(entry);
  return effect;
};

/** All leaves with their ancestry. An answer that lacks a revision we know of comes from a replica that is behind: asked again, not believed, up to a bound. */
const judgeLeaves: Handler = (entry, { token, verdict = 'suspect', snapshot = NOTHING }) => {
  if (token !== entry.token) return none;
  const loading = entry.state === 'loading';
  if (verdict === 'suspect' && entry.attempts < MAX_SUSPECT_ATTEMPTS) {
    entry.attempts += 1;
    return begin(entry, loading ? 'loading' : 'verifying', readLeavesLater);
  }
  const effect = take(entry, snapshot) | (loading ? changed : none) | (verdict === 'suspect' ? regressed : none);
  settle(entry);
  return effect;
};

const failLoad: Handler = (entry, event) => (event.token === entry.token ? drop(entry, event) : none);
const failVerification: Handler = (entry, { token }) => (token === entry.token ? begin(entry, 'verifying', readLeavesLater) : none);

/**
 * Whether our own write that was stored is certainly behind what is known, though the two cannot be compared: what is known was written by strangers, without a version. Then its
 * writer reads it, while the database is asked for the rest.
 */
function followsStrangers(own: EntrySnapshot, known: EntrySnapshot): boolean {
  return known.version === undefined && generationOf(own.revision ?? '') > generationOf(known.revision ?? '');
}

/** Our own write was stored, and nothing was known before: it stands unless a later revision was announced meanwhile. */
const acknowledgeUnknown: Handler = (entry, { snapshot = NOTHING }) => {
  if (!accountsFor(snapshot.revision, entry.noted)) return begin(entry, 'loading', readHead);
  take(entry, snapshot);
  settle(entry);
  entry.token += 1;
  return changed;
};

const acknowledgeKnown: Handler = (entry, { snapshot = NOTHING }) => {
  switch (compareSnapshot(entry, snapshot)) {
    case 'same':
    case 'older':
      return none;
    case 'newer': {
      const effect = take(entry, snapshot);
      settle(entry);
      return effect;
    }
    case 'unclear': {
      const effect = followsStrangers(snapshot, entry) ? take(entry, snapshot) : none;
      return effect | verifyLeaves(entry, snapshot.revision);
    }
  }
};

const acknowledgeWhileVerifying: Handler = (entry, { snapshot = NOTHING }) => {
  const order = compareSnapshot(entry, snapshot);
  if (order === 'newer') return take(entry, snapshot);
  if (order !== 'unclear') return none;
  note(entry, snapshot.revision);
  return followsStrangers(snapshot, entry) ? take(entry, snapshot) : none;
};

const doubt: Handler = (entry) => verifyLeaves(entry, undefined);

const purgedWhileReserved: Handler = (entry) => ((entry.noted = undefined), none);

/** The revisions we know of may have left without a trace, so nothing of them is demanded of the answer. */
const purged: Handler = (entry) => {
  const { record } = entry;
  entry.forget();
  if (record !== undefined) entry.known = { record };
  return begin(entry, 'loading', readHead);
};

/**
 * What each event does in each state. `stay` marks what cannot matter there: answers to reads that were given up, rows nobody asked for, an eviction of
 * what is in use.
 */
export const ENTRY_TABLE: Readonly<Record<EntryState, Readonly<Record<EntryEventType, Handler>>>> = {
  absent: {
    reference: load,
    reserve,
    release: stay,
    answer: stay,
    leaves: stay,
    failed: stay,
    row: stay,
    acknowledged: stay,
    doubt: stay,
    purged: stay,
    evict: stay,
    reset: drop,
  },
  reserved: {
    reference: load,
    reserve: stay,
    release: drop,
    answer: stay,
    leaves: stay,
    failed: stay,
    row: noteRow,
    acknowledged: acknowledgeUnknown,
    doubt: stay,
    purged: purgedWhileReserved,
    evict: stay,
    reset: drop,
  },
  loading: {
    reference: stay,
    reserve: stay,
    release: stay,
    answer: answerLoad,
    leaves: judgeLeaves,
    failed: failLoad,
    row: noteWhileLoading,
    acknowledged: acknowledgeUnknown,
    doubt: stay,
    purged,
    evict: stay,
    reset: drop,
  },
  present: {
    reference: stay,
    reserve: stay,
    release: stay,
    answer: stay,
    leaves: stay,
    failed: stay,
    row: compareRow,
    acknowledged: acknowledgeKnown,
    doubt,
    purged,
    evict: drop,
    reset: drop,
  },
  negative: {
    reference: stay,
    reserve: stay,
    release: stay,
    answer: stay,
    leaves: stay,
    failed: stay,
    row: compareRow,
    acknowledged: acknowledgeKnown,
    doubt,
    purged,
    evict: drop,
    reset: drop,
  },
  verifying: {
    reference: stay,
    reserve: stay,
    release: stay,
    answer: answerVerification,
    leaves: judgeLeaves,
    failed: failVerification,
    row: rowWhileVerifying,
    acknowledged: acknowledgeWhileVerifying,
    doubt: stay,
    purged,
    evict: stay,
    reset: drop,
  },
};

/** Feeds one event to an entry. The entry is changed in place; the answer is a sum of `ENTRY_EFFECT` flags. Pure otherwise: no clock, no I/O. */
export function stepEntry(entry: CacheEntry, event: EntryEvent): number {
  return ENTRY_TABLE[entry.state][event.type](entry, event);
}
