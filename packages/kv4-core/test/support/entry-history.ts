import { recordFromText, winningRevision, type EntrySnapshot, type VerifiedLeaf } from '../../src/index.ts';

/** What can happen to the document, by other hands than the cache's owner. */
export const COMMITS = [
  'write',
  'gone',
  'remove',
  'erase',
  'rewrite',
  'conflict that wins',
  'conflict that loses',
  'write to the loser',
  'unite',
  'purge',
  'purge of the leaf',
  'recreate',
] as const;

/** One of {@link COMMITS}. */
export type Commit = (typeof COMMITS)[number];

/** One revision of the document. Revisions never repeat, so that an object stands for its text. */
interface Revision {
  readonly rev: string;
  readonly generation: number;
  readonly parent: Revision | undefined;
  readonly deleted: boolean;
  /** The version in its body, if it has one; `gone` bodies hold no value. */
  readonly version: string | undefined;
  readonly gone: boolean;
}

const ADDRESS = { bucket: 'b', layer: 'l', path: '/p', key: 'k' };
/** Distance of the versions of one history, so that others find room between them. */
const SPACING = 16;

function versionText(time: number): string {
  return `${time.toString(16).padStart(16, '0')}-n`;
}

/** The database after some commits: a node of the tree of all histories. Immutable; equal histories are one object. */
export class History {
  static #nodes = 0;
  /** Unique among all histories of the process. */
  readonly node: number;
  /** Commits so far. */
  readonly index: number;
  readonly commit: Commit | 'own write' | 'start';
  readonly leaves: readonly Revision[];
  /** What the owner's own write stored here, as its acknowledgement tells it. */
  readonly ownSnapshot: EntrySnapshot | undefined;
  readonly previous: History | undefined;
  readonly snapshot: EntrySnapshot;
  readonly verified: readonly VerifiedLeaf[];
  readonly winner: Revision | undefined;
  readonly #next = new Map<string, History | undefined>();

  constructor(previous: History | undefined, commit: History['commit'], leaves: readonly Revision[], own?: Revision) {
    this.node = History.#nodes;
    History.#nodes += 1;
    this.previous = previous;
    this.index = previous === undefined ? 0 : previous.index + 1;
    this.commit = commit;
    this.leaves = leaves;
    this.ownSnapshot = own && snapshotOf([own], own);
    this.winner = winningRevision(leaves);
    this.snapshot = snapshotOf(leaves, this.winner);
    this.verified = leaves.map((leaf) => ({ rev: leaf.rev, deleted: leaf.deleted, ancestry: ancestryOf(leaf) }));
  }

  /** The history as it was after `index` commits. */
  at(index: number): History {
    if (this.index <= index) return this;
    if (this.previous === undefined) throw new RangeError(`no state ${index}`);
    return this.previous.at(index);
  }

  /** Whether the last commit put a row into the feed; a document that was purged as a whole leaves it. */
  get hasRow(): boolean {
    return this.winner !== undefined;
  }

  /** After which commit something was purged last; 0: never. */
  get lastPurge(): number {
    if (this.commit === 'purge' || this.commit === 'purge of the leaf') return this.index;
    return this.previous?.lastPurge ?? 0;
  }

  /** Whether one of these commits led here. */
  hasBeen(commits: readonly string[]): boolean {
    return commits.includes(this.commit) || (this.previous?.hasBeen(commits) ?? false);
  }

  /** The document in a row: with several leaves it would be but one of them. */
  get rowSnapshot(): EntrySnapshot | undefined {
    return this.leaves.length === 1 ? this.snapshot : undefined;
  }

  /** Losing leaves that a read of the head tells of: live ones, and a deletion that is later than the value. */
  get toldLosers(): readonly string[] {
    return this.leaves.filter((leaf) => leaf !== this.winner && (!leaf.deleted || (leaf.version !== undefined && leaf.version === this.snapshot.version))).map(({ rev }) => rev);
  }

  /** While a conflict is new: the rows of replicas that have but one of the leaves. */
  get rowsOfSingleLeaves(): readonly EntrySnapshot[] {
    return !this.commit.startsWith('conflict') ? [] : this.leaves.filter(({ deleted }) => !deleted).map((leaf) => snapshotOf([leaf], leaf));
  }

