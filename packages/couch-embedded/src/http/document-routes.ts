import { badRequest, conflict, CouchRefusal, notFound } from '../couch-error.ts';
import { readDocumentEdit, type DocumentEdit } from '../document/document-edit.ts';
import { documentJson, leafToRead, type ReadOptions } from '../document/document-read.ts';
import { applyEdit, applyReplicated } from '../document/document-update.ts';
import type { Database } from '../storage/database.ts';
import { formatRevision, isRevisionHash, parseRevision, type Revision } from '../tree/revision.ts';
import { findLeaf, leavesAfter, leavesOf, winnerOf } from '../tree/revision-tree.ts';
import { parseJson, type Exchange } from './exchange.ts';
import { readMultipartDocument, sendMultipartDocument } from './multipart-document.ts';

/** Limits a handler needs. */
export interface DocumentLimits {
  readonly maxDocumentBytes: number;
}

/** `/{db}/{docid}`. Source: CouchDB 3.5, chapter "/{db}/{docid}". */
export async function handleDocument(exchange: Exchange, database: Database, id: string, limits: DocumentLimits): Promise<void> {
  exchange.allow('DELETE', 'GET', 'HEAD', 'POST', 'PUT', 'COPY');
  if (exchange.method === 'GET' || exchange.method === 'HEAD') return getDocument(exchange, database, id);
  if (exchange.method === 'PUT') return putDocument(exchange, database, id, limits);
  if (exchange.method === 'DELETE') return deleteDocument(exchange, database, id, limits);
  if (exchange.method === 'COPY') return copyDocument(exchange, database, id, limits);
  throw new CouchRefusal(501, 'not_implemented', 'Uploading attachments by form is not supported; use PUT.');
}

/** What a read's query asks for. */
export function readOptions(query: URLSearchParams): ReadOptions {
  const on = (name: string) => query.get(name) === 'true';
  const since = query.get('atts_since');
  return {
    conflicts: on('conflicts') || on('meta'),
    deletedConflicts: on('deleted_conflicts') || on('meta'),
    revs: on('revs'),
    revsInfo: on('revs_info') || on('meta'),
    localSeq: on('local_seq'),
    attachments: on('attachments') || since !== null,
    ...(since === null ? {} : { attachmentsSince: readRevisionList(since) }),
  };
}

function readRevisionList(text: string): Revision[] {
  const list = parseJson(Buffer.from(text));
  if (!Array.isArray(list)) throw badRequest('invalid UTF-8 JSON');
  return list.map(parseRevision);
}

async function getDocument(exchange: Exchange, database: Database, id: string): Promise<void> {
  const openRevs = exchange.query.get('open_revs');
  if (openRevs !== null && openRevs !== '[]') return getOpenRevisions(exchange, database, id, openRevs);
  const rev = exchange.query.get('rev');
  const record = database.record(id);
  const leaf = leafToRead(record, rev === null ? undefined : parseRevision(rev), exchange.flag('latest'));
  if (record === undefined) throw notFound('missing');
  const etag = `"${formatRevision(leaf)}"`;
  const options = readOptions(exchange.query);
  const plain = options.attachments !== true && options.conflicts !== true && options.deletedConflicts !== true;
  if (plain && (exchange.header('if-none-match') ?? '').split(',').some((tag) => tag.trim() === etag)) {
    exchange.writeHead(304, { ETag: etag, 'Content-Length': '0' });
    exchange.response.end();
    return;
  }
  exchange.sendJson(200, documentJson(database, record, leaf, options), { ETag: etag });
}

/** `open_revs`: each revision by itself, as JSON or as `multipart/mixed`. */
async function getOpenRevisions(exchange: Exchange, database: Database, id: string, wanted: string): Promise<void> {
  const asJson = (exchange.header('accept') ?? '*/*').includes('application/json');
  // Whoever takes parts gets the attachments' data; CouchDB's replicator relies on that.
  const asked = readOptions(exchange.query);
  const options = asJson ? asked : { ...asked, attachments: true };
  const record = database.record(id);
  const found: { json: Buffer; leafBody: number }[] = [];
  const missing: string[] = [];
  const add = (revision: Revision) => {
    const leaves = record === undefined ? [] : exchange.flag('latest') ? leavesAfter(record.tree, revision) : [findLeaf(record.tree, revision)].filter((leaf) => leaf !== undefined);
    if (record === undefined || leaves.length === 0) missing.push(formatRevision(revision));
    else for (const leaf of leaves) if (!found.some((other) => other.leafBody === leaf.body)) found.push({ json: documentJson(database, record, leaf, options), leafBody: leaf.body });
  };
  if (wanted === 'all') {
    if (record === undefined) throw notFound('missing');
    for (const leaf of leavesOf(record.tree)) add(leaf);
  } else {
    for (const revision of readRevisionList(wanted)) add(revision);
  }
  if (asJson) {
    const entries = [...found.map(({ json }) => `{"ok":${json.toString('utf8')}}`), ...missing.map((rev) => JSON.stringify({ missing: rev }))];
    exchange.sendJson(200, `[${entries.join(',')}]`);
    return;
  }
  sendMultipartDocument(
    exchange,
    found.map(({ json }) => json),
    missing,
  );
}

