import type { CouchDatabase } from '@xir/couch-client';
import type { IdRange } from '@xir/kv4-core';
import { readRange } from './range-read.ts';

/** Documents deleted at once. */
const ERASE_PIECE = 200;
/** Times a range is walked again because others wrote into it, or losing leaves came to light. */
const MAX_ROUNDS = 50;

/**
 * Deletes every document in a range for good: values, histories and their conflicting leaves. What is left are CouchDB's bare tombstones; compaction removes the
 * bytes. Resolves to the number of documents deleted. Rejects with a `CouchError`.
 */
export async function eraseRange(database: CouchDatabase, range: IdRange, signal?: AbortSignal): Promise<number> {
  let erased = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { rows } = await readRange(database, range, { limit: ERASE_PIECE, documents: true, signal });
    if (rows.length === 0) return erased;
    const docs = rows.map(({ id, document }) => ({ _id: id, _rev: (document as { _rev?: unknown } | undefined)?._rev, _deleted: true }));
    const { body } = await database.json<readonly { ok?: unknown }[]>({ method: 'POST', path: '/_bulk_docs', body: { docs }, signal });
    const done = body.filter((row) => row.ok === true).length;
    erased += done;
    // Only rounds that bring nothing count: a bucket may be of any size.
    if (done > 0) round = -1;
  }
  return erased;
}
