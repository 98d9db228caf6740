const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const SHORT_SEQUENCE = 32;
const ROW_START = Buffer.from('{"seq":');
const ID_START = Buffer.from(',"id":"');
const CHANGES_START = Buffer.from(',"changes":[');
const REV_START = Buffer.from('{"rev":"');
const DELETED = Buffer.from(',"deleted":true');
const DOC_START = Buffer.from(',"doc":');

/** Where the parts of a row lie within the bytes it came in. One object is used again for every row: it holds until the next one is looked at. */
export interface RowScan {
  /** First byte of the sequence as JSON (its opening quote when it is a string). */
  seqStart: number;
  seqEnd: number;
  /** First byte of the id within its quotes. */
  idStart: number;
  /** The closing quote of the id. */
  idEnd: number;
  /** Whether the id is ASCII without escapes: its bytes are its text. */
  plainId: boolean;
}

/** An empty {@link RowScan} to scan into. */
export function newRowScan(): RowScan {
  return { seqStart: 0, seqEnd: 0, idStart: 0, idEnd: 0, plainId: false };
}

/** Whether `bytes` has `part` at `at`, before `end`: what lies behind belongs to others. */
function has(bytes: Uint8Array, at: number, part: Buffer, end: number): boolean {
  if (at + part.length > end) return false;
  for (let index = 0; index < part.length; index += 1) {
    if (bytes[at + index] !== part[index]) return false;
  }
  return true;
}

/** The closing quote of the string whose text begins at `from`, or -1 when there is none before `end`. */
function stringEnd(bytes: Buffer, from: number, end: number): number {
  let quote = bytes.indexOf(QUOTE, from);
  while (quote >= 0 && quote < end) {
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH && quote - 1 - backslashes >= from) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return -1;
}

/** The end of a sequence (string, number or null) that begins at `from`, or -1. */
function seqEndOf(bytes: Buffer, from: number, end: number): number {
  if (bytes[from] === QUOTE) {
    // Short ones are found quicker without a call into the runtime.
    for (let at = from + 1; at < from + SHORT_SEQUENCE; at += 1) {
      if (bytes[at] === BACKSLASH || at >= end) break;
      if (bytes[at] === QUOTE) return at + 1;
    }
    const quote = stringEnd(bytes, from + 1, end);
    return quote < 0 ? -1 : quote + 1;
  }
  // An array (BigCouch) has commas inside and is left to the parser.
  if (bytes[from] === 0x5b) return -1;
  const comma = bytes.indexOf(COMMA, from);
  return comma < 0 || comma >= end ? -1 : comma;
}

/** The text of a JSON string's inside, or `undefined` when it is not well-formed. */
export function decodeString(bytes: Buffer, start: number, end: number): string | undefined {
  let allBits = 0;
  let escaped = false;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    allBits |= byte;
    if (byte === BACKSLASH) escaped = true;
  }
  if (!escaped) return bytes.toString(allBits < 0x80 ? 'latin1' : 'utf8', start, end);
  try {
    const value: unknown = JSON.parse(`"${bytes.toString('utf8', start, end)}"`);
    return typeof value === 'string' ? value : undefined;
  } catch {
    // Not a JSON string: the caller quarantines the row.
    return undefined;
  }
}

/**
 * Finds sequence and id of a row `{"seq":…,"id":"…",…` (the shape CouchDB 1–3 write) in `bytes[start, end)` without parsing it or making texts. Answers false when
 * the line has another shape: then it is for the parser. Pure.
 */
