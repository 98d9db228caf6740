import { decodeHead, type HeadDocument } from '@xir/kv4-core';
import { scanValue } from './value-scan.ts';

/** Documents from this many bytes on are read without building their value. */
export const LARGE_DOCUMENT_BYTES = 16_384;

const VALUE_START = Buffer.from('"v":');
const QUOTE = 0x22;

/** A head whose value is not built: `head.v` is `null` in its stead. */
export interface LargeHead {
  readonly head: HeadDocument;
  /** The value as the JSON text that is stored. */
  readonly valueText: string;
}

/**
 * Reads a large head document out of its bytes: the value is walked over and kept as text, everything else is decoded as ever. `undefined` where that cannot be done
 * with certainty: then the whole document is for the parser. Pure.
 */
export function readLargeHead(bytes: Buffer): LargeHead | undefined {
  const start = valueStart(bytes);
  if (start < 0) return undefined;
  const end = scanValue(bytes, start, bytes.length);
  if (end < 0) return undefined;
  const rest = bytes.toString('utf8', end);
  // The same name once more: what counts is the last of them.
  if (rest.includes('"v":')) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(`${bytes.toString('utf8', 0, start)}null${rest}`);
  } catch {
    // What surrounds the value is no JSON: the parser is asked about the whole.
    return undefined;
  }
  const head = decodeHead(document);
  if (head?.v !== null) return undefined;
  const valueText = bytes.toString('utf8', start, end);
  return { head, valueText };
}

/** Where the value of the member `v` of the object begins, if it stands before other nested members; -1: it is not plain to see. */
function valueStart(bytes: Buffer): number {
  if (bytes[0] !== 0x7b) return -1;
  let at = 1;
  while (at < bytes.length && bytes[at] === QUOTE) {
    if (startsWith(bytes, at)) return at + VALUE_START.length;
    const nameEnd = bytes.indexOf(QUOTE, at + 1) + 1;
    if (nameEnd <= 0 || bytes[nameEnd] !== 0x3a || bytes[nameEnd - 2] === 0x5c) return -1;
    at = scanValue(bytes, nameEnd + 1, bytes.length);
    if (at < 0 || bytes[at] !== 0x2c) return -1;
    at += 1;
  }
  return -1;
}

function startsWith(bytes: Buffer, at: number): boolean {
  for (let index = 0; index < VALUE_START.length; index += 1) if (bytes[at + index] !== VALUE_START[index]) return false;
  return true;
}
