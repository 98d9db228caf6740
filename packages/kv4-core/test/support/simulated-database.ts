import {
  generationOf,
  versionsToSpill,
  type CommitBase,
  type DocumentAnswer,
  type GroupCommit,
  type GroupCommitAction,
  type GroupCommitEvent,
  type GroupCommitStats,
  type HeadDocument,
  type OperationOutcome,
  type StoredVersion,
} from '../../src/index.ts';

interface Stored {
  readonly rev: string;
  readonly document: HeadDocument & { _deleted?: boolean };
}

/** Numbers in `[0, 1)` from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How often, of 1, a write meets a fault. */
export interface Faults {
  /** The answer is lost, and the write has happened, happens later, or never happens. */
  readonly lost: number;
  /** The database asks to wait. */
  readonly busy: number;
  /** A read fails. */
  readonly unreadable: number;
}

/** Every version in a document, newest first. */
function versionsOf(document: HeadDocument): readonly string[] {
  return [document.ver, ...(document.tail ?? []).map(([version]) => version)];
}

/** Every version in a document, newest first, as histories have them. */
function versionsWithValues(document: HeadDocument): readonly StoredVersion[] {
  const current: StoredVersion = document.gone === true ? [document.ver, document.by] : [document.ver, document.by, document.v ?? null];
  return [current, ...(document.tail ?? [])];
}

/** Heads and segments as a CouchDB would keep them: a write needs the revision that stands, a deleted document takes none. */
export class SimulatedDatabase {
  readonly heads = new Map<string, Stored>();
  readonly segments = new Map<string, Map<string, StoredVersion>>();
  /** Writes whose sender has given up waiting, still on their way. */
  readonly late: string[] = [];
  /** Versions that were stored below the history of their key. */
  readonly sunken = new Set<string>();
  /** Those of them that others have built upon, or moved into segments, before anything could be done about it. */
  readonly buried = new Set<string>();
  /** Values of creations of unknown outcome that had been stored, deleted and cleared away by the time they were stored once more. */
  readonly repeated = new Set<unknown>();
  /** Versions that were stored by creations without the writer being told. */
  readonly #untold = new Set<string>();
  #revision = 0;

  base(id: string): CommitBase {
    const stored = this.heads.get(id);
    if (stored === undefined) return {};
    const { _deleted, ...document } = stored.document;
    return _deleted === true ? { floor: document.ver } : { head: { ...document, _rev: stored.rev } };
  }

  /** `told`: the writer will have the answer. */
  write(text: string, told = true): DocumentAnswer {
    const document = JSON.parse(text) as HeadDocument & { _deleted?: boolean };
    const stored = this.heads.get(document._id);
    const standing = stored === undefined || stored.document._deleted === true ? undefined : stored.rev;
    if (document._rev !== standing) return { type: 'conflict' };
    this.#observe(document, stored?.document);
    if (standing === undefined) this.#observeCreation(document, told);
    return this.#put(document, stored);
  }

  /** Another process finishes the upkeep of a deleted key: its history goes into segments, and its head for good. Not while a creation is still on its way: CouchDB takes no guard for it. */
  remove(id: string): void {
    const stored = this.heads.get(id);
    if (stored?.document.gone !== true || stored.document._deleted === true) return;
    const waiting = this.late.map((text) => JSON.parse(text) as HeadDocument);
    if (waiting.some((document) => document._id === id && document._rev === undefined)) return;
    const { tail: _, ...head } = stored.document;
    this.spill({ ...stored.document, _rev: stored.rev });
    this.#put({ ...head, _deleted: true }, this.heads.get(id));
  }

  #put(document: HeadDocument & { _deleted?: boolean }, before: Stored | undefined): { type: 'stored'; rev: string } {
    const rev = `${generationOf(before?.rev ?? '') + 1}-${(this.#revision += 1)}`;
    this.heads.set(document._id, { rev, document });
    return { type: 'stored', rev };
  }

  #observe(document: HeadDocument, over: Stored['document'] | undefined): void {
    const floor = this.floor(document._id);
    for (const version of over?._deleted === true ? versionsOf(document) : []) if (floor !== undefined && version < floor) this.sunken.add(version);
    const neuronOf = (version: string): string | undefined => version.split('-').at(-1);
    // What another writer builds upon may be in its tail, or in segments by then.
    for (const version of [...versionsOf(document).slice(1), ...(over === undefined ? [] : versionsOf(over))]) if (this.sunken.has(version) && neuronOf(version) !== neuronOf(document.ver)) this.buried.add(version);
  }

  #observeCreation(document: HeadDocument, told: boolean): void {
    const earlier = [...(this.segments.get(document._id)?.values() ?? [])].filter(([version]) => this.#untold.has(version));
    const values = new Set(earlier.flatMap(([, , value]) => (value === undefined ? [] : [value])));
    for (const [version, , value] of versionsWithValues(document)) {
      if (!told) this.#untold.add(version);
      if (value !== undefined && values.has(value)) this.repeated.add(value);
    }
  }

  /** The newest version in the key's segments. */
  floor(id: string): string | undefined {
    return [...(this.segments.get(id)?.keys() ?? [])].sort().at(-1);
  }

  /** Moves versions out of a head that was read. What comes late, below versions in segments, is moved only once the head has been written again as it is. */
  spill(head: HeadDocument): string[] {
    const segment = this.segments.get(head._id) ?? new Map<string, StoredVersion>();
    const floor = this.floor(head._id);
    this.segments.set(head._id, segment);
    const moved = versionsToSpill(head, { versions: 1, characters: 1_000 }, { versions: 50, characters: 100_000 });
    const isLate = moved.some(([version]) => floor !== undefined && version < floor && !segment.has(version));
    if (isLate && !this.#keepAsItIs(head)) return [];
    for (const version of moved) segment.set(version[0], version);
    return moved.map(([version]) => version);
  }

  #keepAsItIs(head: HeadDocument): boolean {
    const stored = this.heads.get(head._id);
    if (stored === undefined || stored.rev !== head._rev) return false;
    for (const version of versionsOf(stored.document)) if (this.sunken.has(version)) this.buried.add(version);
    if (stored.document.same !== true) this.#put({ ...stored.document, same: true }, stored);
    return true;
  }

  /** Every version that a reader finds, newest first, with its value. */
  history(id: string): StoredVersion[] {
    const { head } = this.base(id);
    const versions = new Map(this.segments.get(id) ?? []);
    if (head !== undefined) {
      for (const version of versionsWithValues(head)) versions.set(version[0], version);
    }
    return [...versions.values()].sort((a, b) => (a[0] < b[0] ? 1 : -1));
  }
}