export function scanRow(bytes: Buffer, start: number, end: number, into: RowScan): boolean {
  if (end - start < 16 || !has(bytes, start, ROW_START, end)) return false;
  const seqStart = start + ROW_START.length;
  const seqEnd = seqEndOf(bytes, seqStart, end);
  if (seqEnd < 0 || !has(bytes, seqEnd, ID_START, end)) return false;
  const idStart = seqEnd + ID_START.length;
  let plainId = true;
  let idEnd = idStart;
  for (let byte = bytes[idEnd]; byte !== QUOTE; byte = bytes[idEnd]) {
    if (idEnd >= end) return false;
    if (byte === BACKSLASH) {
      plainId = false;
      idEnd = stringEnd(bytes, idStart, end);
      if (idEnd < 0) return false;
      break;
    }
    if ((byte as number) >= 0x80) plainId = false;
    idEnd += 1;
  }
  if (idEnd >= end) return false;
  into.seqStart = seqStart;
  into.seqEnd = seqEnd;
  into.idStart = idStart;
  into.idEnd = idEnd;
  into.plainId = plainId;
  return true;
}

/** The id of a scanned row; `undefined` when it is not a well-formed string. Pure. */
export function scannedId(bytes: Buffer, { idStart, idEnd, plainId }: RowScan): string | undefined {
  return plainId ? bytes.toString('latin1', idStart, idEnd) : decodeString(bytes, idStart, idEnd);
}

/** What follows the id in a row of the usual shape. */
export interface RowTail {
  readonly revs: readonly string[];
  readonly deleted: boolean;
  /** Where the document lies, or -1 when the row has none. */
  readonly docStart: number;
  readonly docEnd: number;
}

/**
 * Reads revisions, deletion and the document's place behind an id that ends at `idEnd` (its closing quote). Answers `undefined` when the row has
 * another shape. Pure. `complete` is false for the beginning of an oversized row, whose document is cut off.
 */
export function scanTail(bytes: Buffer, idEnd: number, end: number, complete: boolean): RowTail | undefined {
  let at = idEnd + 1;
  if (!has(bytes, at, CHANGES_START, end)) return undefined;
  at += CHANGES_START.length;
  const revs: string[] = [];
  while (has(bytes, at, REV_START, end)) {
    const from = at + REV_START.length;
    const quote = bytes.indexOf(QUOTE, from);
    if (quote < 0 || quote + 1 >= end || bytes[quote + 1] !== 0x7d) return undefined;
    revs.push(bytes.toString('latin1', from, quote));
    at = quote + 2;
    if (at >= end || bytes[at] !== COMMA) break;
    at += 1;
  }
  if (at >= end || bytes[at] !== 0x5d) return undefined;
  at += 1;
  const deleted = has(bytes, at, DELETED, end);
  if (deleted) at += DELETED.length;
  if (has(bytes, at, DOC_START, end)) {
    const docStart = at + DOC_START.length;
    return complete && bytes[end - 1] !== 0x7d ? undefined : { revs, deleted, docStart: complete ? docStart : -1, docEnd: end - 1 };
  }
  return at < end && bytes[at] === 0x7d && (!complete || at === end - 1) ? { revs, deleted, docStart: -1, docEnd: -1 } : undefined;
}

/** Where the winning revision begins in a row of the usual shape whose id ends at `idEnd`, or -1 when the row has another. Pure. */
export function revisionStart(bytes: Uint8Array, idEnd: number, end: number): number {
  const at = idEnd + 1 + CHANGES_START.length;
  return has(bytes, idEnd + 1, CHANGES_START, end) && has(bytes, at, REV_START, end) ? at + REV_START.length : -1;
}

/** The winning revision of a row of the usual shape whose id ends at `idEnd`, or `undefined` when the row has another. Pure. */
export function scanRevision(bytes: Buffer, idEnd: number, end: number): string | undefined {
  const from = revisionStart(bytes, idEnd, end);
  const quote = from < 0 ? -1 : bytes.indexOf(QUOTE, from);
  return quote < 0 || quote >= end ? undefined : bytes.toString('latin1', from, quote);
}

/** A sequence as text for `since`: strings as they are, anything else as its JSON; `null` for none. Never parsed, compared or sorted. Pure. */
export function seqText(json: string): string | null {
  if (json === 'null') return null;
  if (!json.startsWith('"')) return json;
  if (!json.includes('\\')) return json.slice(1, -1);
  try {
    return String(JSON.parse(json));
  } catch {
    // Not JSON at all: no position can be taken from it.
    return null;
  }
}
