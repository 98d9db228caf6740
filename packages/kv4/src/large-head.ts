import { decodeHead, type HeadDocument } from '@xir/kv4-core';
import { MAX_KEPT_TAIL_CHARACTERS, TAIL_NOT_KEPT } from './snapshot.ts';
import { ValueScan } from './value-scan.ts';

/** Documents from this many bytes on are read without building their value. */
export const LARGE_DOCUMENT_BYTES = 16_384;
/** Bytes of a large document that are walked over in one go. */
export const LARGE_PIECE_BYTES = 65_536;

/** Bytes of everything in a head but its value and a long tail; with more the parser is asked. */
const MOST_OTHER_BYTES = 65_536;
/** Members a head may have. */
const MOST_MEMBERS = 16;
const LONGEST_NAME_BYTES = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A head whose value is not built: `head.v` is `null` in its stead. */
export interface LargeHead {
  readonly head: HeadDocument;
  /** The value as the JSON text that is stored. */
  readonly valueText: string;
  /** Set where the tail is too long to be kept; it was not looked at, and `head` has none. */
  readonly tail: typeof TAIL_NOT_KEPT | undefined;
}

/**
 * Reads a large head document out of its bytes: the value is walked over and kept as text, everything else is decoded as ever. `undefined` where that cannot be done
 * with certainty: then the whole document is for the parser. Pure.
 */
export function readLargeHead(bytes: Buffer): LargeHead | undefined {
  const pieces = largeHeadInPieces(bytes);
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

/** As {@link readLargeHead}, of which each step takes about as long as {@link LARGE_PIECE_BYTES} take. */
export function* largeHeadInPieces(bytes: Buffer): Generator<void, LargeHead | undefined, undefined> {
  if (bytes[0] !== 0x7b) return undefined;
  const names = new Set<string>();
  const others: string[] = [];
  let otherBytes = 0;
  let valueStart = -1;
  let valueEnd = -1;
  let tail: typeof TAIL_NOT_KEPT | undefined;
  for (let at = 1; ; at += 1) {
    const nameEnd = bytes[at] === QUOTE ? bytes.indexOf(QUOTE, at + 1) + 1 : 0;
    if (nameEnd <= 0 || nameEnd - at > LONGEST_NAME_BYTES || bytes[nameEnd] !== 0x3a || bytes[nameEnd - 2] === BACKSLASH) return undefined;
    const name = bytes.toString('latin1', at + 1, nameEnd - 1);
    // Of members of the same name the last one counts: for the parser.
    if (names.has(name) || names.size >= MOST_MEMBERS) return undefined;
    names.add(name);
    const scan = new ValueScan(bytes, nameEnd + 1, bytes.length);
    let end = scan.run(LARGE_PIECE_BYTES);
    for (; end === 0; end = scan.run(LARGE_PIECE_BYTES)) yield;
    if (end < 0) return undefined;
    if (name === 'v') [valueStart, valueEnd] = [nameEnd + 1, end];
    else if (name === 'tail' && end - nameEnd > MAX_KEPT_TAIL_CHARACTERS) tail = TAIL_NOT_KEPT;
    else {
      otherBytes += end - at;
      if (otherBytes > MOST_OTHER_BYTES) return undefined;
      others.push(bytes.toString('utf8', at, end));
    }
    if (bytes[end] === 0x7d && end + 1 === bytes.length) break;
    if (bytes[end] !== 0x2c) return undefined;
    at = end;
  }
  if (valueStart < 0) return undefined;
  yield;
  const head = decodeHead(JSON.parse(`{${[...others, '"v":null'].join(',')}}`));
  return head?.v === null ? { head, valueText: bytes.toString('utf8', valueStart, valueEnd), tail } : undefined;
}
