import type { JsonObject, JsonValue, SecondaryKeys, WriteCondition } from '@xir/kv4-core';
import type { BodyObject } from '@xir/protocol';

import { RestError } from './errors.ts';
import { requiredNumber } from './read-parameters.ts';
import type { ServiceRequest } from './service.ts';

/** v3's version that means: overwrite whatever is there. */
export const FORCED_VERSION = '_splat_';

const SECONDARY_NAMES = ['k2', 'k3', 'k4'] as const;

/** A value as it is to be stored, and the lock that came inside it. */
export interface LockedValue {
  readonly value: JsonValue;
  /** `_ver_` inside the value: a version, {@link FORCED_VERSION}, or absent. */
  readonly lock?: string;
}

/** The body of a request that needs one. Throws the body's own problem. */
export function requireBody(request: ServiceRequest): BodyObject {
  if (request.bodyProblem === 'bad_value') throw new RestError('REST_BAD_VALUE', 'the body holds a number that cannot be stored');
  if (request.bodyProblem !== undefined) throw new RestError('REST_BAD_BODY', 'the body must be a JSON object in UTF-8 (or a form), nested at most 128 deep');
  return request.body;
}

/** The key of a write: `k` in the body or, failing that, in the query. Throws `REST_BAD_NAME`. */
export function requireKey(request: ServiceRequest, body: BodyObject): string {
  const given = body['k'] ?? request.query.get('k');
  const key = typeof given === 'number' ? String(given) : given;
  if (typeof key !== 'string' || key === '') throw new RestError('REST_BAD_NAME', 'k, a text that is not empty, is needed in the body or the query');
  return key;
}

/** The value of a write, its `_ver_` taken out. Throws `REST_VALUE_MISSING`. */
export function requireValue(body: BodyObject): LockedValue {
  const value = body['v'];
  if (value === undefined) throw new RestError('REST_VALUE_MISSING', 'the body holds no v: a write is {"k":...,"v":...}');
  if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, '_ver_')) return { value };
  const { _ver_: lock, ...rest } = value as JsonObject;
  // A lock that is no text fits no version.
  return { value: rest, lock: typeof lock === 'string' ? lock : JSON.stringify(lock) };
}

/**
 * The condition of a write. `If-None-Match: *` creates only, `If-Match` compares; otherwise `_ver_` in the value decides as in v3: none
 * on a present key is `_ver_missing`, a stale one `version_conflict`, any on an absent key is ignored, `_splat_` overwrites. The parameter
 * `_ver_` says the same for values that have no room for it; empty, it is the lock without a version.
 *
 * @param lock - `_ver_` inside the value.
 * @param unlocked - What a write without any version means.
 */
export function writeCondition(request: ServiceRequest, lock: string | undefined, unlocked: WriteCondition): WriteCondition {
  const { headers, query } = request;
  if (headers['if-none-match']?.trim() === '*') return { type: 'absent' };
  const ifMatch = headers['if-match']?.trim();
  if (ifMatch === '*') return { type: 'present' };
  if (ifMatch !== undefined && ifMatch !== '') return { type: 'version', version: unquoted(ifMatch) };
  const version = lock ?? query.get('_ver_');
  if (version === FORCED_VERSION) return { type: 'any' };
  if (version === undefined) return unlocked;
  return version === '' && lock === undefined ? { type: 'locked' } : { type: 'locked', version };
}

function unquoted(tag: string): string {
  return tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

/**
 * The additional keys of a write: the set `m` of the body as records show it (`{}`: none), and `k2`, `k3`, `k4` in the body or the query; `undefined` where
 * nothing is said about them.
 */
export function secondaryKeys(request: ServiceRequest, body: BodyObject): SecondaryKeys | undefined {
  const set = secondarySet(body);
  const keys: { k2?: string; k3?: string; k4?: string } = {};
  let given = set !== undefined;
  for (const name of SECONDARY_NAMES) {
    const value = body[name] ?? request.query.get(name) ?? set?.[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string' && typeof value !== 'number') throw new RestError('REST_BAD_NAME', `${name} must be a text`);
    keys[name] = String(value);
    given = true;
  }
  return given ? keys : undefined;
}

function secondarySet({ m }: BodyObject): BodyObject | undefined {
  if (m === undefined || m === null) return undefined;
  if (typeof m !== 'object' || Array.isArray(m)) throw new RestError('REST_BAD_VALUE', 'm must be an object with k2, k3, k4');
  if (Object.keys(m).some((name) => !SECONDARY_NAMES.some((known) => known === name))) throw new RestError('REST_BAD_VALUE', 'm holds other names than k2, k3, k4');
  return m;
}

/** The life of a key in milliseconds: `expire=<seconds>`; `undefined` for none. */
export function expiry(request: ServiceRequest): number | undefined {
  const text = request.query.get('expire');
  if (text === undefined || text === '') return undefined;
  const seconds = requiredNumber('expire', text);
  if (seconds <= 0) throw new RestError('REST_BAD_OPTION', 'expire must be more than 0 seconds');
  return Math.max(1, Math.round(seconds * 1000));
}
