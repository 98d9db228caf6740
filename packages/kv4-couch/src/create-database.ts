import { isCouchError, type CouchDatabase } from '@xir/couch-client';

/**
 * Names of earlier revisions that a database made by us keeps of each document. CouchDB's own 1,000 make every write of a hot key carry 16 KB of ancestry;
 * history does not hang on them, and what is cut off counts as an ancestor.
 */
export const DEFAULT_REVISIONS_LIMIT = 200;

/** Makes a database, if nobody else does at the same moment. Rejects with a `CouchError`. */
export async function createDatabase(database: CouchDatabase): Promise<void> {
  if (!(await database.create())) return;
  try {
    await database.json({ method: 'PUT', path: '/_revs_limit', body: String(DEFAULT_REVISIONS_LIMIT), headers: { 'content-type': 'application/json' } });
  } catch (error) {
    // A matter of size only: the database works with its own limit, and whoever may not set it may still use it.
    if (!isCouchError(error)) throw error;
  }
}