  /** The history with one more commit; `undefined` where it has no sense. */
  after(commit: Commit): History | undefined {
    return this.#remember(commit, () => {
      const leaves = this.#leavesAfter(commit);
      return leaves && new History(this, commit, leaves);
    });
  }

  /** The history with a write of the owner's on top of a revision; `undefined`: the database refuses it as a conflict. */
  afterOwnWrite(base: string | undefined): History | undefined {
    return this.#remember(`own ${base ?? ''}`, () => {
      const parent = base === undefined ? this.winner : this.leaves.find((leaf) => leaf.rev === base);
      // Without a revision CouchDB writes where nothing is, or over a deletion.
      if (base === undefined && parent !== undefined && !parent.deleted) return undefined;
      if (base !== undefined && (parent === undefined || parent.deleted)) return undefined;
      const own = this.#revision(parent, 'm', { version: this.#nextVersion() });
      return new History(this, 'own write', this.#replace(parent, own), own);
    });
  }

  /** Texts of the commits that led here. */
  get story(): string {
    return this.previous === undefined ? this.commit : `${this.previous.story}, ${this.commit}`;
  }

  #remember(name: string, make: () => History | undefined): History | undefined {
    if (!this.#next.has(name)) this.#next.set(name, make());
    return this.#next.get(name);
  }

  #leavesAfter(commit: Commit): readonly Revision[] | undefined {
    const { winner, leaves } = this;
    const version = this.#nextVersion();
    const live = winner !== undefined && !winner.deleted ? winner : undefined;
    const loser = leaves.find((leaf) => leaf !== winner && !leaf.deleted);
    switch (commit) {
      case 'write':
        return this.#replace(winner, this.#revision(winner, 'm', { version }));
      case 'gone':
        return live && !live.gone ? this.#replace(live, this.#revision(live, 'm', { version, gone: true })) : undefined;
      case 'remove':
        return live && this.#replace(live, this.#revision(live, 'm', { version, deleted: true }));
      case 'erase':
        return live && this.#replace(live, this.#revision(live, 'm', { deleted: true }));
      case 'rewrite':
        return live && this.#replace(live, this.#revision(live, 'm', { version: live.version, gone: live.gone }));
      case 'conflict that wins':
        return live && loser === undefined ? [...leaves, this.#revision(live.parent, 'z', { version })] : undefined;
      case 'conflict that loses':
        return live && loser === undefined ? [...leaves, this.#revision(live.parent, 'a', { version: versionText(timeOf(live.version) - 1) })] : undefined;
      case 'write to the loser':
        return loser && this.#replace(loser, this.#revision(loser, 'm', { version }));
      case 'unite':
        if (live === undefined || loser === undefined) return undefined;
        return [this.#revision(live, 'm', { version: this.snapshot.version, gone: this.snapshot.record === undefined }), this.#revision(loser, 'l', { deleted: true }), ...leaves.filter((leaf) => leaf !== live && leaf !== loser)];
      case 'purge':
        return winner && [];
      case 'purge of the leaf':
        return winner?.parent && leaves.length === 1 ? [winner.parent] : undefined;
      case 'recreate':
        return [];
    }
  }

  #revision(parent: Revision | undefined, letter: string, body: { readonly version?: string | undefined; readonly gone?: boolean; readonly deleted?: boolean }): Revision {
    const generation = (parent?.generation ?? 0) + 1;
    const { version, gone = false, deleted = false } = body;
    return { rev: `${generation}-${letter}${this.index + 1}`, generation, parent, deleted, version, gone };
  }

  #replace(parent: Revision | undefined, child: Revision): readonly Revision[] {
    return [child, ...this.leaves.filter((leaf) => leaf !== parent)];
  }

  #nextVersion(): string {
    return versionText((this.index + 2) * SPACING);
  }
}

function timeOf(version: string | undefined): number {
  return version === undefined ? 1 : Number.parseInt(version, 16);
}

function ancestryOf(leaf: Revision): readonly string[] {
  const found: string[] = [];
  for (let revision: Revision | undefined = leaf; revision !== undefined; revision = revision.parent) found.push(revision.rev);
  return found;
}

/** What readers of the leaves see: the highest version of all of them, a deletion included that is later than the value CouchDB shows. */
function snapshotOf(leaves: readonly Revision[], winner: Revision | undefined): EntrySnapshot {
  if (winner === undefined) return {};
  const shown = leaves.filter((leaf) => leaf.version !== undefined && (leaf.deleted || !winner.deleted)).sort((a, b) => ((a.version ?? '') < (b.version ?? '') ? 1 : -1))[0];
  const known = { revision: winner.rev, version: shown?.version };
  if (shown?.version === undefined || shown.deleted || shown.gone) return known;
  return { ...known, record: recordFromText(ADDRESS, '0', { version: shown.version, author: 'x', revision: winner.rev }) };
}
