import { createHash } from 'node:crypto';

/** One leaf of a document's revisions. */
export interface FakeLeaf {
  readonly rev: string;
  readonly deleted: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A row as it stands in the log. */
export interface FakeRow {
  readonly position: number;
  readonly id: string;
}

interface FakeDocument {
  leaves: FakeLeaf[];
  position: number;
}

/** The state of a database, copied when it is saved for a later restore. */
export interface FakeSnapshot {
  readonly documents: ReadonlyMap<string, FakeDocument>;
  readonly locals: ReadonlyMap<string, { rev: number; body: Record<string, unknown> }>;
  readonly position: number;
}

function digest(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function generation(rev: string): number {
  return Number(rev.slice(0, rev.indexOf('-')));
}

/** CouchDB's order of leaves: living before deleted, then the higher generation, then the higher hash. */
function byPrecedence(a: FakeLeaf, b: FakeLeaf): number {
  if (a.deleted !== b.deleted) return a.deleted ? 1 : -1;
  const generations = generation(b.rev) - generation(a.rev);
  return generations !== 0 ? generations : a.rev < b.rev ? 1 : -1;
}

/** A database in memory with CouchDB's outward behaviour, as far as a follower sees it: one row per document, opaque positions, lives, purges. */
export class FakeDatabase {
  readonly name: string;
  readonly startTime: string;
  /** Makes positions of one life unlike those of another. */
  readonly uuid: string;
  documents = new Map<string, FakeDocument>();
  locals = new Map<string, { rev: number; body: Record<string, unknown> }>();
  purges: { id: string; revs: readonly string[] }[] = [];
  purgeCount = 0;
  position = 0;
  readonly #watchers = new Set<() => void>();

  constructor(name: string, startTime: string) {
    this.name = name;
    this.startTime = startTime;
    this.uuid = digest(`${name} ${startTime}`).slice(0, 12);
  }

  /** A position as text: a number that means nothing and an opaque rest, as CouchDB's. */
  seq(position: number): string {
    return `${position}-g1AAAA${this.uuid}${digest(String(position)).slice(0, 24)}`;
  }

  /** The position behind `since`; 0 for positions of another life, as CouchDB rewinds. */
  positionOf(since: string): number {
    if (since === 'now') return this.position;
    const position = Number.parseInt(since, 10);
    return Number.isFinite(position) && since === this.seq(position) ? position : 0;
  }

  leaves(id: string): readonly FakeLeaf[] {
    return this.documents.get(id)?.leaves ?? [];
  }

  winner(id: string): FakeLeaf | undefined {
    return this.leaves(id)[0];
  }

  /** Writes on top of `rev`. Answers the new revision, or `undefined` for a conflict. */
  put(id: string, body: Readonly<Record<string, unknown>>, rev: string | undefined): string | undefined {
    const current = this.winner(id);
    const leaf = this.leaves(id).find((each) => each.rev === rev);
    if (leaf === undefined && (rev !== undefined || (current !== undefined && !current.deleted))) return undefined;
    const parent = leaf ?? current;
    const deleted = body['_deleted'] === true;
    const next = `${parent === undefined ? 1 : generation(parent.rev) + 1}-${digest(`${parent?.rev ?? ''}${JSON.stringify(body)}`)}`;
    const others = this.leaves(id).filter((each) => each !== parent);
    this.#store(id, [...others, { rev: next, deleted, body }]);
    return next;
  }

  /** Adds a leaf as replication does (`new_edits: false`). */
  graft(id: string, leaf: FakeLeaf): void {
    const others = this.leaves(id).filter((each) => each.rev !== leaf.rev);
    this.#store(id, [...others, leaf]);
  }

  purge(id: string, revs: readonly string[]): readonly string[] {
    const document = this.documents.get(id);
    const gone = document?.leaves.filter((leaf) => revs.includes(leaf.rev)).map((leaf) => leaf.rev) ?? [];
    this.purges.push({ id, revs });
    this.purgeCount += 1;
    this.position += 1;
    if (document === undefined) return gone;
    document.leaves = document.leaves.filter((leaf) => !gone.includes(leaf.rev));
    if (document.leaves.length === 0) this.documents.delete(id);
    return gone;
  }

  /** Rows behind `after`, in order. */
  rows(after: number): readonly FakeRow[] {
    const rows: FakeRow[] = [];
    for (const [id, { position }] of this.documents) if (position > after) rows.push({ id, position });
    return rows.sort((a, b) => a.position - b.position);
  }

  /** Calls back at every change; answers how to stop that. */
  watch(run: () => void): () => void {
    this.#watchers.add(run);
    return () => void this.#watchers.delete(run);
  }

  snapshot(): FakeSnapshot {
    return {
      documents: new Map([...this.documents].map(([id, document]) => [id, { ...document, leaves: [...document.leaves] }])),
      locals: new Map(this.locals),
      position: this.position,
    };
  }

  /** Puts the database back to an earlier state: same life, lower position, as a restored file. */
  restore(snapshot: FakeSnapshot): void {
    this.documents = new Map([...snapshot.documents].map(([id, document]) => [id, { ...document, leaves: [...document.leaves] }]));
    this.locals = new Map(snapshot.locals);
    this.position = snapshot.position;
  }

  #store(id: string, leaves: FakeLeaf[]): void {
    this.position += 1;
    this.documents.delete(id);
    this.documents.set(id, { leaves: leaves.sort(byPrecedence), position: this.position });
    for (const run of [...this.#watchers]) run();
  }
}
