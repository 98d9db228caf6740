import { isVersion } from '@xir/kv4-core';
import { MAX_KEPT_TAIL_CHARACTERS, TAIL_NOT_KEPT } from './snapshot.ts';
import { scanValue } from './value-scan.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
/** Longer authors are for the decoder to judge. */
const MOST_AUTHOR_BYTES = 128;

const ID_START = Buffer.from('{"_id":"');
const REVISION_START = Buffer.from('","_rev":"');
const VALUE_START = Buffer.from('","v":');
const VERSION_START = Buffer.from(',"ver":"');
const AUTHOR_START = Buffer.from('","by":"');
const TAIL_START = Buffer.from('","tail":');
const VERSION_ENTRY_START = Buffer.from('["');
const AUTHOR_ENTRY_START = Buffer.from('","');

/** What a head says that is written as this software writes it, with nothing out of the ordinary. */
export interface PlainHead {
  readonly version: string;
  readonly author: string;
  readonly valueText: string;
  /** The tail's JSON, or `TAIL_NOT_KEPT`. */
  readonly tail: string | undefined;
}

/**
 * Reads the head document in `bytes[start, end)` without parsing it: `_id`, `_rev`, `v`, `ver`, `by` and perhaps `tail`, in this order and nothing else, which is what nearly every
 * row carries. `undefined` for any other, and where anything needs a closer look: then it is for the decoder. Pure.
 */
export function readPlainHead(bytes: Buffer, start: number, end: number, row: { readonly id: string; readonly revision: string }): PlainHead | undefined {
  let at = behindText(bytes, behind(bytes, start, ID_START), row.id);
  at = behindText(bytes, behind(bytes, at, REVISION_START), row.revision);
  const valueStart = behind(bytes, at, VALUE_START);
  if (valueStart < 0) return undefined;
  const valueEnd = scanValue(bytes, valueStart, end);
  const versionStart = behind(bytes, valueEnd, VERSION_START);
  const versionEnd = plainEnd(bytes, versionStart, end);
  const authorStart = behind(bytes, versionEnd, AUTHOR_START);
  const authorEnd = plainEnd(bytes, authorStart, end);
  if (authorEnd < 0 || authorEnd - authorStart > MOST_AUTHOR_BYTES) return undefined;
  const version = bytes.toString('latin1', versionStart, versionEnd);
  if (!isVersion(version)) return undefined;
  let tail: string | undefined;
  if (authorEnd + 2 !== end || bytes[authorEnd + 1] !== CLOSE_BRACE) {
    const tailStart = behind(bytes, authorEnd, TAIL_START);
    const tailEnd = tailEndOf(bytes, tailStart, end, version);
    if (tailEnd < 0 || tailEnd + 1 !== end || bytes[tailEnd] !== CLOSE_BRACE) return undefined;
    tail = tailEnd - tailStart > MAX_KEPT_TAIL_CHARACTERS ? TAIL_NOT_KEPT : bytes.toString('utf8', tailStart, tailEnd);
  }
  return { version, author: bytes.toString('latin1', authorStart, authorEnd), valueText: bytes.toString('utf8', valueStart, valueEnd), tail };
}

/** Behind `part` if it stands at `at`, or -1; -1 stays -1. */
function behind(bytes: Buffer, at: number, part: Buffer): number {
  if (at < 0) return -1;
  for (let index = 0; index < part.length; index += 1) if (bytes[at + index] !== part[index]) return -1;
  return at + part.length;
}

/** As {@link behind}, for a text of ASCII. */
function behindText(bytes: Buffer, at: number, text: string): number {
  if (at < 0) return -1;
  for (let index = 0; index < text.length; index += 1) if (bytes[at + index] !== text.charCodeAt(index)) return -1;
  return at + text.length;
}

/** The closing quote of a string of plain ASCII whose inside begins at `at`, or -1. */
function plainEnd(bytes: Buffer, at: number, end: number): number {
  if (at < 0) return -1;
  for (let index = at; index < end; index += 1) {
    const byte = bytes[index] as number;
    if (byte === QUOTE) return index;
    if (byte < 0x20 || byte >= 0x80 || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** Behind a tail (a list of earlier versions, each below the one before), or -1 where it is not plainly one. */
function tailEndOf(bytes: Buffer, start: number, end: number, current: string): number {
  if (start < 0 || bytes[start] !== OPEN_BRACKET) return -1;
  let at = start + 1;
  let above = current;
  for (;;) {
    const versionStart = behind(bytes, at, VERSION_ENTRY_START);
    const versionEnd = plainEnd(bytes, versionStart, end);
    const authorStart = behind(bytes, versionEnd, AUTHOR_ENTRY_START);
    const authorEnd = plainEnd(bytes, authorStart, end);
    if (authorEnd < 0 || authorEnd - authorStart > MOST_AUTHOR_BYTES) return -1;
    const version = bytes.toString('latin1', versionStart, versionEnd);
    if (version >= above || !isVersion(version)) return -1;
    above = version;
    at = authorEnd + 1;
    if (bytes[at] === COMMA) at = scanValue(bytes, at + 1, end);
    if (at < 0 || bytes[at] !== CLOSE_BRACKET) return -1;
    at += 1;
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at += 1;
  }
}
