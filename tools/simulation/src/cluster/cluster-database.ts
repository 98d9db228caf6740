import type { SeededRandom } from '../seeded-random.ts';
import { Replica, type EditResult, type ReplicaImage } from './replica.ts';
import { mergeLeaf, type RevisionNode } from './revision-node.ts';
import type { Place, SequenceBook } from './sequence-book.ts';

/** Told of every revision that any replica takes. */
export type StoredListener = (id: string, node: RevisionNode) => void;

/** How a database is laid out. */
export interface DatabaseShape {
  /** CouchDB's `q`. */
  readonly shards: number;
  /** CouchDB's `n`, 1 to 3. */
  readonly replicas: number;
}

/** What a database was at a moment: a backup of its files. */
export type DatabaseImage = readonly (readonly ReplicaImage[])[];

/** An edit by a client, as a coordinator sends it to every replica. */
export interface ClusterEdit {
  readonly id: string;
  readonly rev: string | undefined;
  readonly deleted: boolean;
  readonly fields: string;
}

/** What a coordinator answers for one document. */
export interface EditAnswer {
  readonly result: EditResult | 'unavailable';
  /** Accepted by as many replicas as the quorum asks for. */
  readonly durable: boolean;
}

/** A sharded, replicated database as a coordinator sees it. Nothing in it takes time: lag is what replicas have not copied yet. */
export class ClusterDatabase {
  readonly shape: DatabaseShape;
  readonly shards: readonly (readonly Replica[])[];
  /** Seconds since 1970 at which it was made, as text. */
  readonly instanceStartTime: string;
  revsLimit = 1_000;
  /** Of the rows of a feed, one in so many carries its sequence; 1: all. */
  seqInterval = 1;
  /** Reads are answered by a single replica, whatever the quorum. */
  readsByOne = false;
  /** Chooses the replica that answers alone; absent: chance. */
  prefer: ((shard: number, up: readonly Replica[]) => Replica | undefined) | undefined;
  readonly purges: { readonly id: string; readonly revs: readonly string[] }[] = [];
  exists = true;
  readonly #random: SeededRandom;
  readonly #book: SequenceBook;
  readonly #changed = new Set<() => void>();
  readonly #onStored: StoredListener;

  constructor(shape: DatabaseShape, made: { readonly life: number; readonly nowMs: number; readonly random: SeededRandom; readonly book: SequenceBook; readonly onStored: StoredListener }) {
    this.shape = shape;
    this.instanceStartTime = String(Math.floor(made.nowMs / 1_000));
    this.#random = made.random;
    this.#book = made.book;
    this.#onStored = made.onStored;
    this.shards = Array.from({ length: shape.shards }, (_, shard) => Array.from({ length: shape.replicas }, (__, copy) => new Replica(`${made.life}-${shard}-${copy}`)));
  }

  get quorum(): number {
    return (this.shape.replicas >> 1) + 1;
  }

  /** Tells of every change until the answer is called. */
  watch(changed: () => void): () => void {
    this.#changed.add(changed);
    return () => this.#changed.delete(changed);
  }

