import { MAX_SECONDARY_KEY_LENGTH } from './address-limits.ts';
import type { SecondaryKeys } from './address.ts';
import { parseDocumentId } from './document-id.ts';
import type { HeadDocument, SegmentDocument, StoredVersion } from './head.ts';
import { hasLaterVersion } from './hybrid-clock.ts';
import type { JsonValue } from './json.ts';
import { isStorableValue } from './value-check.ts';
import { isVersion } from './version.ts';
import { isWellFormed } from './well-formed.ts';

/** Longest author, in UTF-16 units. */
export const MAX_AUTHOR_LENGTH = 256;

type Fields = Readonly<Record<string, unknown>>;
type Mutable<Document> = { -readonly [Name in keyof Document]: Document[Name] };

/** An object's own fields only: a parsed `__proto__` is data and never consulted. */
function fieldsOf(document: unknown): Fields | undefined {
  return typeof document === 'object' && document !== null && !Array.isArray(document) ? (document as Fields) : undefined;
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/**
 * Reads a head document out of parsed JSON of any origin. `undefined` for whatever is not exactly a head: wrong types, an id that is not
 * a head's, versions out of order, values nested too deep or with lone surrogates. Unknown fields are dropped. Never throws.
 */
export function decodeHead(document: unknown): HeadDocument | undefined {
  const fields = fieldsOf(document);
  if (fields === undefined) return undefined;
  const id = own(fields, '_id');
  if (typeof id !== 'string' || parseDocumentId(id)?.kind !== 'head') return undefined;
  const head = decodeState(fields, id);
  return head !== undefined && decodeExtras(fields, head) ? head : undefined;
}

/** The current version: who, when, and a value or its absence. */
function decodeState(fields: Fields, id: string): Mutable<HeadDocument> | undefined {
  const version = own(fields, 'ver');
  const author = own(fields, 'by');
  const gone = own(fields, 'gone');
  if (!isVersion(version) || !isAuthor(author)) return undefined;
  const head: Mutable<HeadDocument> = { _id: id, ver: version, by: author };
  if (gone === true) return Object.hasOwn(fields, 'v') ? undefined : Object.assign(head, { gone });
  if (gone !== undefined || !Object.hasOwn(fields, 'v')) return undefined;
  const value = fields['v'];
  return isStorableValue(value) ? Object.assign(head, { v: value as JsonValue }) : undefined;
}

function decodeExtras(fields: Fields, head: Mutable<HeadDocument>): boolean {
  const revision = own(fields, '_rev');
  const expiry = own(fields, 'x');
  const secondary = own(fields, 'm');
  const tail = own(fields, 'tail');
  if (own(fields, 'same') === true) head.same = true;
  if (revision !== undefined) {
    if (typeof revision !== 'string') return false;
    head._rev = revision;
  }
  if (expiry !== undefined) {
    // Nothing could say that the last version there can be has expired.
    if (typeof expiry !== 'number' || !Number.isFinite(expiry) || !hasLaterVersion(head.ver)) return false;
    head.x = expiry;
  }
  if (secondary !== undefined) {
    const keys = decodeSecondaryKeys(secondary);
    if (keys === undefined) return false;
    head.m = keys;
  }
  if (tail !== undefined) {
    if (!isVersionList(tail) || !isDescending(tail, head.ver)) return false;
    head.tail = tail;
  }
  return true;
}

function isAuthor(author: unknown): author is string {
  return typeof author === 'string' && author.length <= MAX_AUTHOR_LENGTH && isWellFormed(author);
}

function decodeSecondaryKeys(keys: unknown): SecondaryKeys | undefined {
  const fields = fieldsOf(keys);
  if (fields === undefined) return undefined;
  const decoded: { k2?: string; k3?: string; k4?: string } = {};
  for (const name of ['k2', 'k3', 'k4'] as const) {
    const value = own(fields, name);
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '' || value.length > MAX_SECONDARY_KEY_LENGTH || !isWellFormed(value)) return undefined;
    decoded[name] = value;
  }
  return decoded;
}

function isVersionList(list: unknown): list is readonly StoredVersion[] {
  // `Array.from` turns holes into `undefined`, which `every` alone would pass over.
  return Array.isArray(list) && Array.from(list).every(isStoredVersion);
}

function isStoredVersion(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry.length < 2 || entry.length > 3) return false;
  return isVersion(entry[0]) && isAuthor(entry[1]) && (entry.length === 2 || isStorableValue(entry[2]));
}

function isDescending(tail: readonly StoredVersion[], current: string): boolean {
  let above = current;
  for (const [version] of tail) {
    if (version >= above) return false;
    above = version;
  }
  return true;
}

/**
 * Reads a segment of history out of parsed JSON of any origin. `undefined` for whatever is not exactly a segment: wrong types, no
 * versions, versions out of order, a first version other than the id's, a last one other than `to`. Never throws.
 */
export function decodeSegment(document: unknown): SegmentDocument | undefined {
  const fields = fieldsOf(document);
  if (fields === undefined) return undefined;
  const id = own(fields, '_id');
  const parsed = typeof id === 'string' ? parseDocumentId(id) : undefined;
  const versions = own(fields, 'versions');
  const to = own(fields, 'to');
  const revision = own(fields, '_rev');
  if (typeof id !== 'string' || parsed?.kind !== 'segment' || !isVersionList(versions)) return undefined;
  if (revision !== undefined && typeof revision !== 'string') return undefined;
  const first = versions[0];
  const last = versions.at(-1);
  if (first === undefined || last === undefined || first[0] !== parsed.version || last[0] !== to) return undefined;
  if (!versions.every((entry, index) => index === 0 || entry[0] > (versions[index - 1] as StoredVersion)[0])) return undefined;
  return { _id: id, ...(revision === undefined ? {} : { _rev: revision }), to: last[0], versions };
}
