import {
  CacheEntry,
  decideLeaves,
  ENTRY_EFFECT,
  generationOf,
  isServable,
  laterRevision,
  MAX_SUSPECT_ATTEMPTS,
  type EntryEvent,
  type EntrySnapshot,
} from '../../src/index.ts';
import type { History, Commit } from './entry-history.ts';

/** The transition under test: `stepEntry`, or a mutant of it. */
export type Step = (entry: CacheEntry, event: EntryEvent) => number;

/** What of the world around an entry is explored. */
export interface WorldOptions {
  readonly step: Step;
  readonly commits: readonly Commit[];
  /** Commits along one path, the owner's own included. */
  readonly maxCommits: number;
  /** A replica answers that has not got the latest commits yet. Otherwise an answer is what the database held at some moment while the read was on its way. */
  readonly lagging: boolean;
  /** The owner writes. */
  readonly writes: boolean;
  /** Rows come with their document, without it, or either. */
  readonly documents: readonly boolean[];
  /** Rows come from replicas that have but one of two leaves, too. */
  readonly singleLeaves?: boolean;
  /** What the owner of the entry fails to do: for mutants. */
  readonly lapse?: OwnerLapse;
}

/** How the owner of an entry can be broken. */
export type OwnerLapse = 'forgets rows that nobody referenced' | 'remembers the last row, not the latest' | 'forgets what a given-up entry was told' | 'trusts every acknowledgement' | 'knows no losing leaves';

const PURGES_AND_CONFLICTS: readonly string[] = ['purge', 'purge of the leaf', 'recreate', 'conflict that wins', 'conflict that loses'] satisfies readonly Commit[];

/** A rule of the SPEC was broken; the message says which. */
export class Violation extends Error {}

interface Read {
  readonly leaves: boolean;
  readonly token: number;
  /** Commits in the database when the read was sent. */
  readonly askedAt: number;
}

interface OwnWrite {
  readonly base: string | undefined;
  /** The state it made; absent while it is on its way. */
  readonly committed?: History;
  /** Other leaves were told of meanwhile (`contested`), or the cache was reset or the document purged (`void`): the acknowledgement is not the whole truth. */
  readonly mistrusted?: 'contested' | 'void';
}

/** One action of the world: its name, and what it does. */
export interface Action {
  readonly name: string;
  readonly run: (world: EntryWorld) => void;
}

const READS = ENTRY_EFFECT.readHead | ENTRY_EFFECT.readLeaves | ENTRY_EFFECT.readLeavesLater;

/**
 * One document in a database, its row in a feed, and the owner of one cache entry, which does what the cache of `@xir/kv4` does around `stepEntry`: it remembers rows
 * that nobody referenced, passes over revisions that are proved ancestors, and carries out the reads.
 */
export class EntryWorld {
  readonly options: WorldOptions;
  entry = new CacheEntry();
  history: History;
  /** Commits whose row has been delivered. */
  fed: number;
  /** No replica is further behind than this. */
  base: number;
  read: Read | undefined;
  own: OwnWrite | undefined;
  recent: string | undefined;
  superseded: readonly string[] = [];
  /** Losing leaves that what is known accounts for. */
  weighed: readonly string[] = [];
  purgePending = false;
  resetPending = false;
  /** What readers saw last lies at this place in the database's history or behind it; counted in halves: own writes stand before the winner. */
  shown = 0;

  constructor(options: WorldOptions, history: History) {
    this.options = options;
    this.history = history;
    this.fed = history.index;
    this.base = history.index;
  }

  clone(): EntryWorld {
    const copy = new EntryWorld(this.options, this.history);
    copy.entry = Object.assign(new CacheEntry(), this.entry);
    const { fed, base, read, own, recent, superseded, weighed, purgePending, resetPending, shown } = this;
    return Object.assign(copy, { fed, base, read, own, recent, superseded, weighed, purgePending, resetPending, shown });
  }

  /** Equal keys: equal futures. Tokens count from the entry's. */
  get key(): string {
    const { entry, read, own, history } = this;
    const asked = read === undefined ? '' : `${read.leaves ? 'l' : 'h'}${read.askedAt}${entry.token - read.token}`;
    const write = own === undefined ? '' : `w${own.base ?? ''}${own.committed?.index ?? ''}${own.mistrusted?.charAt(0) ?? ''}`;
    const known = `${entry.state}${entry.attempts},${entry.revision ?? ''},${entry.version ?? ''},${entry.record === undefined ? '' : 'r'},${entry.noted ?? ''}`;
    const flags = (this.purgePending ? 1 : 0) + (this.resetPending ? 2 : 0);
    return `${history.node},${this.fed},${this.base},${asked},${write},${known},${this.recent ?? ''},${this.superseded.join(' ')},${this.weighed.join(' ')},${flags},${this.shown}`;
  }

