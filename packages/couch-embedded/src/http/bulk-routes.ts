import { badRequest, CouchRefusal, illegalDocumentId, notFound } from '../couch-error.ts';
import { isObject, readDocumentEdit, type DocumentEdit } from '../document/document-edit.ts';
import { documentJson, type ReadOptions } from '../document/document-read.ts';
import { applyEdit, applyReplicated } from '../document/document-update.ts';
import type { Database } from '../storage/database.ts';
import type { WriteBatch } from '../storage/write-batch.ts';
import { formatRevision, parseRevision, type Revision } from '../tree/revision.ts';
import { hasRevision, leavesAfter, leavesOf, type Leaf } from '../tree/revision-tree.ts';
import { readOptions, type DocumentLimits } from './document-routes.ts';
import type { Exchange } from './exchange.ts';
import { saveLocalDocument } from './local-routes.ts';
import { requireList } from './query.ts';
import { newUuid } from './new-uuid.ts';

/** Documents one request may carry. */
export const MAX_BULK_DOCUMENTS = 100_000;

/** `POST /{db}/_bulk_docs`. One commit; each document succeeds or fails by itself. */
export async function handleBulkDocs(exchange: Exchange, database: Database, limits: DocumentLimits): Promise<void> {
  exchange.allow('POST');
  const body = await exchange.readJsonObject({});
  const docs = requireList(body, 'docs');
  if (docs.length > MAX_BULK_DOCUMENTS) throw new CouchRefusal(413, 'too_large', 'Too many documents in one request.');
  const replicated = body['new_edits'] === false;
  const locals: Record<string, unknown>[] = [];
  const edits: DocumentEdit[] = [];
  for (const doc of docs) {
    if (isObject(doc) && typeof doc['_id'] === 'string' && doc['_id'].startsWith('_local/')) locals.push(doc);
    else edits.push(readBulkEdit(doc, replicated, limits));
  }
  const results = await database.write((batch) => edits.map((edit) => applyOne(batch, edit, replicated)));
  for (const local of locals) results.push(await saveOneLocal(database, local, limits));
  exchange.sendJson(201, `[${results.filter((result) => result !== '').join(',')}]`);
}

function readBulkEdit(doc: unknown, replicated: boolean, limits: DocumentLimits): DocumentEdit {
  const id = isObject(doc) && doc['_id'] === undefined && !replicated ? newUuid() : undefined;
  const edit = readDocumentEdit(doc, id, limits.maxDocumentBytes);
  if (replicated && edit.revision === undefined) throw badRequest('When `new_edits: false`, the document needs `_rev` or `_revisions` specified');
  return edit;
}

/** The document's entry in the answer; replicated revisions that were stored have none. */
function applyOne(batch: WriteBatch, edit: DocumentEdit, replicated: boolean): string {
  try {
    const revision = replicated ? applyReplicated(batch, edit) : applyEdit(batch, edit);
    return replicated ? '' : `{"ok":true,"id":${JSON.stringify(edit.id)},"rev":"${formatRevision(revision)}"}`;
  } catch (error) {
    if (!(error instanceof CouchRefusal)) throw error;
    return JSON.stringify({ id: edit.id, error: error.error, reason: error.reason });
  }
}

async function saveOneLocal(database: Database, doc: Record<string, unknown>, limits: DocumentLimits): Promise<string> {
  const id = String(doc['_id']);
  try {
    const rev = await saveLocalDocument(database, id, doc, { maxDocumentBytes: limits.maxDocumentBytes });
    return JSON.stringify({ ok: true, id, rev });
  } catch (error) {
    if (!(error instanceof CouchRefusal)) throw error;
    return JSON.stringify({ id, error: error.error, reason: error.reason });
  }
}

/** `POST /{db}/_bulk_get`. */
export async function handleBulkGet(exchange: Exchange, database: Database): Promise<void> {
  exchange.allow('POST');
  const body = await exchange.readJsonObject({});
  const docs = body['docs'];
  if (!Array.isArray(docs)) throw badRequest("Missing JSON list of 'docs'.");
  const options = readOptions(exchange.query);
  const latest = exchange.flag('latest');
  const results = docs.map((doc) => bulkGetOne(database, doc, options, latest));
  exchange.sendJson(200, `{"results":[${results.join(',')}]}`);
}

