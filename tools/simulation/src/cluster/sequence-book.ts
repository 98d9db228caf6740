import type { Replica } from './replica.ts';

/** How far a feed has read one shard: a place in the log of one replica's file. */
export interface Place {
  readonly replica: Replica;
  readonly uuid: string;
  readonly seq: number;
}

const FILLER = 'AAAACbeJzLYWBgYMpgTmHgz8tPSTV0MDQy1zMAQsMckEQiQ1L9____szKYExlzgQLsZsmJJmlpqdh04DEmSQFI';

/** Packs places into opaque sequences as CouchDB's look, and knows every sequence it gave out. */
export class SequenceBook {
  readonly #places = new Map<string, readonly Place[]>();
  #count = 0;

  /** A sequence for these places. Its number is their sum, which goes down when a replica that is behind takes over. */
  pack(places: readonly Place[]): string {
    let sum = 0;
    for (const { seq } of places) sum += seq;
    this.#count += 1;
    const sequence = `${sum}-g1${FILLER}${this.#count.toString(36)}`;
    this.#places.set(sequence, places);
    return sequence;
  }

  /** What a sequence means; `undefined` for one that was never given out. */
  unpack(sequence: string): readonly Place[] | undefined {
    return this.#places.get(sequence);
  }
}
