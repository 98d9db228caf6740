import { versionTimeMs, type EntrySnapshot, type HeadDocument, type JsonValue, type KeyAddress, type Kv4Record, type PathAddress, type SecondaryKeys } from '@xir/kv4-core';
import { flatText } from './flat-text.ts';

const NO_KEYS: SecondaryKeys = Object.freeze({});

/** What a record has in common with its neighbours, in a list of those that a path knows. */
export interface CommonParts {
  readonly place: PathAddress;
  readonly author: string;
  readonly secondary: SecondaryKeys;
  readonly next: CommonParts | undefined;
}

/** Different common parts that a path keeps for records to come. */
const MAX_KEPT = 8;

/** The parts that a head's record shares with others of its path: those among the known ones, or new ones, which stand in front of them. */
export function commonPartsOf(place: PathAddress, { by, m }: Pick<HeadDocument, 'by' | 'm'>, known: CommonParts | undefined): CommonParts {
  let length = 0;
  if (m === undefined) {
    for (let parts = known; parts !== undefined; parts = parts.next) {
      if (parts.author === by && parts.secondary === NO_KEYS) return parts;
      length += 1;
    }
  }
  return { place, author: by, secondary: m ?? NO_KEYS, next: m === undefined && length < MAX_KEPT ? known : undefined };
}

/** What a cached record is made of besides its head. */
export interface RecordParts {
  readonly common: CommonParts;
  readonly key: string;
  /** The value's JSON, where it is at hand and `head.v` was not built. */
  readonly valueText?: string | undefined;
  /** The head's tail as JSON. */
  readonly tail?: string | undefined;
}

/**
 * A cached record, and at the same time what the database said of its head ({@link EntrySnapshot}): there are a million of them, so it keeps the value as text and shares
 * what its neighbours have as well.
 */
export class CachedRecord implements Kv4Record, EntrySnapshot {
  readonly #common: CommonParts;
  readonly #key: string;
  readonly valueText: string;
  readonly version: string;
  readonly revision: string;
  #value: JsonValue | undefined;
  declare readonly expiresAtMs?: number;
  declare readonly tail?: string;

  constructor(head: Pick<HeadDocument, '_rev' | 'ver' | 'v' | 'x'>, { common, key, valueText, tail }: RecordParts) {
    this.#common = common;
    this.#key = key;
    this.valueText = valueText ?? flatText(JSON.stringify(head.v));
    this.version = head.ver;
    this.revision = head._rev ?? '';
    this.#value = undefined;
    if (head.x !== undefined) this.expiresAtMs = head.x;
    if (tail !== undefined) this.tail = tail;
  }

  get record(): this {
    return this;
  }

  get address(): KeyAddress {
    const { bucket, layer, path } = this.#common.place;
    return { bucket, layer, path, key: this.#key };
  }

  get author(): string {
    return this.#common.author;
  }

  get secondary(): SecondaryKeys {
    return this.#common.secondary;
  }

  get value(): JsonValue {
    this.#value ??= JSON.parse(this.valueText) as JsonValue;
    return this.#value;
  }

  get timeMs(): number {
    return versionTimeMs(this.version);
  }

  /** The record as a plain object, the value parsed. */
  toJSON(): Omit<Kv4Record, 'valueText'> {
    const { address, value, version, timeMs, author, secondary, expiresAtMs, revision } = this;
    return {
      address,
      value,
      version,
      timeMs,
      author,
      secondary,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(revision === undefined ? {} : { revision }),
    };
  }
}
