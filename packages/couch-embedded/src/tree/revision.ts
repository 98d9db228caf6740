import { createHash } from 'node:crypto';
import { badRequest } from '../couch-error.ts';

/** A revision: how many edits lie behind it, and which one of them it is. */
export interface Revision {
  /** Number of edits, from 1. */
  readonly pos: number;
  /** The part after the dash: 32 hexadecimal digits, or whatever another server chose. */
  readonly hash: string;
}

const PATTERN = /^([1-9][0-9]{0,8})-([!#-[\]-~]{1,255})$/;
const HASH = /^[!#-[\]-~]{1,255}$/;

/** Whether `text` can be the part of a revision after the dash. Quotes and backslashes never are: revisions need no escaping in JSON. */
export function isRevisionHash(text: unknown): text is string {
  return typeof text === 'string' && HASH.test(text);
}

/** Reads `<pos>-<hash>`; throws CouchDB's `bad_request` otherwise. */
export function parseRevision(text: unknown): Revision {
  const match = typeof text === 'string' ? PATTERN.exec(text) : null;
  if (match === null) throw badRequest('Invalid rev format');
  return { pos: Number(match[1]), hash: match[2] as string };
}

/** The inverse of {@link parseRevision}. */
export function formatRevision(revision: Revision): string {
  return `${revision.pos}-${revision.hash}`;
}

/**
 * The next revision's hash: MD5 over parent, deletion, body and attachment digests, so that the same edit made twice is the
 * same revision (CouchDB keeps that rule with a hash over its own term format; the two servers' hashes differ).
 */
export function nextRevisionHash(parent: Revision | undefined, deleted: boolean, body: string, digests: string): string {
  const hash = createHash('md5');
  hash.update(parent === undefined ? '0' : formatRevision(parent));
  hash.update(deleted ? '\nd\n' : '\n-\n');
  hash.update(body);
  if (digests !== '') hash.update(`\n${digests}`);
  return hash.digest('hex');
}
