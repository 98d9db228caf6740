/** Where a scan goes on. */
export interface ScanPlace {
  /** Whose data is scanned: a cursor is good for this bucket only. */
  readonly bucket: string;
  /** What is scanned: a cursor is good for this only. */
  readonly scope: string;
  /** The page's own cursor. */
  readonly after: string;
}

/** Cursors of Redis are numbers, those of the store are texts: this remembers which is which, the newest so many. */
export class ScanCursors {
  readonly #maxCursors: number;
  readonly #places = new Map<string, ScanPlace>();
  #last = 0;

  constructor(maxCursors: number) {
    this.#maxCursors = maxCursors;
  }

  /** A number for a place. */
  add(place: ScanPlace): string {
    this.#last += 1;
    const cursor = String(this.#last);
    this.#places.set(cursor, place);
    if (this.#places.size > this.#maxCursors) {
      for (const oldest of this.#places.keys()) {
        this.#places.delete(oldest);
        break;
      }
    }
    return cursor;
  }

  /** The place of a number; `undefined`: never given out for this, or forgotten. */
  find(cursor: string, { bucket, scope }: Omit<ScanPlace, 'after'>): string | undefined {
    const place = this.#places.get(cursor);
    return place !== undefined && place.bucket === bucket && place.scope === scope ? place.after : undefined;
  }
}
