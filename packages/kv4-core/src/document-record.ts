import type { KeyAddress, SecondaryKeys } from './address.ts';
import { parseDocumentId } from './document-id.ts';
import type { HeadDocument, SegmentDocument, StoredVersion } from './head.ts';
import type { JsonValue } from './json.ts';
import type { Kv4Record, Kv4Version } from './record.ts';
import { versionTimeMs } from './version.ts';

/** What a record says besides its address and value. */
export interface RecordFields {
  readonly version: string;
  readonly author: string;
  /** Default `{}`. */
  readonly secondary?: SecondaryKeys | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly revision?: string | undefined;
}

const NO_KEYS: SecondaryKeys = Object.freeze({});

/**
 * A record that holds its value as text, as a parsed value, or both: it keeps what it was made of, and makes the other once, when asked.
 * A class, so that a million cached records share their code.
 */
class LazyRecord implements Kv4Record {
  readonly address: KeyAddress;
  readonly version: string;
  readonly author: string;
  readonly secondary: SecondaryKeys;
  declare readonly expiresAtMs?: number;
  declare readonly revision?: string;
  #text: string | undefined;
  #value: JsonValue | undefined;

  constructor(address: KeyAddress, fields: RecordFields, held: { text: string } | { value: JsonValue }) {
    this.address = address;
    this.version = fields.version;
    this.author = fields.author;
    this.secondary = fields.secondary ?? NO_KEYS;
    if (fields.expiresAtMs !== undefined) this.expiresAtMs = fields.expiresAtMs;
    if (fields.revision !== undefined) this.revision = fields.revision;
    this.#text = 'text' in held ? held.text : undefined;
    this.#value = 'value' in held ? held.value : undefined;
  }

  get value(): JsonValue {
    if (this.#value === undefined) this.#value = JSON.parse(this.#text as string) as JsonValue;
    return this.#value;
  }

  get valueText(): string {
    if (this.#text === undefined) this.#text = JSON.stringify(this.#value);
    return this.#text;
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

/** A record made of an address, the value's JSON text (trusted to be JSON) and the rest. The value is parsed on first use. */
export function recordFromText(address: KeyAddress, valueText: string, fields: RecordFields): Kv4Record {
  return new LazyRecord(address, fields, { text: valueText });
}

/** A record made of an address, a parsed value and the rest. The text is made on first use. */
export function recordFromValue(address: KeyAddress, value: JsonValue, fields: RecordFields): Kv4Record {
  return new LazyRecord(address, fields, { value });
}

/**
 * The record that a decoded head holds; `undefined` when the key is gone. Expiry is not considered: compare `expiresAtMs` with a clock.
 * Pass the address where it is at hand; otherwise it is read from the id. Throws `TypeError` for a document that `decodeHead` did not make.
 */
export function recordFromHead(head: HeadDocument, address: KeyAddress = addressOfDocument(head)): Kv4Record | undefined {
  if (head.gone === true || head.v === undefined) return undefined;
  return new LazyRecord(address, { version: head.ver, author: head.by, secondary: head.m, expiresAtMs: head.x, revision: head._rev }, { value: head.v });
}

function addressOfDocument(document: { readonly _id: string }): KeyAddress {
  const parsed = parseDocumentId(document._id);
  if (parsed === undefined || parsed.kind === 'system') throw new TypeError('the document was not decoded from a head or segment');
  return parsed.address;
}

function versionOf(address: KeyAddress, stored: StoredVersion): Kv4Version {
  const [version, author, value] = stored;
  return { address, version, timeMs: versionTimeMs(version), author, deleted: stored.length === 2, value: value ?? null };
}

/** The current version as a stored one, ready to go into a tail. */
export function storedVersionOfHead(head: HeadDocument): StoredVersion {
  return head.gone === true || head.v === undefined ? [head.ver, head.by] : [head.ver, head.by, head.v];
}

/** The versions that a decoded head holds, newest first: the current one and its tail. */
export function versionsOfHead(head: HeadDocument): Kv4Version[] {
  const address = addressOfDocument(head);
  return [storedVersionOfHead(head), ...(head.tail ?? [])].map((stored) => versionOf(address, stored));
}

/** The versions that a decoded segment holds, newest first (the document itself has them oldest first). */
export function versionsOfSegment(segment: SegmentDocument): Kv4Version[] {
  const address = addressOfDocument(segment);
  return segment.versions.map((stored) => versionOf(address, stored)).reverse();
}
