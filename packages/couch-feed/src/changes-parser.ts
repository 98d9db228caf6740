import { ChangeRow, parseRow, toParsedRow, type ParsedRow } from './change-row.ts';
import { LineSplitter, type LineSink } from './line-splitter.ts';
import { RowSlab } from './row-slab.ts';
import { newRowScan, revisionStart, scannedId, scanRevision, scanRow, seqText } from './row-scanner.ts';

/** Longest line that is kept, in bytes. CouchDB's default `max_document_size` is 8 MB. */
export const DEFAULT_MAX_LINE_BYTES = 16 * 1024 * 1024;

/** A row as its bytes came, before anything of it is made into text. One object for every row: it holds during the call only. */
export interface RawRow {
  readonly bytes: Buffer;
  /** Where the id lies in `bytes`. */
  readonly idStart: number;
  readonly idEnd: number;
  /** Where the winning revision begins, -1 where that cannot be seen; it ends before the next quotation mark. */
  readonly revisionStart: number;
  /** Where the row ends. */
  readonly end: number;
  /** Set to claim the row: it is handed over without `wanted` being asked, and carries this (`ChangeRow.claim`). */
  claim: unknown;
}

/** Settings of a {@link ChangesParser}. */
export interface ChangesParserOptions {
  /**
   * Looks at the bytes of a row first: true passes it over, and neither `wanted` nor `passed` is asked. Called for rows whose id is ASCII without escapes. What it throws
   * counts as false. Default: nobody looks.
   */
  readonly skip?: ((row: RawRow) => boolean) | undefined;
  /** Whether a row with this id is wanted, asked once per row before anything of it is parsed. Default: every row. */
  readonly wanted?: ((id: string) => boolean) | undefined;
  /** Told of each row that is not wanted, with its winning revision where that can be read without a parse. */
  readonly passed?: ((id: string, revision: string | undefined) => void) | undefined;
  /** Default {@link DEFAULT_MAX_LINE_BYTES}. */
  readonly maxLineBytes?: number | undefined;
}

/** What the bytes of one `push` held. */
export interface ParsedChanges {
  /** Wanted rows in the order of the feed. */
  readonly rows: ChangeRow[];
  /** Sequence of the last row that had one, wanted or not; `undefined` when none had. */
  seq: string | undefined;
  /** Rows seen, wanted or not. */
  scanned: number;
  /** Bytes of the rows seen. */
  scannedBytes: number;
  /** Bytes of the wanted rows among them. */
  wantedBytes: number;
  /** Lines that were neither row nor anything else known. */
  quarantined: number;
  /** Empty lines: heartbeats. */
  heartbeats: number;
  /** The end the server announced. */
  end: ChangesEnd | undefined;
}

/** The last line of a feed. */
export interface ChangesEnd {
  readonly lastSeq: string | null;
  /** Rows that follow behind `lastSeq`; `undefined` where the server does not count them. */
  readonly pending: number | undefined;
  /** CouchDB's error code, when the feed ended with an error line. */
  readonly error: string | undefined;
}

const RESULTS_START = '{"results":[';

/**
 * Reads the bytes of `GET /{db}/_changes`, continuous, long-poll or normal (CouchDB API, "api/database/changes"), piece by piece. Never throws: what it
 * does not understand is counted. Pure but for the half line it holds.
 */
export class ChangesParser implements LineSink {
  readonly #splitter: LineSplitter;
  readonly #skip: ((row: RawRow) => boolean) | undefined;
  readonly #raw = { bytes: Buffer.alloc(0) as Buffer, idStart: 0, idEnd: 0, revisionStart: 0, end: 0, claim: undefined as unknown };
  readonly #slab = new RowSlab();
  readonly #wanted: ((id: string) => boolean) | undefined;
  readonly #passed: ((id: string, revision: string | undefined) => void) | undefined;
  readonly #scan = newRowScan();
  #found = emptyChanges();
  /** Where the sequences of a piece lie, two places each. Only the last one that can be decoded is. */
  readonly #seqBytes: Buffer[] = [];
  readonly #seqPlaces: number[] = [];

  constructor(options: ChangesParserOptions = {}) {
    this.#splitter = new LineSplitter(options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES);
    this.#skip = options.skip;
    this.#wanted = options.wanted;
    this.#passed = options.passed;
  }

  /** Bytes of an unfinished line. */
  get heldBytes(): number {
    return this.#splitter.heldBytes;
  }

  /** Reads one piece. */
  push(piece: Uint8Array): ParsedChanges {
    this.#splitter.push(piece, this);
    return this.#take();
  }

  /** The body ended in order: reads what is held as the last line. */
  end(): ParsedChanges {
    this.#splitter.end(this);
    return this.#take();
  }

