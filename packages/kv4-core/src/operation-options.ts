import { Kv4Error } from './errors.ts';
import { MAX_AUTHOR_LENGTH } from './head-codec.ts';
import type { DeleteOptions, PutOptions, SeriesOptions, WriteCondition } from './store.ts';
import { isWellFormed } from './well-formed.ts';

function refuse(reason: string): never {
  throw new Kv4Error('KV4_BAD_OPTION', reason);
}

/** Longest life that can be given to a key, in milliseconds: a hundred years. */
export const MAX_EXPIRY_MS = 3_155_760_000_000;

/** Checks a moment in milliseconds since 1970 UTC; infinities are allowed as open ends. Throws `KV4_BAD_OPTION`. */
export function checkTime(timeMs: unknown, name: string): number {
  return typeof timeMs === 'number' && !Number.isNaN(timeMs) ? timeMs : refuse(`${name} must be milliseconds since 1970`);
}

/** Checks what part of a series is wanted. Throws `KV4_BAD_OPTION`. */
export function checkSeriesOptions(options: SeriesOptions): void {
  const { fromMs, toMs, limit, ascending } = options;
  if (fromMs !== undefined) checkTime(fromMs, 'fromMs');
  if (toMs !== undefined) checkTime(toMs, 'toMs');
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) refuse('limit must be a whole number from 1');
  if (ascending !== undefined && typeof ascending !== 'boolean') refuse('ascending must be true or false');
}

const CONDITION_TYPES: readonly string[] = ['any', 'absent', 'present', 'version', 'locked'] satisfies readonly WriteCondition['type'][];

/** The condition of a write, `any` when none is given. Throws `KV4_BAD_OPTION`. */
export function checkWriteCondition(condition: WriteCondition | undefined): WriteCondition {
  if (condition === undefined) return { type: 'any' };
  if (typeof condition !== 'object' || condition === null || !CONDITION_TYPES.includes(condition.type)) return refuse('condition has no known type');
  if (condition.type === 'version' && typeof condition.version !== 'string') return refuse('a condition on the version needs one');
  if (condition.type === 'locked' && condition.version !== undefined && typeof condition.version !== 'string') return refuse('a version is a string');
  return condition;
}

function checkAuthor(author: unknown): void {
  if (author === undefined) return;
  if (typeof author !== 'string' || author.length > MAX_AUTHOR_LENGTH || !isWellFormed(author)) refuse(`author must be a string of at most ${MAX_AUTHOR_LENGTH} characters`);
}

/** Checks how a value is written (its additional keys apart: `checkSecondaryKeys`). Throws `KV4_BAD_OPTION`. */
export function checkPutOptions(options: PutOptions): void {
  checkWriteCondition(options.condition);
  checkAuthor(options.author);
  const { merge, expiresInMs } = options;
  if (merge !== undefined && typeof merge !== 'boolean') refuse('merge must be true or false');
  if (expiresInMs !== undefined && !(expiresInMs > 0 && expiresInMs <= MAX_EXPIRY_MS)) refuse(`expiresInMs must be a number of milliseconds above 0 and at most ${MAX_EXPIRY_MS}`);
}

/** Checks how a key is deleted; the condition `absent` makes no sense here. Throws `KV4_BAD_OPTION`. */
export function checkDeleteOptions(options: DeleteOptions): void {
  if (checkWriteCondition(options.condition).type === 'absent') refuse('a delete cannot require that there is nothing to delete');
  checkAuthor(options.author);
}