function bulkGetOne(database: Database, wanted: unknown, options: ReadOptions, latest: boolean): string {
  if (!isObject(wanted) || typeof wanted['id'] !== 'string') {
    return '{"id":null,"docs":[{"error":{"rev":null,"reason":"document must be a JSON object","id":null,"error":"bad_request"}}]}';
  }
  const id = wanted['id'];
  try {
    const revision = wanted['rev'] === undefined || wanted['rev'] === '' ? undefined : parseRevision(wanted['rev']);
    const since = Array.isArray(wanted['atts_since']) ? { attachments: true, attachmentsSince: wanted['atts_since'].map(parseRevision) } : {};
    return bulkGetRevisions(database, id, revision, { options: { ...options, ...since }, latest });
  } catch (error) {
    if (!(error instanceof CouchRefusal)) throw error;
    return `{"id":${JSON.stringify(id)},"docs":[${bulkGetError(id, String(wanted['rev']), error)}]}`;
  }
}

function bulkGetRevisions(database: Database, id: string, revision: Revision | undefined, how: { options: ReadOptions; latest: boolean }): string {
  const record = database.record(id);
  const leaves = record === undefined ? [] : selectLeaves(leavesOf(record.tree), (wanted) => leavesAfter(record.tree, wanted), revision, how.latest);
  const docs =
    record === undefined || leaves.length === 0
      ? [bulkGetError(id, revision === undefined ? 'undefined' : formatRevision(revision), notFound('missing'))]
      : leaves.map((leaf) => `{"ok":${documentJson(database, record, leaf, how.options).toString('utf8')}}`);
  return `{"id":${JSON.stringify(id)},"docs":[${docs.join(',')}]}`;
}

function selectLeaves(all: readonly Leaf[], after: (revision: Revision) => readonly Leaf[], revision: Revision | undefined, latest: boolean): readonly Leaf[] {
  if (revision === undefined) return all.toReversed();
  if (latest) return after(revision);
  return all.filter((leaf) => leaf.pos === revision.pos && leaf.hash === revision.hash);
}

function bulkGetError(id: string, rev: string, refusal: CouchRefusal): string {
  return JSON.stringify({ error: { id, rev, error: refusal.error, reason: refusal.reason } });
}

/** `POST /{db}/_revs_diff`: which of these revisions the database lacks. */
export async function handleRevsDiff(exchange: Exchange, database: Database): Promise<void> {
  const answer: Record<string, { missing: string[]; possible_ancestors?: string[] }> = Object.create(null) as Record<string, { missing: string[] }>;
  for (const [id, revisions] of await readRevisionsById(exchange)) {
    const record = database.record(id);
    const missing = revisions.filter((revision) => record === undefined || !hasRevision(record.tree, revision));
    if (missing.length === 0) continue;
    const highest = Math.max(...missing.map((revision) => revision.pos));
    const ancestors = record === undefined ? [] : leavesOf(record.tree).filter((leaf) => leaf.pos < highest);
    answer[id] = { missing: missing.map(formatRevision), ...(ancestors.length === 0 ? {} : { possible_ancestors: ancestors.map(formatRevision) }) };
  }
  exchange.send(200, answer);
}

/** `POST /{db}/_missing_revs`: the older form of the same question. */
export async function handleMissingRevs(exchange: Exchange, database: Database): Promise<void> {
  const missing: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [id, revisions] of await readRevisionsById(exchange)) {
    const record = database.record(id);
    const lacking = revisions.filter((revision) => record === undefined || !hasRevision(record.tree, revision));
    if (lacking.length > 0) missing[id] = lacking.map(formatRevision);
  }
  exchange.send(200, { missing_revs: missing });
}

/** A body `{id: [rev, …], …}`. */
export async function readRevisionsById(exchange: Exchange): Promise<[string, Revision[]][]> {
  exchange.allow('POST');
  const body = await exchange.readJsonObject({});
  return Object.entries(body).map(([id, revisions]) => {
    if (id === '') throw illegalDocumentId('Document id must not be empty');
    if (!Array.isArray(revisions)) throw badRequest('Request body must map document ids to lists of revisions');
    return [id, revisions.map(parseRevision)];
  });
}