  /** Everything that can happen next. */
  actions(): readonly Action[] {
    const { options, history, entry } = this;
    const found: Action[] = [];
    const add = (name: string, run: Action['run']): void => void found.push({ name, run });
    if (history.index < options.maxCommits) {
      for (const commit of options.commits) if (history.after(commit) !== undefined) add(commit, (world) => world.commit(commit));
      if (this.own !== undefined && this.own.committed === undefined) add('own write is stored', (world) => world.commitOwn());
    }
    // After a re-creation the feed says nothing before it says so.
    if (!this.resetPending) {
      for (let index = this.base + 1; index <= history.index; index += 1) {
        if (!history.at(index).hasRow) continue;
        if (options.singleLeaves) for (const snapshot of history.at(index).rowsOfSingleLeaves) add(`row ${snapshot.revision ?? ''} alone`, (world) => world.deliverLeaf(snapshot));
        for (const withDocument of options.documents) add(`row ${index}${withDocument ? '' : ' without document'}`, (world) => world.deliver(index, withDocument));
      }
    }
    if (this.purgePending) add('purge is told', (world) => world.tellPurge());
    if (this.resetPending) add('reset', (world) => world.reset());
    if (entry.state === 'absent' || entry.state === 'reserved') add('reference', (world) => world.reference());
    if (entry.state === 'present' || entry.state === 'negative') add('doubt', (world) => world.feedEntry({ type: 'doubt' }));
    if (this.own === undefined && entry.state !== 'absent') add('evict', (world) => world.evict());
    if (options.writes && this.own === undefined) add('reserve', (world) => world.reserve());
    if (this.own?.committed !== undefined) add('acknowledge', (world) => world.acknowledge());
    if (this.own !== undefined) add('release', (world) => world.release());
    if (this.read !== undefined) {
      add('read fails', (world) => world.fail());
      for (let index = options.lagging ? this.base : Math.max(this.base, this.read.askedAt); index <= history.index; index += 1) add(`answer as of ${index}`, (world) => world.answer(index));
      if (options.lagging && this.read.leaves) for (let index = this.base; index < this.read.askedAt; index += 1) add(`answers as of ${index} until believed`, (world) => world.believe(index));
    }
    return found;
  }

  commit(commit: Commit): void {
    this.history = this.history.after(commit) as History;
    if (commit === 'purge' || commit === 'purge of the leaf') this.purgePending = true;
    if (commit === 'recreate') this.resetPending = true;
  }

  /** The owner's write arrives; refused as a conflict it starts anew from what is there, as the group commit does. */
  commitOwn(): void {
    const { winner } = this.history;
    const own = this.own as OwnWrite;
    const stored = this.history.afterOwnWrite(own.base);
    if (stored === undefined) this.own = { ...own, base: winner === undefined || winner.deleted ? undefined : winner.rev };
    else [this.history, this.own] = [stored, { ...own, committed: stored }];
  }

  /** The row of a commit, perhaps not for the first time; rows of earlier commits were overwritten before they were sent. */
  deliver(index: number, withDocument: boolean): void {
    const state = this.history.at(index);
    this.fed = Math.max(this.fed, index);
    const revision = state.winner?.rev as string;
    const contested = this.options.lapse !== 'knows no losing leaves' && state.leaves.some((leaf) => leaf !== state.winner && !this.weighed.includes(leaf.rev));
    // An acknowledged write does not tell what the other leaves hold.
    if (contested && this.own !== undefined) this.own = { mistrusted: 'contested', ...this.own };
    if (this.entry.state === 'absent') return this.remember(revision);
    if (!contested && (revision === this.entry.revision || this.superseded.includes(revision))) return;
    const snapshot = withDocument ? state.rowSnapshot : undefined;
    this.feedEntry({ type: 'row', revision, snapshot, contested });
  }

