import type { RawRow } from '@xir/couch-feed';
import { IdHash, type RecentRevisions } from '@xir/kv4-core';
import type { CacheTable } from './cache-table.ts';

const QUOTE = 0x22;
const HEAD_MARK = 0x64;
const SEPARATOR = 0x21;

/** Lets rows that nobody has asked for pass by, out of their bytes: what passed is remembered, and nothing of it is made into text. */
export class RowFilter {
  readonly #table: CacheTable;
  readonly #recent: RecentRevisions;
  readonly #hash = new IdHash();
  readonly #parts = { idStart: 0, idEnd: 0, revisionStart: -1, revisionEnd: -1 };

  constructor(table: CacheTable, recent: RecentRevisions) {
    this.#table = table;
    this.#recent = recent;
  }

  /** Whether a row is for nobody; what it announced is then noted. One for an entry that is there is claimed for it. False also where the bytes alone do not tell. */
  skips(row: RawRow): boolean {
    const { bytes, idStart, idEnd } = row;
    // What is no head is nobody's.
    if (bytes[idStart] !== HEAD_MARK || bytes[idStart + 1] !== SEPARATOR) return true;
    const hash = this.#hash;
    hash.read(bytes, idStart, idEnd);
    const found = this.#table.lookUp(hash, bytes, idStart, idEnd);
    if (found !== false) {
      if (found !== true) row.claim = found;
      return false;
    }
    const parts = this.#parts;
    parts.idStart = idStart;
    parts.idEnd = idEnd;
    parts.revisionStart = row.revisionStart;
    let end = row.revisionStart;
    if (end >= 0) while (end < row.end && bytes[end] !== QUOTE) end += 1;
    parts.revisionEnd = end;
    this.#recent.noteRow(hash, bytes, parts);
    return true;
  }
}
