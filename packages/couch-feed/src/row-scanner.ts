const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ROW_START = Buffer.from('{"seq":');
const ID_START = Buffer.from(',"id":"');
const CHANGES_START = Buffer.from(',"changes":[');
const REV_START = Buffer.from('{"rev":"');
const DELETED = Buffer.from(',"deleted":true');
const DOC_START = Buffer.from(',"doc":');

/** Where the parts of a row lie. One object is used again for every row. */
export interface RowScan {
  /** First byte of the sequence as JSON (its opening quote when it is a string). */
  seqStart: number;
  seqEnd: number;
  /** First byte of the id within its quotes. */
  idStart: number;
  idEnd: number;
  id: string;
}

/** An empty {@link RowScan} to scan into. */
export function newRowScan(): RowScan {
  return { seqStart: 0, seqEnd: 0, idStart: 0, idEnd: 0, id: '' };
}

/** Whether `bytes` has `part` at `at`. */
function has(bytes: Buffer, at: number, part: Buffer): boolean {
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
 * Finds sequence and id of a row `{"seq":…,"id":"…",…` (the shape CouchDB 1–3 write) in `bytes[start, end)` without parsing it. Answers false when
 * the line has another shape: then it is for the parser. Pure.
 */
export function scanRow(bytes: Buffer, start: number, end: number, into: RowScan): boolean {
  if (end - start < 16 || !has(bytes, start, ROW_START)) return false;
  const seqStart = start + ROW_START.length;
  const seqEnd = seqEndOf(bytes, seqStart, end);
  if (seqEnd < 0 || !has(bytes, seqEnd, ID_START)) return false;
  const idStart = seqEnd + ID_START.length;
  const idEnd = stringEnd(bytes, idStart, end);
  if (idEnd < 0) return false;
  const id = decodeString(bytes, idStart, idEnd);
  if (id === undefined) return false;
  into.seqStart = seqStart;
  into.seqEnd = seqEnd;
  into.idStart = idStart;
  into.idEnd = idEnd;
  into.id = id;
  return true;
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
  if (!has(bytes, at, CHANGES_START)) return undefined;
  at += CHANGES_START.length;
  const revs: string[] = [];
  while (has(bytes, at, REV_START)) {
    const from = at + REV_START.length;
    const quote = bytes.indexOf(QUOTE, from);
    if (quote < 0 || quote >= end || bytes[quote + 1] !== 0x7d) return undefined;
    revs.push(bytes.toString('latin1', from, quote));
    at = quote + 2;
    if (bytes[at] !== COMMA) break;
    at += 1;
  }
  if (bytes[at] !== 0x5d) return undefined;
  at += 1;
  const deleted = has(bytes, at, DELETED);
  if (deleted) at += DELETED.length;
  if (has(bytes, at, DOC_START)) {
    const docStart = at + DOC_START.length;
    return complete && bytes[end - 1] !== 0x7d ? undefined : { revs, deleted, docStart: complete ? docStart : -1, docEnd: end - 1 };
  }
  return bytes[at] === 0x7d && (!complete || at === end - 1) ? { revs, deleted, docStart: -1, docEnd: -1 } : undefined;
}

/** The winning revision of a row of the usual shape whose id ends at `idEnd`, or `undefined` when the row has another. Pure; the least that can be read of a row. */
export function scanRevision(bytes: Buffer, idEnd: number, end: number): string | undefined {
  const at = idEnd + 1 + CHANGES_START.length;
  if (!has(bytes, idEnd + 1, CHANGES_START) || !has(bytes, at, REV_START)) return undefined;
  const from = at + REV_START.length;
  const quote = bytes.indexOf(QUOTE, from);
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