  /** A row of a replica that has this leaf only. */
  deliverLeaf(snapshot: EntrySnapshot): void {
    const { revision = '' } = snapshot;
    if (this.entry.state === 'absent') return this.remember(revision);
    if (revision !== this.entry.revision && !this.superseded.includes(revision)) this.feedEntry({ type: 'row', revision, snapshot });
  }

  remember(revision: string | undefined): void {
    const { lapse } = this.options;
    if (revision === undefined || lapse === 'forgets rows that nobody referenced') return;
    this.recent = lapse === 'remembers the last row, not the latest' ? revision : laterRevision(this.recent, revision);
  }

  tellPurge(): void {
    this.purgePending = false;
    this.recent = undefined;
    // A replica that still had what was purged would be believed: nothing of it is promised.
    this.base = Math.max(this.base, this.history.lastPurge);
    if (this.own !== undefined) this.own = { ...this.own, mistrusted: 'void' };
    this.feedEntry({ type: 'purged' });
  }

  reset(): void {
    this.resetPending = false;
    this.purgePending = false;
    this.recent = undefined;
    this.superseded = [];
    this.base = this.history.index;
    this.fed = this.history.index;
    if (this.own !== undefined) this.own = { ...this.own, mistrusted: 'void' };
    this.feedEntry({ type: 'reset' });
    this.shown = 0;
  }

  reference(): void {
    const noted = this.entry.noted ?? this.recent;
    this.feedEntry({ type: 'reference' });
    this.entry.noted = noted;
  }

  evict(): void {
    this.drop({ type: 'evict' });
  }

  /** What an entry that is given up knew, the next load has to account for. */
  drop(event: EntryEvent): void {
    const { noted, revision } = this.entry;
    this.feedEntry(event);
    if (this.entry.state !== 'absent') return;
    this.remember(revision);
    if (this.options.lapse !== 'forgets what a given-up entry was told') this.remember(noted);
  }

  reserve(): void {
    const { entry } = this;
    const isKnown = entry.state === 'present' || (entry.state === 'negative' && entry.revision === undefined);
    this.own = { base: isKnown ? entry.revision : undefined };
    if (entry.state !== 'absent') return;
    this.feedEntry({ type: 'reserve' });
    entry.noted = this.recent;
  }

  acknowledge(): void {
    const { entry } = this;
    const committed = this.own?.committed as History;
    const snapshot = committed.ownSnapshot as EntrySnapshot;
    const { revision } = snapshot;
    const mistrusted = this.options.lapse === 'trusts every acknowledgement' ? undefined : this.own?.mistrusted;
    const isOutdated = this.options.lapse !== 'trusts every acknowledgement' && (mistrusted === 'void' || this.superseded.includes(revision ?? ''));
    if (isOutdated) this.feedEntry({ type: 'doubt' });
    else if (entry.state === 'absent') this.remember(revision);
    else {
      const before = entry.revision;
      const wasKnown = isServable(entry);
      this.feedEntry({ type: 'acknowledged', snapshot });
      if (wasKnown && before !== undefined && entry.revision === revision && generationOf(revision ?? '') === generationOf(before) + 1) this.supersede([before]);
      // Behind a purge, and between leaves, the order of what is known and what was written may be unclear: the database is asked, and what is known is shown meanwhile.
      const isClear = entry.state !== 'verifying' || !committed.hasBeen(PURGES_AND_CONFLICTS);
      if (isServable(entry) && isClear && placeOf(this.history, entry, committed.index * 2) === undefined) throw new Violation('a writer does not read its own write');
      if (mistrusted !== undefined) this.feedEntry({ type: 'doubt' });
    }
    this.release();
  }

  release(): void {
    this.own = undefined;
    this.drop({ type: 'release' });
  }

  /** The read is answered with what the database held after `index` commits. */
  answer(index: number): void {
    const { leaves, token } = this.read as Read;
    this.read = undefined;
    const state = this.history.at(index);
    const losers = state.leaves.filter((leaf) => leaf !== state.winner);
    if (!leaves) {
      this.feedEntry({ type: 'answer', token, snapshot: state.snapshot });
      if (this.read === undefined && isServable(this.entry)) this.weighed = state.winner?.deleted ? [] : state.toldLosers;
      return;
    }
    const { verdict } = decideLeaves(this.entry.revision, [this.entry.noted, ...this.weighed], state.verified);
    this.supersede(state.verified.flatMap(({ ancestry }) => ancestry.slice(1)));
    this.feedEntry({ type: 'leaves', token, verdict, snapshot: state.snapshot });
    if (verdict !== 'suspect' && isServable(this.entry)) this.weighed = losers.map(({ rev }) => rev).sort();
  }

