import { descendsFrom, editOf, mergeLeaf, type RevisionNode } from './revision-node.ts';

/** A place in a replica's log. */
interface LogEntry {
  readonly seq: number;
  readonly id: string;
}

/** What a replica held at a moment. */
export interface ReplicaImage {
  readonly uuid: string;
  readonly updateSeq: number;
  readonly documents: ReadonlyMap<string, readonly RevisionNode[]>;
  readonly seqOf: ReadonlyMap<string, number>;
  readonly log: readonly LogEntry[];
  readonly pulled: ReadonlyMap<Replica, readonly Pulled[]>;
}

/** When this replica's log stood at `ownSeq`, it held everything another one had up to `sourceSeq`. */
interface Pulled {
  readonly sourceSeq: number;
  readonly ownSeq: number;
}

/** What became of an edit on one replica. */
export type EditResult = RevisionNode | 'conflict';

/** One copy of one shard: documents with their leaves, and a log in which each document stands once, at its last change. */
export class Replica {
  /** Names the file: another one begins another count. */
  uuid: string;
  updateSeq = 0;
  /** Whether the node answers. */
  up = true;
  /** Whether writes reach it only by internal replication. */
  lagging = false;
  documents = new Map<string, readonly RevisionNode[]>();
  #seqOf = new Map<string, number>();
  #log: LogEntry[] = [];
  #pulled = new Map<Replica, Pulled[]>();

  constructor(uuid: string) {
    this.uuid = uuid;
  }

  leaves(id: string): readonly RevisionNode[] {
    return this.documents.get(id) ?? [];
  }

  /** An edit by a client: it has to present a leaf, or nothing where nothing stands. */
  edit(id: string, edit: { readonly rev: string | undefined; readonly deleted: boolean; readonly fields: string }, limit: number): EditResult {
    const leaves = this.leaves(id);
    const winner = leaves[0];
    let parent: RevisionNode | undefined;
    if (edit.rev === undefined) {
      if (winner !== undefined && !winner.deleted) return 'conflict';
      parent = winner;
    } else {
      parent = leaves.find((leaf) => leaf.rev === edit.rev);
      if (parent === undefined) return 'conflict';
    }
    const node = editOf(parent, edit.deleted, edit.fields);
    this.merge(id, node, limit);
    return node;
  }

  /** Takes a revision over as it is. False: it brought nothing. */
  merge(id: string, node: RevisionNode, limit: number): boolean {
    const leaves = this.leaves(id);
    const merged = mergeLeaf(leaves, node, limit);
    if (merged === leaves) return false;
    this.#set(id, merged);
    return true;
  }

  /** Forgets leaves with what leads to them alone; a copy that is behind forgets what it has of them. Answers the leaves that went. */
  purge(id: string, revs: readonly string[], nodes: readonly RevisionNode[], limit: number): string[] {
    const leaves = this.leaves(id);
    const doomed = leaves.filter((leaf) => revs.includes(leaf.rev) || nodes.some((node) => descendsFrom(node, leaf, limit)));
    if (doomed.length === 0) return [];
    const kept = leaves.filter((leaf) => !doomed.includes(leaf));
    if (kept.length > 0) this.#set(id, kept);
    else {
      this.documents.delete(id);
      this.#seqOf.delete(id);
    }
    return doomed.map((leaf) => leaf.rev);
  }

  /** Rows behind a place in the log, oldest first: each document at its last change. */
  rows(since: number, atMost: number): LogEntry[] {
    const rows: LogEntry[] = [];
    const log = this.#log;
    for (let index = this.#indexAfter(since); index < log.length && rows.length < atMost; index += 1) {
      const entry = log[index] as LogEntry;
      if (this.#seqOf.get(entry.id) === entry.seq) rows.push(entry);
    }
    return rows;
  }

  /** Number of rows behind a place. */
  pending(since: number): number {
    let count = 0;
    const log = this.#log;
    for (let index = this.#indexAfter(since); index < log.length; index += 1) {
      const entry = log[index] as LogEntry;
      if (this.#seqOf.get(entry.id) === entry.seq) count += 1;
    }
    return count;
  }

  /** Copies what another replica has and this one lacks; at most so many documents. Answers whether anything is left. */
  pull(source: Replica, limit: number, atMost = Number.POSITIVE_INFINITY): boolean {
    const history = this.#pulled.get(source) ?? [];
    const from = history.at(-1)?.sourceSeq ?? 0;
    let { updateSeq } = source;
    const rows = source.rows(from, atMost === Number.POSITIVE_INFINITY ? atMost : atMost + 1);
    const taken = rows.length > atMost ? rows.slice(0, atMost) : rows;
    for (const { id } of taken) for (const leaf of source.leaves(id)) this.merge(id, leaf, limit);
    if (taken.length < rows.length) updateSeq = taken.at(-1)?.seq ?? from;
    if (updateSeq !== from || history.length === 0) {
      history.push({ sourceSeq: updateSeq, ownSeq: this.updateSeq });
      this.#pulled.set(source, history);
    }
    return taken.length < rows.length;
  }

  /** Whether another replica has something this one has not copied. */
  isBehind(source: Replica): boolean {
    return (this.#pulled.get(source)?.at(-1)?.sourceSeq ?? 0) < source.updateSeq;
  }

  /**
   * Where a feed goes on here that had read `other` up to `seq`: the last place of this log that `other` had copied by then; 0 where nothing is known. A place in this
   * very file is believed, even one beyond its end.
   */
  resumeFrom(uuid: string, seq: number, other: Replica | undefined): number {
    if (uuid === this.uuid) return seq;
    if (other === undefined || other.uuid !== uuid) return 0;
    let place = 0;
    for (const { sourceSeq, ownSeq } of other.#pulled.get(this) ?? []) if (ownSeq <= seq) place = Math.max(place, sourceSeq);
    return place;
  }

  image(): ReplicaImage {
    const pulled = new Map([...this.#pulled].map(([source, history]) => [source, [...history]]));
    return { uuid: this.uuid, updateSeq: this.updateSeq, documents: new Map(this.documents), seqOf: new Map(this.#seqOf), log: [...this.#log], pulled };
  }

  /** Puts the file back to what it was. */
  restore(image: ReplicaImage): void {
    this.uuid = image.uuid;
    this.updateSeq = image.updateSeq;
    this.documents = new Map(image.documents);
    this.#seqOf = new Map(image.seqOf);
    this.#log = [...image.log];
    this.#pulled = new Map([...image.pulled].map(([source, history]) => [source, [...history]]));
  }

  #set(id: string, leaves: readonly RevisionNode[]): void {
    this.updateSeq += 1;
    this.documents.set(id, leaves);
    this.#seqOf.set(id, this.updateSeq);
    this.#log.push({ seq: this.updateSeq, id });
  }

  #indexAfter(since: number): number {
    const log = this.#log;
    let low = 0;
    let high = log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((log[middle] as LogEntry).seq <= since) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
