import { isCouchError, type CouchDatabase } from '@xir/couch-client';

/** CouchDB's default `purged_infos_limit`: as many purges are remembered, older ones may be forgotten. */
export const PURGED_INFOS_LIMIT = 1000;

/** Ids among the entries of `GET /{db}/_purged_infos`; `undefined` when the answer is none or may have lost some. Pure. */
export function readPurgedInfos(body: unknown, limit: number): readonly string[] | undefined {
  const infos = (body as { purged_infos?: unknown } | null | undefined)?.purged_infos;
  if (!Array.isArray(infos) || infos.length >= limit) return undefined;
  const ids = new Set<string>();
  for (const info of infos as unknown[]) {
    const id = (info as { id?: unknown } | null)?.id;
    if (typeof id === 'string') ids.add(id);
  }
  return [...ids];
}

/**
 * Ids purged from the database as far back as it remembers, or `undefined` when the server does not tell or remembers too few to be sure
 * (then only forgetting everything is safe).
 */
export async function readPurgedIds(database: CouchDatabase, signal: AbortSignal): Promise<readonly string[] | undefined> {
  try {
    const { body } = await database.json({ path: '/_purged_infos', signal });
    return readPurgedInfos(body, PURGED_INFOS_LIMIT);
  } catch (error) {
    // Servers without the endpoint answer 400, 404, 405 or 501; anything else is a failed look and is tried again.
    if (isCouchError(error, 'COUCH_NOT_FOUND') || isCouchError(error, 'COUCH_BAD_REQUEST')) return undefined;
    if (isCouchError(error) && error.status === 501) return undefined;
    throw error;
  }
}