  fail(): void {
    const { token } = this.read as Read;
    this.read = undefined;
    this.drop({ type: 'failed', token });
  }

  /** One replica answers every try until it is believed. */
  believe(index: number): void {
    for (let tries = 0; this.read !== undefined && tries <= MAX_SUSPECT_ATTEMPTS + 1; tries += 1) this.answer(index);
  }

  supersede(revisions: readonly string[]): void {
    const added = revisions.filter((revision) => !this.superseded.includes(revision));
    if (added.length > 0) this.superseded = [...this.superseded, ...added].sort();
  }

  /** One event to the entry, and what follows from it; checks what must hold of every step. */
  feedEntry(event: EntryEvent): void {
    const { entry } = this;
    const was = { servable: isServable(entry), version: entry.record?.version, attempts: entry.attempts, revision: entry.revision };
    const effect = this.options.step(entry, event);
    this.#follow(effect);
    if (!isServable(entry)) this.weighed = [];
    const servable = isServable(entry);
    const isChanged = (effect & ENTRY_EFFECT.changed) !== 0;
    if (was.servable && servable && isChanged !== (was.version !== entry.record?.version)) throw new Violation('a change that is none, or a change that is not told');
    if ((effect & ENTRY_EFFECT.regressed) !== 0 && was.attempts < MAX_SUSPECT_ATTEMPTS) throw new Violation('an answer that lacks a known revision is believed too early');
    if (event.type === 'row' && was.revision !== undefined && was.revision !== entry.revision && servable && generationOf(entry.revision ?? '') <= generationOf(was.revision)) {
      throw new Violation('a row of no higher generation is taken without a question');
    }
    if (!was.servable && servable && !isChanged) throw new Violation('what is known for the first time is not told');
    if (isChanged && !servable) throw new Violation('a change is told of an entry that cannot be read');
    if (servable) this.#show((effect & ENTRY_EFFECT.regressed) !== 0 || (event.type === 'acknowledged' && this.#isOverruled()));
  }

  #follow(effect: number): void {
    const { entry } = this;
    const wanted = effect & READS;
    if ((wanted & (wanted - 1)) !== 0) throw new Violation('more than one read is asked for');
    if (this.read !== undefined && this.read.token !== entry.token) this.read = undefined;
    if (wanted !== 0) {
      if (this.read !== undefined) throw new Violation('a read is asked for while one is on its way');
      this.read = { leaves: wanted !== ENTRY_EFFECT.readHead, token: entry.token, askedAt: this.history.index };
    } else if (this.read !== undefined && entry.state !== 'loading' && entry.state !== 'verifying') {
      throw new Violation('an answer is accepted of a read that nobody waits for');
    }
    if ((entry.state === 'loading' || entry.state === 'verifying') && this.read === undefined) throw new Violation('an entry waits for a read that nobody makes');
  }

  /** A conflict was there when the own write was stored: until the row tells more, the write is shown although another leaf may have won meanwhile. */
  #isOverruled(): boolean {
    return (this.own?.committed?.leaves.length ?? 0) > 1;
  }

  /** What readers see has to stand somewhere in the database's history, not before what they saw. */
  #show(isRegression: boolean): void {
    // What was purged, or of an earlier database, may be seen until that is told.
    const place = placeOf(this.history, this.entry, isRegression || this.purgePending || this.resetPending ? 0 : this.shown);
    if (place !== undefined) this.shown = place;
    else throw new Violation('a reader goes back, or sees what never was');
  }
}

/** The first place at `from` or behind it where readers of the database saw what the entry shows. */
function placeOf(history: History, entry: CacheEntry, from: number): number | undefined {
  for (let place = from; place <= history.index * 2 + 1; place += 1) {
    const { ownSnapshot, rowsOfSingleLeaves, snapshot } = history.at(place >> 1);
    const shown = place % 2 === 1 ? [snapshot] : [ownSnapshot, ...rowsOfSingleLeaves];
    if (shown.some((one) => isShown(one, entry))) return place;
  }
  return undefined;
}

function isShown(snapshot: EntrySnapshot | undefined, { revision, version, record }: CacheEntry): boolean {
  return snapshot !== undefined && snapshot.revision === revision && snapshot.version === version && snapshot.record?.version === record?.version;
}