  /** Feeds look again: something was written, copied, or a node went. */
  changed(): void {
    for (const changed of [...this.#changed]) changed();
  }

  shardOf(id: string): number {
    let hash = 0;
    for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash, 31) + id.charCodeAt(index);
    return (hash >>> 0) % this.shape.shards;
  }

  replicasOf(id: string): readonly Replica[] {
    return this.shards[this.shardOf(id)] as readonly Replica[];
  }

  /** The replica of a shard that answers alone; `undefined`: none is up. */
  reader(shard: number): Replica | undefined {
    const up = (this.shards[shard] as readonly Replica[]).filter((replica) => replica.up);
    if (up.length < 2) return up[0];
    return this.prefer?.(shard, up) ?? this.#random.pick(up);
  }

  /** Leaves as a read by quorum finds them: what the replicas that answer have, united. `undefined`: nobody answers. */
  leaves(id: string): readonly RevisionNode[] | undefined {
    const shard = this.shardOf(id);
    const first = this.reader(shard);
    if (first === undefined) return undefined;
    let found = first.leaves(id);
    let asked = 1;
    for (const replica of this.shards[shard] as readonly Replica[]) {
      if (this.readsByOne || asked >= this.quorum) break;
      if (replica === first || !replica.up) continue;
      asked += 1;
      for (const leaf of replica.leaves(id)) found = mergeLeaf(found, leaf, this.revsLimit);
    }
    return found;
  }

  /** Every replica decides for itself, as CouchDB's do; what most of them say is the answer. */
  edit(edit: ClusterEdit): EditAnswer {
    const { id } = edit;
    const up = this.replicasOf(id).filter((replica) => replica.up);
    // Writes go past a replica that lags, unless there is no other.
    const reached = up.some((replica) => !replica.lagging) ? up.filter((replica) => !replica.lagging) : up;
    const results = reached.map((replica) => replica.edit(id, edit, this.revsLimit));
    const stored = results.filter((result) => result !== 'conflict');
    for (const node of stored) this.#onStored(id, node);
    const conflicts = results.length - stored.length;
    if (results.length === 0) return { result: 'unavailable', durable: false };
    if (stored.length === 0 || conflicts >= this.quorum) return { result: 'conflict', durable: true };
    const [node] = stored;
    const agreeing = stored.filter(({ rev }) => rev === node?.rev).length;
    return { result: node as RevisionNode, durable: agreeing >= this.quorum };
  }

  /** A revision that replication brings; every replica that is up takes it. */
  graft(id: string, node: RevisionNode): void {
    for (const replica of this.replicasOf(id)) if (replica.up) replica.merge(id, node, this.revsLimit);
    this.#onStored(id, node);
    this.changed();
  }

  /** Purges leaves everywhere. */
  purge(id: string, revs: readonly string[]): readonly string[] {
    const replicas = this.replicasOf(id);
    const nodes = replicas.flatMap((replica) => replica.leaves(id)).filter((leaf) => revs.includes(leaf.rev));
    const purged = new Set<string>();
    for (const replica of replicas) for (const rev of replica.purge(id, revs, nodes, this.revsLimit)) purged.add(rev);
    this.purges.push({ id, revs });
    this.changed();
    return [...purged].filter((rev) => revs.includes(rev));
  }

  /** Copies between the replicas of each shard what they lack of each other, as far as they are up. */
  synchronise(atMost?: number): void {
    let moved = false;
    for (const shard of this.shards) {
      for (const target of shard) {
        for (const source of shard) {
          if (target === source || !target.up || !source.up || !target.isBehind(source)) continue;
          target.pull(source, this.revsLimit, atMost);
          moved = true;
        }
      }
    }
    if (moved) this.changed();
  }

  /** Whether every replica of each shard has all there is. */
  get isSynchronised(): boolean {
    return this.shards.every((shard) => shard.every((target) => shard.every((source) => target === source || !target.isBehind(source))));
  }

  /** Position behind everything that the replicas which answer have; `undefined`: a shard does not answer. */
  updateSeq(): string | undefined {
    const places: Place[] = [];
    for (let shard = 0; shard < this.shards.length; shard += 1) {
      const replica = this.reader(shard);
      if (replica === undefined) return undefined;
      places.push({ replica, uuid: replica.uuid, seq: replica.updateSeq });
    }
    return this.#book.pack(places);
  }

  pack(places: readonly Place[]): string {
    return this.#book.pack(places);
  }

  unpack(sequence: string): readonly Place[] | undefined {
    return this.#book.unpack(sequence);
  }

  /** Ids of all documents that any replica knows. */
  ids(): Set<string> {
    return new Set(this.shards.flatMap((shard) => shard.flatMap((replica) => [...replica.documents.keys()])));
  }

  /** All leaves that any replica has, whether it is up or not: what the cluster will come to. */
  truth(id: string): readonly RevisionNode[] {
    let found: readonly RevisionNode[] = [];
    for (const replica of this.replicasOf(id)) for (const leaf of replica.leaves(id)) found = mergeLeaf(found, leaf, this.revsLimit);
    return found;
  }

  image(): DatabaseImage {
    return this.shards.map((shard) => shard.map((replica) => replica.image()));
  }

  /** Puts the files back to an earlier state. Uuids and start time stay what they are. */
  restore(image: DatabaseImage): void {
    for (const [index, shard] of this.shards.entries()) for (const [copy, replica] of shard.entries()) replica.restore((image[index] as readonly ReplicaImage[])[copy] as ReplicaImage);
    this.changed();
  }
}
