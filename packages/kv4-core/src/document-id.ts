import { MAX_BUCKET_LENGTH, MAX_ID_BYTES, MAX_KEY_LENGTH, MAX_LAYER_LENGTH, MAX_PATH_SEGMENTS, MAX_SEGMENT_LENGTH } from './address-limits.ts';
import type { KeyAddress } from './address.ts';
import { escapeField, unescapeField } from './field-escape.ts';
import { exceedsUtf8Length } from './utf8-length.ts';
import { isVersion, MAX_VERSION_LENGTH } from './version.ts';
import { isWellFormed } from './well-formed.ts';

/** Id of the document that holds the database's random epoch. */
export const EPOCH_ID = 'x!epoch';

const SEPARATOR = '!';
const SEPARATOR_UNIT = 0x21;

/** Id of a neuron's barrier document. */
export function barrierId(neuron: string): string {
  return `x!barrier!${neuron}`;
}

/**
 * The path's part of an id: each segment with a separator before it; empty for the root. Slices, because every cached read passes here and
 * `replaceAll` takes twice the time.
 */
export function escapedPath(path: string): string {
  if (path === '/') return '';
  // Escaping leaves `/` alone and makes no `!`, so the separators can be put in afterwards.
  const escaped = escapeField(path);
  let separated = '';
  let start = 1;
  for (let slash = escaped.indexOf('/', start); slash !== -1; slash = escaped.indexOf('/', start)) {
    separated += SEPARATOR + escaped.slice(start, slash);
    start = slash + 1;
  }
  return separated + SEPARATOR + escaped.slice(start);
}

/**
 * Id of the document that holds a key's current value: `d!<bucket>!<layer>!<segment>…!!<key>`, each field escaped.
 * The address must be a checked one (`checkKeyAddress`). The order of ids (`compareIds`) is the order of bucket, layer,
 * path segment by segment (parents before children) and key, each by code point.
 */
export function headId(address: KeyAddress): string {
  return `d!${escapeField(address.bucket)}!${escapeField(address.layer)}${escapedPath(address.path)}!!${escapeField(address.key)}`;
}

/** Id of a segment of a key's history: the head's id with `s` instead of `d`, followed by the segment's first version. */
export function segmentId(address: KeyAddress, firstVersion: string): string {
  return `s${headId(address).slice(1)}!${firstVersion}`;
}

/** What a document id says about its document. */
export type ParsedDocumentId =
  | { readonly kind: 'head'; readonly address: KeyAddress }
  | { readonly kind: 'segment'; readonly address: KeyAddress; readonly version: string }
  | { readonly kind: 'system'; readonly name: string };

/**
 * Reads a document id. `undefined` for every id that is not exactly one of ours: a stranger's document, a design
 * document, an address past the limits. Never throws. For ids of ours it is the inverse of `headId` and `segmentId`;
 * a system document's name is what follows `x!`.
 */
export function parseDocumentId(id: string): ParsedDocumentId | undefined {
  if (typeof id !== 'string' || id.charCodeAt(1) !== SEPARATOR_UNIT) return undefined;
  switch (id.charAt(0)) {
    case 'd': {
      const address = addressOf(id.split(SEPARATOR), id);
      return address && { kind: 'head', address };
    }
    case 's':
      return parseSegmentId(id);
    case 'x':
      return id.length > 2 && isWellFormed(id) ? { kind: 'system', name: id.slice(2) } : undefined;
    default:
      return undefined;
  }
}

function parseSegmentId(id: string): ParsedDocumentId | undefined {
  const end = id.lastIndexOf(SEPARATOR);
  const version = id.slice(end + 1);
  if (version.length > MAX_VERSION_LENGTH || !isVersion(version)) return undefined;
  const withoutVersion = id.slice(0, end);
  const address = addressOf(withoutVersion.split(SEPARATOR), withoutVersion);
  return address && { kind: 'segment', address, version };
}

/** `fields`: the mark, bucket, layer, segments, an empty one, key. */
function addressOf(fields: readonly string[], id: string): KeyAddress | undefined {
  const count = fields.length;
  if (count < 5 || count > 5 + MAX_PATH_SEGMENTS || fields[count - 2] !== '') return undefined;
  if (!isWellFormed(id) || exceedsUtf8Length(id, MAX_ID_BYTES)) return undefined;
  const bucket = fieldOf(fields[1], MAX_BUCKET_LENGTH);
  const layer = fieldOf(fields[2], MAX_LAYER_LENGTH);
  const key = fieldOf(fields[count - 1], MAX_KEY_LENGTH);
  if (bucket === undefined || layer === undefined || key === undefined) return undefined;
  let path = '';
  for (let index = 3; index < count - 2; index += 1) {
    const segment = fieldOf(fields[index], MAX_SEGMENT_LENGTH);
    if (segment === undefined || segment.includes('/')) return undefined;
    path += `/${segment}`;
  }
  return { bucket, layer, path: path === '' ? '/' : path, key };
}

function fieldOf(escaped: string | undefined, maxLength: number): string | undefined {
  if (escaped === undefined || escaped === '') return undefined;
  const field = unescapeField(escaped);
  return field !== undefined && field.length <= maxLength ? field : undefined;
}
