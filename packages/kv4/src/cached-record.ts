import { versionTimeMs, type HeadDocument, type JsonValue, type KeyAddress, type Kv4Record, type PathAddress, type SecondaryKeys } from '@xir/kv4-core';

const NO_KEYS: SecondaryKeys = Object.freeze({});

/** A cached record. It shares its path's address with its neighbours and keeps the value as text, because there are a million of them. */
export class CachedRecord implements Kv4Record {
  readonly #place: PathAddress;
  readonly #key: string;
  readonly valueText: string;
  readonly version: string;
  readonly author: string;
  readonly secondary: SecondaryKeys;
  declare readonly revision?: string;
  declare readonly expiresAtMs?: number;
  #value: JsonValue | undefined;

  constructor(place: PathAddress, key: string, head: HeadDocument) {
    this.#place = place;
    this.#key = key;
    this.valueText = flatText(JSON.stringify(head.v));
    this.version = head.ver;
    this.author = sharedText(head.by);
    this.secondary = head.m ?? NO_KEYS;
    this.#value = undefined;
    if (head._rev !== undefined) this.revision = head._rev;
    if (head.x !== undefined) this.expiresAtMs = head.x;
  }

  get address(): KeyAddress {
    const { bucket, layer, path } = this.#place;
    return { bucket, layer, path, key: this.#key };
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

/** A text in one piece. What `JSON.stringify` makes is held in pieces of growing size, nearly twice as large, until a character of it is looked at. */
function flatText(text: string): string {
  return Number.isNaN(text.charCodeAt(text.length - 1)) ? '' : text;
}

const MAX_SHARED_TEXTS = 10_000;
const sharedTexts = new Map<string, string>();

/** One copy of a text that occurs over and over, such as an author. */
function sharedText(text: string): string {
  const shared = sharedTexts.get(text);
  if (shared !== undefined) return shared;
  if (sharedTexts.size < MAX_SHARED_TEXTS) sharedTexts.set(text, text);
  return text;
}
