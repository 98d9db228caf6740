import type { ReadOptions, PageOptions, WriteCondition } from '@xir/kv4-core';

import type { CommandArgument } from '../command.ts';
import { RespError } from '../errors.ts';
import { syntaxError, wholeNumber } from '../numbers.ts';
import { textOf } from './kv4-place.ts';

/** Keys, records or paths on one page. */
export const MAX_PAGE_ITEMS = 10_000;

/** How current an answer has to be. */
export const FRESHNESS_WORDS = { FRESH: 'flag', AGE: 'value' } as const;
/** Which page of a listing is wanted. */
export const PAGE_WORDS = { COUNT: 'value', AFTER: 'value', ...FRESHNESS_WORDS } as const;
/** What must be true of the key that is written or deleted. */
export const CONDITION_WORDS = { IFVER: 'value', XX: 'flag', LOCK: 'value' } as const;
/** Answers of JSON. */
export const JSON_WORD = { JSON: 'flag' } as const;

/** {@link FRESHNESS_WORDS}, for COMMAND DOCS. */
export const FRESHNESS_ARGUMENTS: readonly CommandArgument[] = [
  {
    name: 'freshness',
    type: 'oneof',
    optional: true,
    arguments: [
      { name: 'fresh', type: 'pure-token', token: 'FRESH' },
      { name: 'max-age-milliseconds', type: 'integer', token: 'AGE' },
    ],
  },
];
/** {@link PAGE_WORDS}, for COMMAND DOCS. */
export const PAGE_ARGUMENTS: readonly CommandArgument[] = [
  { name: 'count', type: 'integer', token: 'COUNT', optional: true },
  { name: 'cursor', type: 'string', token: 'AFTER', optional: true },
  ...FRESHNESS_ARGUMENTS,
];
/** {@link CONDITION_WORDS}, for COMMAND DOCS. */
export const CONDITIONS: readonly CommandArgument[] = [
  { name: 'version', type: 'string', token: 'IFVER' },
  { name: 'xx', type: 'pure-token', token: 'XX' },
  { name: 'locked-version', type: 'string', token: 'LOCK' },
];
/** {@link JSON_WORD}, for COMMAND DOCS. */
export const JSON_ARGUMENT: CommandArgument = { name: 'json', type: 'pure-token', token: 'JSON', optional: true };

type Words = ReadonlyMap<string, string>;

/** FRESH and AGE. Throws `RESP_BAD_ARGUMENT` where both are given, `RESP_NOT_A_NUMBER`. */
export function freshnessOf(words: Words): ReadOptions {
  const age = words.get('AGE');
  if (age !== undefined && words.has('FRESH')) throw syntaxError();
  return words.has('FRESH') ? { fresh: true } : age === undefined ? {} : { maxAgeMs: wholeNumber(age) };
}

/** COUNT, AFTER, FRESH and AGE. Throws like {@link freshnessOf} and {@link countOf}. */
export function pageOf(words: Words): PageOptions {
  const after = words.get('AFTER');
  return { ...freshnessOf(words), limit: countOf(words, { usual: MAX_PAGE_ITEMS, most: MAX_PAGE_ITEMS }), ...(after === undefined ? {} : { after: textOf(after) }) };
}

/** COUNT. Throws `RESP_BAD_ARGUMENT`. */
export function countOf(words: Words, { usual, most }: { readonly usual: number; readonly most: number }): number {
  const count = words.get('COUNT');
  if (count === undefined) return usual;
  const value = wholeNumber(count);
  if (value < 1 || value > most) throw new RespError('RESP_BAD_ARGUMENT', `COUNT must be from 1 to ${most}`);
  return value;
}

/** DEPTH. Throws `RESP_NOT_A_NUMBER`. */
export function depthOf(words: Words): { readonly depth?: number } {
  const depth = words.get('DEPTH');
  return depth === undefined ? {} : { depth: wholeNumber(depth) };
}

/** IFVER, XX, LOCK, and NX where the command knows it. Throws `RESP_BAD_ARGUMENT` for more than one of them. */
export function conditionOfWords(words: Words): WriteCondition {
  const given = ['IFVER', 'XX', 'LOCK', 'NX', 'FORCE'].filter((word) => words.has(word));
  if (given.length > 1) throw syntaxError();
  switch (given[0]) {
    case 'IFVER':
      return { type: 'version', version: words.get('IFVER') ?? '' };
    case 'XX':
      return { type: 'present' };
    case 'LOCK': {
      const version = words.get('LOCK') ?? '';
      return version === '' ? { type: 'locked' } : { type: 'locked', version };
    }
    case 'NX':
      return { type: 'absent' };
    default:
      return { type: 'any' };
  }
}
