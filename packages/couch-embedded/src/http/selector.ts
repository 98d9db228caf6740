/// <reference path="../pouchdb.d.ts" />
import { createContext, Script } from 'node:vm';
import { matchesSelector } from 'pouchdb-selector-core';
import { CouchRefusal } from '../couch-error.ts';
import { isObject } from '../document/document-edit.ts';

/** Milliseconds that one selector may spend, in all, on documents whose regular expressions take long. */
export const REGEX_BUDGET_MS = 250;
/** Matches that take less than this many milliseconds do not count. */
const FREE_MS = 1;

/** Whether a document fits. Throws `CouchRefusal` when its regular expressions have taken too long. */
export type DocumentMatcher = (document: unknown) => boolean;

/**
 * Reads a Mango selector. One that is malformed is refused before rows are sent; one with regular expressions is run under a time limit, since backtracking in
 * one of them can hold up the whole process.
 */
export function readSelector(selector: Record<string, unknown>): DocumentMatcher {
  const withRegex = checkRegexes(selector);
  try {
    matchesSelector({ _id: 'a' }, selector);
  } catch (error) {
    throw invalidSelector(error instanceof Error ? error.message : String(error), error);
  }
  const matches = (document: unknown) => matchesSelector(document, selector);
  return withRegex ? timeLimited(matches) : matches;
}

/** Whether there are regular expressions; refuses those that are none. */
function checkRegexes(selector: unknown): boolean {
  if (Array.isArray(selector)) return selector.map(checkRegexes).includes(true);
  if (!isObject(selector)) return false;
  return Object.entries(selector)
    .map(([name, value]) => (name === '$regex' ? checkRegex(value) : checkRegexes(value)))
    .includes(true);
}

function checkRegex(source: unknown): true {
  if (typeof source !== 'string') throw invalidSelector('$regex must be a string');
  try {
    new RegExp(source);
  } catch (error) {
    throw invalidSelector(error instanceof Error ? error.message : String(error), error);
  }
  return true;
}

function timeLimited(matches: DocumentMatcher): DocumentMatcher {
  const script = new Script('run()');
  let document: unknown;
  // The time limit of a script holds for what it calls, too.
  const context = createContext({ run: () => matches(document) });
  let leftMs = REGEX_BUDGET_MS;
  return (next) => {
    document = next;
    const startedMs = performance.now();
    try {
      return script.runInContext(context, { timeout: Math.max(1, Math.ceil(leftMs)) }) === true;
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw invalidSelector('The regular expressions of the selector take too long.', error);
    } finally {
      const spentMs = performance.now() - startedMs;
      if (spentMs > FREE_MS) leftMs -= spentMs;
    }
  };
}

function isTimeout(error: unknown): boolean {
  // The error is one of the context, whose `Error` is another.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

function invalidSelector(reason: string, cause?: unknown): CouchRefusal {
  return new CouchRefusal(400, 'invalid_selector', reason, { cause });
}