async function putDocument(exchange: Exchange, database: Database, id: string, limits: DocumentLimits): Promise<void> {
  const type = exchange.header('content-type') ?? '';
  const value = /^multipart\//i.test(type) ? await readMultipartDocument(exchange, type) : await exchange.readJson({});
  const edit = withRevision(readDocumentEdit(value, id, limits.maxDocumentBytes), exchange);
  if (exchange.query.get('new_edits') === 'false') {
    if (edit.revision === undefined) throw badRequest('When `new_edits: false`, the document needs `_rev` or `_revisions` specified');
    const revision = await database.write((batch) => applyReplicated(batch, edit));
    return sendSaved(exchange, id, revision, 201);
  }
  const revision = await database.write((batch) => applyEdit(batch, edit));
  sendSaved(exchange, id, revision, edit.deleted ? 200 : 201);
}

async function deleteDocument(exchange: Exchange, database: Database, id: string, limits: DocumentLimits): Promise<void> {
  const edit = withRevision(readDocumentEdit({ _deleted: true }, id, limits.maxDocumentBytes), exchange);
  const revision = await database.write((batch) => {
    const record = batch.record(id);
    if (record === undefined) throw notFound('missing');
    if (winnerOf(record.tree).deleted) throw notFound('deleted');
    if (edit.revision === undefined) throw conflict();
    return applyEdit(batch, edit);
  });
  sendSaved(exchange, id, revision, 200);
}

async function copyDocument(exchange: Exchange, database: Database, id: string, limits: DocumentLimits): Promise<void> {
  const destination = exchange.header('destination');
  if (destination === undefined || destination === '') throw badRequest('Destination header is mandatory for COPY.');
  const [target, rev] = decodeURIComponent(destination).replace(/^\//, '').split('?rev=');
  const record = database.record(id);
  const source = exchange.query.get('rev');
  const leaf = leafToRead(record, source === null ? undefined : parseRevision(source), false);
  if (record === undefined) throw notFound('missing');
  const document = JSON.parse(documentJson(database, record, leaf, { attachments: true }).toString('utf8')) as Record<string, unknown>;
  delete document['_rev'];
  delete document['_deleted'];
  const edit = readDocumentEdit({ ...document, ...(rev === undefined ? {} : { _rev: rev }) }, target ?? '', limits.maxDocumentBytes);
  const revision = await database.write((batch) => applyEdit(batch, edit));
  exchange.send(201, { ok: true, id: target, rev: formatRevision(revision) }, { ETag: `"${formatRevision(revision)}"` });
}

/** The revision may stand in the body, in `rev` or in `If-Match`; where it stands twice, it must be the same. */
export function withRevision(edit: DocumentEdit, exchange: Exchange): DocumentEdit {
  const rev = exchange.query.get('rev');
  const etag = exchange.header('if-match')?.trim().replace(/^"(.*)"$/, '$1');
  if (rev !== null && etag !== undefined && rev !== etag) throw badRequest("Document rev and etag have different values");
  const outside = rev ?? etag;
  if (outside === undefined) return edit;
  const revision = parseRevision(outside);
  if (edit.revision !== undefined && formatRevision(edit.revision) !== outside) {
    throw badRequest('Document rev from request body and query string have different values');
  }
  return { ...edit, revision };
}

export function sendSaved(exchange: Exchange, id: string, revision: Revision, status: number): void {
  const rev = isRevisionHash(revision.hash) ? formatRevision(revision) : '';
  exchange.sendJson(status, `{"ok":true,"id":${JSON.stringify(id)},"rev":"${rev}"}`, { ETag: `"${rev}"`, Location: locationOf(exchange) });
}

function locationOf(exchange: Exchange): string {
  const path = (exchange.request.url ?? '/').split('?')[0] ?? '/';
  return `http://${exchange.header('host') ?? 'localhost'}${path}`;
}