  line(bytes: Buffer, lineStart: number, lineEnd: number): void {
    let start = lineStart;
    let end = lineEnd;
    while (start < end && isFiller(bytes[start])) start += 1;
    if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
    while (start < end && isFiller(bytes[end - 1])) end -= 1;
    if (start >= end) {
      this.#found.heartbeats += 1;
      return;
    }
    if (bytes[end - 1] !== 0x7d || !scanRow(bytes, start, end, this.#scan) || !this.#row(bytes, start, end, end - start)) this.#other(bytes, start, end);
  }

  oversized(prefix: Buffer, lengthBytes: number): void {
    let start = 0;
    while (start < prefix.length && isFiller(prefix[start])) start += 1;
    if (!scanRow(prefix, start, prefix.length, this.#scan) || !this.#row(prefix, start, prefix.length, lengthBytes - start)) this.#found.quarantined += 1;
  }

  /** A scanned row. False: its id is not a string after all. */
  #row(bytes: Buffer, start: number, end: number, lengthBytes: number): boolean {
    const { seqStart, seqEnd, idEnd, plainId } = this.#scan;
    const found = this.#found;
    const isSkipped = plainId && this.#skip !== undefined && this.#skips(bytes, end);
    const id = isSkipped ? '' : scannedId(bytes, this.#scan);
    if (id === undefined) return false;
    found.scanned += 1;
    found.scannedBytes += lengthBytes;
    // `null` stands for "not told": the last one that was told counts.
    if (bytes[seqStart] !== 0x6e) {
      this.#seqBytes.push(bytes);
      this.#seqPlaces.push(seqStart, seqEnd);
    }
    if (isSkipped) return true;
    const { claim } = this.#raw;
    this.#raw.claim = undefined;
    if (claim === undefined && this.#wanted !== undefined && !this.#wants(id)) {
      if (this.#passed !== undefined) this.#pass(id, scanRevision(bytes, idEnd, end));
      return true;
    }
    found.wantedBytes += lengthBytes;
    const at = this.#slab.keep(bytes, start, end) - start;
    found.rows.push(ChangeRow.scanned(id, this.#slab.held, { places: { start: start + at, end: end + at, seqStart: seqStart + at, seqEnd: seqEnd + at, idEnd: idEnd + at }, lengthBytes, claim }));
    return true;
  }

  #skips(bytes: Buffer, end: number): boolean {
    const raw = this.#raw;
    const { idStart, idEnd } = this.#scan;
    raw.bytes = bytes;
    raw.idStart = idStart;
    raw.idEnd = idEnd;
    raw.revisionStart = revisionStart(bytes, idEnd, end);
    raw.end = end;
    try {
      return this.#skip?.(raw) ?? false;
    } catch {
      raw.claim = undefined;
      // As with the filter by id: delivering too much is safe.
      return false;
    }
  }

  #wants(id: string): boolean {
    try {
      return this.#wanted?.(id) ?? true;
    } catch {
      // A filter that throws must not stop the feed; delivering too much is safe, too little is not.
      return true;
    }
  }

  #pass(id: string, revision: string | undefined): void {
    try {
      this.#passed?.(id, revision);
    } catch {
      // As with the filter: nobody waits for this row, and those behind it must come.
    }
  }

  /** A line of no usual row's shape: frame of a normal answer, end, error, or a row written by another server. */
  #other(bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString('utf8', start, end);
    if (text === RESULTS_START || text === ']') return;
    const body = text.startsWith('],') ? text.slice(2).trim() : text;
    if (body.startsWith('"last_seq"')) {
      this.#parsedLine(`{${body}`, text);
    } else if (body.startsWith(RESULTS_START) && this.#parsedRow(body.slice(RESULTS_START.length))) {
      return;
    } else {
      this.#parsedLine(body, text);
    }
  }

  #parsedRow(text: string): boolean {
    const row = parseRow(text);
    if (row !== undefined) this.#keep(row, text);
    return row !== undefined;
  }

  #parsedLine(json: string, text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      // Poison: counted and left behind.
      this.#found.quarantined += 1;
      return;
    }
    const { results, last_seq, pending, error } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    const row = toParsedRow(value);
    if (row !== undefined) {
      this.#keep(row, text);
      return;
    }
    if (Array.isArray(results)) {
      for (const result of results as unknown[]) {
        const each = toParsedRow(result);
        if (each === undefined) this.#found.quarantined += 1;
        else this.#keep(each, JSON.stringify(result));
      }
    }
    if (last_seq !== undefined || typeof error === 'string') {
      this.#found.end = {
        lastSeq: last_seq === undefined ? null : seqText(JSON.stringify(last_seq)),
        pending: typeof pending === 'number' ? pending : undefined,
        error: typeof error === 'string' ? error : undefined,
      };
    } else if (!Array.isArray(results)) {
      this.#found.quarantined += 1;
    }
  }

  #keep(row: ParsedRow, text: string): void {
    const found = this.#found;
    found.scanned += 1;
    found.scannedBytes += text.length;
    if (row.seq !== null) {
      found.seq = row.seq;
      this.#seqBytes.length = 0;
      this.#seqPlaces.length = 0;
    }
    if (this.#wanted !== undefined && !this.#wants(row.id)) return this.#pass(row.id, row.revs[0]);
    found.wantedBytes += text.length;
    found.rows.push(ChangeRow.parsed(row, Buffer.from(text)));
  }

  #take(): ParsedChanges {
    const found = this.#found;
    found.seq = this.#lastSeq() ?? found.seq;
    this.#seqBytes.length = 0;
    this.#seqPlaces.length = 0;
    this.#found = emptyChanges();
    return found;
  }

  #lastSeq(): string | undefined {
    for (let index = this.#seqBytes.length - 1; index >= 0; index -= 1) {
      const seq = seqText(this.#seqBytes[index]?.toString('utf8', this.#seqPlaces[index * 2], this.#seqPlaces[index * 2 + 1]) ?? 'null');
      if (seq !== null) return seq;
    }
    return undefined;
  }
}

/** Blank, tab, carriage return, NUL and the commas between rows of a normal answer. */
function isFiller(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09 || byte === 0x00 || byte === 0x2c;
}

function emptyChanges(): ParsedChanges {
  return {
    rows: [],
    seq: undefined,
    scanned: 0,
    scannedBytes: 0,
    wantedBytes: 0,
    quarantined: 0,
    heartbeats: 0,
    end: undefined,
  };
}
