import { badRequest, documentTooLarge, notFound } from '../couch-error.ts';
import { checkLocalId } from '../document/document-id.ts';
import { isObject } from '../document/document-edit.ts';
import type { Database } from '../storage/database.ts';
import type { Exchange } from './exchange.ts';

/** `/{db}/_local/{name}`: documents that are neither replicated nor in the feed. Source: CouchDB 3.5, chapter "Local (non-replicating) Documents". */
export async function handleLocalDocument(exchange: Exchange, database: Database, id: string, maxDocumentBytes: number): Promise<void> {
  exchange.allow('DELETE', 'GET', 'HEAD', 'PUT');
  checkLocalId(id);
  if (exchange.method === 'GET' || exchange.method === 'HEAD') {
    const json = database.tables.get('local', Buffer.from(id));
    if (json === undefined) throw notFound('missing');
    exchange.sendJson(200, json);
    return;
  }
  const value = exchange.method === 'PUT' ? await exchange.readJson({}) : { _deleted: true };
  if (!isObject(value)) throw badRequest('Document must be a JSON object');
  const rev = await saveLocalDocument(database, id, value, { maxDocumentBytes, rev: exchange.query.get('rev') ?? exchange.header('if-match')?.replaceAll('"', '') });
  exchange.send(exchange.method === 'PUT' ? 201 : 200, { ok: true, id, rev });
}

/** How a local document is saved. */
export interface LocalSaveOptions {
  readonly maxDocumentBytes: number;
  /** The revision to count on from; default: the one the document states. */
  readonly rev?: string | undefined;
}

/**
 * Writes or deletes (`_deleted`) a local document. As in CouchDB 3.5 the last write wins: the revision given is not compared with
 * the present one, only counted on from.
 */
export function saveLocalDocument(database: Database, id: string, value: Record<string, unknown>, { maxDocumentBytes, rev }: LocalSaveOptions): Promise<string> {
  checkLocalId(id);
  const { _rev: stated, _deleted: deleted, _id: _ignored, ...members } = value;
  const text = JSON.stringify(members).slice(1, -1);
  if (text.length + 2 > maxDocumentBytes) throw documentTooLarge(id);
  const given = rev ?? (typeof stated === 'string' ? stated : undefined);
  if (given !== undefined && !/^0-[0-9]{1,15}$/.test(given)) throw badRequest('Invalid rev format');
  return database.write((batch) => {
    const present = batch.local(id);
    if (present === undefined && deleted === true) throw notFound('missing');
    if (deleted === true) {
      batch.putLocal(id, undefined);
      return '0-0';
    }
    const next = `0-${given === undefined ? 1 : Number(given.slice(2)) + 1}`;
    batch.putLocal(id, Buffer.from(`{"_id":${JSON.stringify(id)},"_rev":"${next}"${text === '' ? '' : `,${text}`}}`));
    return next;
  });
}