/** One writer on a simulated database: requests wait in a list until the schedule picks them. */
export class SimulatedWriter {
  readonly outcomes = new Map<number, OperationOutcome>();
  readonly #machine: GroupCommit;
  readonly #database: SimulatedDatabase;
  readonly #random: () => number;
  #waiting: (() => GroupCommitEvent | undefined)[] = [];
  #looksAgain = false;
  faults: Faults;
  nowMs = 100_000;

  constructor(machine: GroupCommit, database: SimulatedDatabase, settings: { random: () => number; faults: Faults }) {
    this.#machine = machine;
    this.#database = database;
    this.#random = settings.random;
    this.faults = settings.faults;
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  stats(): GroupCommitStats {
    return this.#machine.stats();
  }

  send(event: GroupCommitEvent): void {
    this.#hand([event]);
  }

  /** Now and then there is less room for batches than the limits say; what had to wait for it is looked at again later. */
  #hand(events: readonly GroupCommitEvent[]): void {
    const room = this.#random() < 0.5 ? {} : { room: Math.floor(this.#random() * 3) };
    for (const action of this.#machine.handle(events, { nowMs: this.nowMs, random: this.#random(), ...room })) this.#take(action);
    if (!this.#machine.hasWaiting || this.#looksAgain) return;
    this.#looksAgain = true;
    this.#waiting.push(() => {
      this.#looksAgain = false;
      this.#hand([]);
      return undefined;
    });
  }

  /** Carries out one request of those that wait, whichever the schedule picks. */
  step(): void {
    const [request] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1);
    const event = request?.();
    if (event !== undefined) this.send(event);
  }

  #take(action: GroupCommitAction): void {
    if (action.type === 'settle') this.outcomes.set(action.ticket, action.outcome);
    else if (action.type === 'load') for (const id of action.ids) this.#waiting.push(() => this.#read(id));
    else if (action.type === 'resolve') this.#waiting.push(() => this.#resolve(action));
    else if (action.type === 'spill') this.#waiting.push(() => ({ type: 'spilled', id: action.id, stored: this.#database.spill(action.head) }));
    else if (action.type === 'floor') this.#waiting.push(() => this.#floor(action.id));
    else if (action.type === 'wait') this.#waiting.push(() => ({ type: 'due', id: action.id }));
    else if (action.type === 'write') this.#sendBatch(action);
  }

  #read(id: string): GroupCommitEvent {
    if (this.#random() < this.faults.unreadable) return { type: 'failed', id, cause: 'unreadable' };
    return { type: 'loaded', id, base: this.#database.base(id) };
  }

  #floor(id: string): GroupCommitEvent {
    if (this.#random() < this.faults.unreadable) return { type: 'failed', id, cause: 'unreadable' };
    const floor = this.#database.floor(id);
    return { type: 'floored', id, ...(floor === undefined ? {} : { floor }) };
  }

  #resolve({ id, versions, floor: asked }: GroupCommitAction & { type: 'resolve' }): GroupCommitEvent {
    if (this.#random() < this.faults.unreadable) return { type: 'failed', id, cause: 'unreadable' };
    const segment = this.#database.segments.get(id);
    const floor = this.#database.floor(id);
    const base = this.#database.base(id);
    const beneath = asked && floor !== undefined && base.head !== undefined ? { floor } : {};
    return { type: 'resolved', id, base: { ...base, ...beneath }, found: versions.filter((version) => segment?.has(version) === true) };
  }

  /** Documents of a batch are stored one by one, at moments of their own, as a cluster does. */
  #sendBatch(action: GroupCommitAction & { type: 'write' }): void {
    const answers = new Map<string, DocumentAnswer>();
    for (const { id, text } of action.documents) {
      this.#waiting.push(() => {
        answers.set(id, this.#store(text));
        return answers.size === action.documents.length ? { type: 'answered', batch: action.batch, answers, durable: true } : undefined;
      });
    }
  }

  #store(text: string): DocumentAnswer {
    if (this.#random() < this.faults.busy) return { type: 'unavailable', retryAfterMs: 1, cause: 'busy' };
    if (this.#random() >= this.faults.lost) return this.#database.write(text);
    const fate = this.#random();
    if (fate < 0.4) this.#database.write(text, false);
    else if (fate < 0.8) this.#database.late.push(text);
    return { type: 'unknown', cause: 'lost' };
  }
}
