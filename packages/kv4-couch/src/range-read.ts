import { isCouchError, type CouchDatabase } from '@xir/couch-client';
import { compareIds, type IdRange } from '@xir/kv4-core';

/** A row of `_all_docs`. */
export interface RangeRow {
  readonly id: string;
  /** The document, when documents were asked for and it was still there. */
  readonly document: unknown;
  /** The document has further leaves. */
  readonly conflicted: boolean;
}

/** What of a range is read. */
export interface RangeReadOptions {
  /** Rows at most. */
  readonly limit: number;
  /** Begin behind this id. */
  readonly after?: string | undefined;
  readonly descending?: boolean;
  /** End before this id, descending. */
  readonly before?: string | undefined;
  /** Ask for the documents, and whether they are in conflict. */
  readonly documents: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads rows of `_all_docs` in a range of ids, in the order of ids. `more` tells whether the range may go on behind the last row. Descending, the range is
 * walked from its end; `after` is for ascending reads, `before` for descending ones. An answer past the transport's limit is asked for again in a smaller piece.
 */
export async function readRange(database: CouchDatabase, range: IdRange, options: RangeReadOptions): Promise<{ rows: RangeRow[]; more: boolean }> {
  try {
    return await readPiece(database, range, options);
  } catch (error) {
    if (options.limit === 1 || !isCouchError(error, 'COUCH_TOO_LARGE')) throw error;
    return readRange(database, range, { ...options, limit: Math.ceil(options.limit / 4) });
  }
}

async function readPiece(database: CouchDatabase, range: IdRange, options: RangeReadOptions): Promise<{ rows: RangeRow[]; more: boolean }> {
  const { limit, after, before, descending = false, documents, signal } = options;
  const asked = before === undefined ? limit : limit + 1;
  // No id of ours lies between an id and the same with `!` behind it, the lowest character in an id.
  const start = after === undefined || compareIds(after, range.startKey) < 0 ? range.startKey : `${after}!`;
  const { body } = await database.json<{ rows?: unknown }>({
    path: '/_all_docs',
    query: {
      ...(descending
        ? { descending: true, startkey: JSON.stringify(before ?? range.endKey), endkey: JSON.stringify(start) }
        : { startkey: JSON.stringify(start), endkey: JSON.stringify(range.endKey), inclusive_end: false }),
      limit: asked,
      ...(documents ? { include_docs: true, conflicts: true } : {}),
    },
    signal,
  });
  const rows = Array.isArray(body?.rows) ? (body.rows as unknown[]).flatMap(rowOf) : [];
  const wanted = before === undefined ? rows : rows.filter((row) => row.id !== before).slice(0, limit);
  return { rows: wanted, more: rows.length >= asked };
}

function rowOf(row: unknown): RangeRow[] {
  if (typeof row !== 'object' || row === null) return [];
  const { id, doc } = row as { id?: unknown; doc?: unknown };
  if (typeof id !== 'string') return [];
  if (typeof doc !== 'object' || doc === null) return [{ id, document: undefined, conflicted: false }];
  const { _conflicts, ...document } = doc as Record<string, unknown>;
  return [{ id, document, conflicted: Array.isArray(_conflicts) && _conflicts.length > 0 }];
}
