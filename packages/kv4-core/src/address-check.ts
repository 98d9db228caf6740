import type { KeyAddress, PathAddress, SecondaryKeys } from './address.ts';
import {
  MAX_BUCKET_LENGTH,
  MAX_ID_BYTES,
  MAX_KEY_LENGTH,
  MAX_LAYER_LENGTH,
  MAX_PATH_SEGMENTS,
  MAX_SECONDARY_KEY_LENGTH,
  MAX_SEGMENT_LENGTH,
} from './address-limits.ts';
import { headId } from './document-id.ts';
import { Kv4Error } from './errors.ts';
import { exceedsUtf8Length } from './utf8-length.ts';
import { isWellFormed } from './well-formed.ts';

const SLASH = 0x2f;

function refuse(reason: string): never {
  throw new Kv4Error('KV4_BAD_ADDRESS', reason);
}

function checkField(name: string, value: unknown, maxLength: number): string {
  if (typeof value !== 'string') return refuse(`the ${name} must be a string`);
  if (value.length === 0) return refuse(`the ${name} must not be empty`);
  if (value.length > maxLength) return refuse(`the ${name} has ${value.length} characters, at most ${maxLength} are allowed`);
  if (!isWellFormed(value)) return refuse(`the ${name} holds a lone surrogate, which UTF-8 cannot carry`);
  return value;
}

/** A bucket as given, checked. Throws `KV4_BAD_ADDRESS`. */
export function checkBucket(bucket: unknown): string {
  return checkField('bucket', bucket, MAX_BUCKET_LENGTH);
}

/** A layer as given, checked. Throws `KV4_BAD_ADDRESS`. */
export function checkLayer(layer: unknown): string {
  return checkField('layer', layer, MAX_LAYER_LENGTH);
}

/** A key as given, checked. Throws `KV4_BAD_ADDRESS`. */
export function checkKey(key: unknown): string {
  return checkField('key', key, MAX_KEY_LENGTH);
}

/**
 * A path in its one form: a leading `/`, no empty segments, no trailing `/`; `/` for the root. `a//b/` becomes `/a/b`.
 * Segments `.` and `..` are ordinary names. Throws `KV4_BAD_ADDRESS` past {@link MAX_PATH_SEGMENTS} or
 * {@link MAX_SEGMENT_LENGTH}, or for a lone surrogate.
 */
export function normalisePath(path: string): string {
  if (typeof path !== 'string') return refuse('the path must be a string');
  if (!isWellFormed(path)) return refuse('the path holds a lone surrogate, which UTF-8 cannot carry');
  return isNormalPath(path) ? path : joinSegments(path.split('/').filter((segment) => segment !== ''));
}

/** One pass over the units, no allocation: most paths that come by are normal already. */
function isNormalPath(path: string): boolean {
  if (path === '/') return true;
  let segments = 0;
  let segmentStart = 0;
  for (let index = 0; index <= path.length; index += 1) {
    if (index !== path.length && path.charCodeAt(index) !== SLASH) continue;
    if (index > 0) {
      const length = index - segmentStart;
      if (segmentStart === 0 || length === 0 || length > MAX_SEGMENT_LENGTH) return false;
      segments += 1;
    }
    segmentStart = index + 1;
  }
  return segments > 0 && segments <= MAX_PATH_SEGMENTS;
}

function joinSegments(segments: readonly string[]): string {
  if (segments.length > MAX_PATH_SEGMENTS) return refuse(`the path has ${segments.length} segments, at most ${MAX_PATH_SEGMENTS} are allowed`);
  for (const segment of segments) {
    if (segment.length > MAX_SEGMENT_LENGTH) return refuse(`a segment of the path has ${segment.length} characters, at most ${MAX_SEGMENT_LENGTH} are allowed`);
  }
  return `/${segments.join('/')}`;
}

/** The segments of a normalised path: none for `/`. */
export function pathSegments(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

/** A checked copy of a path's address, its path normalised. Throws `KV4_BAD_ADDRESS`. */
export function checkPathAddress(address: PathAddress): PathAddress {
  if (typeof address !== 'object' || address === null) return refuse('the address must be an object');
  const checked = { bucket: checkBucket(address.bucket), layer: checkLayer(address.layer), path: normalisePath(address.path) };
  // The shortest id that such a path can lead to: with a key of one byte.
  checkIdBytes({ ...checked, key: '0' });
  return checked;
}

/** A checked copy of a key's address, its path normalised. Throws `KV4_BAD_ADDRESS`. */
export function checkKeyAddress(address: KeyAddress): KeyAddress {
  if (typeof address !== 'object' || address === null) return refuse('the address must be an object');
  const checked = {
    bucket: checkBucket(address.bucket),
    layer: checkLayer(address.layer),
    path: normalisePath(address.path),
    key: checkKey(address.key),
  };
  checkIdBytes(checked);
  return checked;
}

/** Escaping doubles a unit and UTF-8 triples it, never both; so the cheap bound decides nearly always. */
function checkIdBytes(address: KeyAddress): void {
  const units = address.bucket.length + address.layer.length + address.path.length + address.key.length + 8;
  if (units * 3 <= MAX_ID_BYTES) return;
  if (exceedsUtf8Length(headId(address), MAX_ID_BYTES)) refuse(`the address is too long: its document id would take more than ${MAX_ID_BYTES} bytes`);
}

const SECONDARY_KEY_NAMES = ['k2', 'k3', 'k4'] as const;

/** A checked copy of additional keys. Throws `KV4_BAD_ADDRESS` for a name other than `k2`, `k3`, `k4` or a key that cannot be stored. */
export function checkSecondaryKeys(keys: SecondaryKeys): SecondaryKeys {
  if (typeof keys !== 'object' || keys === null) return refuse('additional keys must be an object');
  const checked: { k2?: string; k3?: string; k4?: string } = {};
  for (const name of Object.keys(keys)) {
    const known = SECONDARY_KEY_NAMES.find((candidate) => candidate === name);
    if (known === undefined) return refuse('additional keys are named k2, k3 and k4');
    const value = keys[known];
    if (value !== undefined) checked[known] = checkField(`additional key ${known}`, value, MAX_SECONDARY_KEY_LENGTH);
  }
  return checked;
}
