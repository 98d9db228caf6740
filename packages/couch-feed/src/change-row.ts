import { seqText, scanTail, type RowTail } from './row-scanner.ts';

/** Why a row is delivered without its content. */
export type RowProblem = 'oversized' | 'unparsable';

/** Where a row's parts lie within the bytes that hold it. */
export interface RowPlaces {
  /** Where the row begins, and where it ends. */
  readonly start: number;
  readonly end: number;
  readonly seqStart: number;
  readonly seqEnd: number;
  /** The closing quote of the id. */
  readonly idEnd: number;
}

/** A row's content as the parser found it, for rows whose shape the scanner does not know. */
export interface ParsedRow {
  readonly id: string;
  readonly seq: string | null;
  readonly revs: readonly string[];
  readonly deleted: boolean;
  readonly doc: unknown;
}

/**
 * One row of a change feed. Only the id was looked at when the row was made; everything else is read when it is asked for. No method throws: what
 * cannot be read is `undefined` and `problem` says why.
 */
export class ChangeRow {
  /** The document's id. */
  readonly id: string;
  /** Length of the line as it came, in bytes. */
  readonly lengthBytes: number;
  /** What whoever looked at the row first (`skip`) wants to have with it. */
  readonly claim: unknown;
  /** Holds the row, and perhaps others. */
  readonly #held: Buffer;
  readonly #places: RowPlaces | undefined;
  #parsed: ParsedRow | undefined;
  #tail: RowTail | undefined | null = null;
  #docProblem = false;

  private constructor(id: string, held: Buffer, { lengthBytes, places, claim }: { readonly lengthBytes: number; readonly places?: RowPlaces; readonly claim?: unknown }) {
    this.id = id;
    this.#held = held;
    this.lengthBytes = lengthBytes;
    this.#places = places;
    this.claim = claim;
  }

  /** A row of the usual shape within bytes that nobody changes any more. `lengthBytes` is larger than the row where the line was cut. */
  static scanned(id: string, held: Buffer, row: { readonly places: RowPlaces; readonly lengthBytes?: number; readonly claim?: unknown }): ChangeRow {
    const { places, lengthBytes = places.end - places.start, claim } = row;
    return new ChangeRow(id, held, { lengthBytes, places, claim });
  }

  /** A row of another shape that the parser read. */
  static parsed(row: ParsedRow, bytes: Buffer): ChangeRow {
    const made = new ChangeRow(row.id, bytes, { lengthBytes: bytes.length });
    made.#parsed = row;
    return made;
  }

  /** The line as it came (bytes that are not shared with the network's buffers), or its beginning when the row is `oversized`. */
  get bytes(): Buffer {
    return this.#places === undefined ? this.#held : this.#held.subarray(this.#places.start, this.#places.end);
  }

  /** How many bytes are held for the row. */
  get heldBytes(): number {
    return this.#places === undefined ? this.#held.length : this.#places.end - this.#places.start;
  }

  /** The row's position: opaque, for `since` only; `null` where the server left it out (`seq_interval`). */
  get seq(): string | null {
    if (this.#places === undefined) return this.#parsed?.seq ?? null;
    return seqText(this.#held.toString('utf8', this.#places.seqStart, this.#places.seqEnd));
  }

  /** Leaf revisions, the winner first; more than one with `style=all_docs` when the document has conflicts. */
  get revs(): readonly string[] {
    return this.#scannedTail()?.revs ?? this.#parsed?.revs ?? [];
  }

  /** Whether the winning revision is a deletion. */
  get deleted(): boolean {
    return this.#scannedTail()?.deleted ?? this.#parsed?.deleted ?? false;
  }

  /** Why content is missing, once it was asked for; `undefined` when all is well. */
  get problem(): RowProblem | undefined {
    if (this.lengthBytes > this.heldBytes) return 'oversized';
    if (this.#docProblem) return 'unparsable';
    return this.#scannedTail() === undefined && this.#parsed === undefined ? 'unparsable' : undefined;
  }

  /** The document's JSON as it came, a view into `bytes`; `undefined` when the row carries none. */
  docBytes(): Buffer | undefined {
    const tail = this.#scannedTail();
    if (tail !== undefined) return tail.docStart < 0 ? undefined : this.#held.subarray(tail.docStart, tail.docEnd);
    const doc = this.#parsed?.doc;
    return doc === undefined || doc === null ? undefined : Buffer.from(JSON.stringify(doc));
  }

  /**
   * Hands over where the document's JSON lies in the bytes that hold the row, without making a view; `undefined` when the row carries none or has another shape than
   * CouchDB writes. Of the bytes nothing may be kept or changed.
   */
  withDoc<T>(read: (held: Buffer, start: number, end: number) => T): T | undefined {
    const tail = this.#scannedTail();
    return tail === undefined || tail.docStart < 0 ? undefined : read(this.#held, tail.docStart, tail.docEnd);
  }

  /** The document, parsed anew at each call; `undefined` when the row carries none or it cannot be parsed. */
  doc<T = Readonly<Record<string, unknown>>>(): T | undefined {
    const bytes = this.docBytes();
    if (bytes === undefined) return undefined;
    try {
      const doc: unknown = JSON.parse(bytes.toString('utf8'));
      return typeof doc === 'object' && doc !== null ? (doc as T) : undefined;
    } catch {
      // A poisonous document must not stop the feed: `problem` tells.
      this.#docProblem = true;
      return undefined;
    }
  }

  #scannedTail(): RowTail | undefined {
    if (this.#places === undefined) return undefined;
    if (this.#tail === null) {
      const isWhole = this.lengthBytes <= this.heldBytes;
      this.#tail = scanTail(this.#held, this.#places.idEnd, this.#places.end, isWhole);
      if (this.#tail === undefined && isWhole) this.#parsed = parseRow(this.bytes.toString('utf8'));
    }
    return this.#tail;
  }
}

/** Reads one row from JSON text, or `undefined` when it is not one. Pure, never throws. */
export function parseRow(text: string): ParsedRow | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: the caller counts it.
    return undefined;
  }
  return toParsedRow(value);
}

/** A row of an already parsed value, or `undefined` when it is not one. Pure. */
export function toParsedRow(value: unknown): ParsedRow | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, seq, changes, deleted, doc } = value as Record<string, unknown>;
  if (typeof id !== 'string') return undefined;
  const revs: string[] = [];
  for (const change of Array.isArray(changes) ? (changes as unknown[]) : []) {
    const rev = (change as { rev?: unknown } | null)?.rev;
    if (typeof rev === 'string') revs.push(rev);
  }
  return {
    id,
    seq: seq === null || seq === undefined ? null : typeof seq === 'string' ? seq : JSON.stringify(seq),
    revs,
    deleted: deleted === true,
    doc,
  };
}
