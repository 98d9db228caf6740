import type { SeededRandom } from '../seeded-random.ts';
import type { ClusterDatabase } from './cluster-database.ts';
import type { Replica } from './replica.ts';
import { documentText } from './revision-node.ts';
import type { Place } from './sequence-book.ts';

interface ShardPlace {
  replica: Replica;
  uuid: string;
  seq: number;
}

/** How rows are written. */
export interface RowShape {
  readonly includeDocs: boolean;
  readonly allLeaves: boolean;
}

/** Reads the changes of all shards, each from one replica, in an order between shards that chance decides. */
export class ChangesCursor {
  readonly #database: ClusterDatabase;
  readonly #random: SeededRandom;
  #places: ShardPlace[];
  #rowsSinceSeq = 0;
  /** Times a replica took the place of another. */
  failovers = 0;

  private constructor(database: ClusterDatabase, random: SeededRandom, places: ShardPlace[]) {
    this.#database = database;
    this.#random = random;
    this.#places = places;
  }

  /** Begins behind a sequence; one that this database never gave out, or that belongs to other files, means from the beginning. `undefined`: a shard does not answer. */
  static open(database: ClusterDatabase, since: string, random: SeededRandom): ChangesCursor | undefined {
    const known = since === 'now' ? undefined : database.unpack(since);
    const places: ShardPlace[] = [];
    for (let shard = 0; shard < database.shards.length; shard += 1) {
      const before = known?.[shard];
      const isSame = before !== undefined && (database.shards[shard] as readonly Replica[]).includes(before.replica) && before.replica.up && before.replica.uuid === before.uuid && database.prefer === undefined;
      const replica = isSame && random.chance(0.8) ? before.replica : database.reader(shard);
      if (replica === undefined) return undefined;
      places.push({ replica, uuid: replica.uuid, seq: since === 'now' ? replica.updateSeq : resumed(before, replica) });
    }
    return new ChangesCursor(database, random, places);
  }

  /** Goes on with other replicas where one is down. False: a shard has none left. */
  followReplicas(): boolean {
    for (const [shard, place] of this.#places.entries()) {
      if (place.replica.up) continue;
      const replica = this.#database.reader(shard);
      if (replica === undefined) return false;
      this.failovers += 1;
      this.#places[shard] = { replica, uuid: replica.uuid, seq: resumed(place, replica) };
    }
    return true;
  }

  /** Another replica takes over a shard's feed, as when a shard is moved. */
  moveTo(shard: number, replica: Replica): void {
    const place = this.#places[shard] as ShardPlace;
    if (place.replica === replica) return;
    this.failovers += 1;
    this.#places[shard] = { replica, uuid: replica.uuid, seq: resumed(place, replica) };
  }

  /** Goes back by so many places in every shard: rows come again. */
  rewind(by: number): void {
    for (const place of this.#places) place.seq = Math.max(0, place.seq - by);
  }

  /** The next rows as JSON texts, at most so many. */
  take(atMost: number, shape: RowShape): string[] {
    const rows: string[] = [];
    const waiting = this.#places.map((place) => ({ place, rows: place.replica.rows(place.seq, atMost) })).filter((each) => each.rows.length > 0);
    while (rows.length < atMost && waiting.length > 0) {
      const index = waiting.length === 1 ? 0 : this.#random.below(waiting.length);
      const { place, rows: due } = waiting[index] as (typeof waiting)[number];
      const { id, seq } = due.shift() as (typeof due)[number];
      place.seq = seq;
      rows.push(this.#row(place.replica, id, shape));
      if (due.length === 0) waiting.splice(index, 1);
    }
    return rows;
  }

  get pending(): number {
    let pending = 0;
    for (const { replica, seq } of this.#places) pending += replica.pending(seq);
    return pending;
  }

  get sequence(): string {
    return this.#database.pack(this.#places.map(({ replica, uuid, seq }): Place => ({ replica, uuid, seq })));
  }

  #row(replica: Replica, id: string, shape: RowShape): string {
    const leaves = replica.leaves(id);
    const [winner] = leaves;
    const { seqInterval } = this.#database;
    this.#rowsSinceSeq += 1;
    const hasSeq = this.#rowsSinceSeq >= seqInterval;
    if (hasSeq) this.#rowsSinceSeq = 0;
    const revs = (shape.allLeaves ? leaves : leaves.slice(0, 1)).map(({ rev }) => `{"rev":"${rev}"}`).join(',');
    const doc = shape.includeDocs && winner !== undefined ? `,"doc":${documentText(id, winner)}` : '';
    return `{"seq":${hasSeq ? `"${this.sequence}"` : 'null'},"id":${JSON.stringify(id)},"changes":[${revs}]${winner?.deleted === true ? ',"deleted":true' : ''}${doc}}`;
  }
}

function resumed(before: { readonly uuid: string; readonly seq: number; readonly replica: Replica } | undefined, replica: Replica): number {
  return before === undefined ? 0 : replica.resumeFrom(before.uuid, before.seq, before.replica);
}
