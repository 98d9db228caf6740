import { conflict, notFound } from '../couch-error.ts';
import { contentDigest, type AttachmentEdit, type DocumentEdit } from '../document/document-edit.ts';
import { attachmentData, leafToRead } from '../document/document-read.ts';
import { applyEdit } from '../document/document-update.ts';
import { EmbeddedError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import type { StoredAttachment } from '../storage/stored-body.ts';
import type { WriteBatch } from '../storage/write-batch.ts';
import { parseRevision } from '../tree/revision.ts';
import { findLeaf } from '../tree/revision-tree.ts';
import { sendSaved, withRevision } from './document-routes.ts';
import type { Exchange } from './exchange.ts';

/** `/{db}/{docid}/{attachment}`. Source: CouchDB 3.5, chapter "/{db}/{docid}/{attname}". */
export async function handleAttachment(exchange: Exchange, database: Database, id: string, name: string): Promise<void> {
  exchange.allow('DELETE', 'GET', 'HEAD', 'PUT');
  if (exchange.method === 'PUT') return putAttachment(exchange, database, id, name);
  if (exchange.method === 'DELETE') return deleteAttachment(exchange, database, id, name);
  const { attachment, data } = readAttachment(exchange, database, id, name);
  const etag = `"${attachment.digest.replace(/^md5-/, '')}"`;
  if (exchange.header('if-none-match') === etag) {
    exchange.writeHead(304, { ETag: etag, 'Content-Length': '0' });
    exchange.response.end();
    return;
  }
  exchange.writeHead(200, {
    'Content-Type': attachment.contentType,
    'Content-Length': String(data.length),
    'Accept-Ranges': 'none',
    'Content-Security-Policy': 'sandbox',
    'X-Content-Type-Options': 'nosniff',
    ETag: etag,
  });
  exchange.response.end(exchange.method === 'HEAD' ? undefined : data);
}

function readAttachment(exchange: Exchange, database: Database, id: string, name: string): { attachment: StoredAttachment; data: Buffer } {
  const rev = exchange.query.get('rev');
  const leaf = leafToRead(database.record(id), rev === null ? undefined : parseRevision(rev), false);
  const attachment = database.body(leaf.body)?.attachments.find((candidate) => candidate.name === name);
  if (attachment === undefined) throw notFound('Document is missing attachment');
  return { attachment, data: attachmentData(database, attachment) };
}

async function putAttachment(exchange: Exchange, database: Database, id: string, name: string): Promise<void> {
  const data = await exchange.readBody();
  const contentType = exchange.header('content-type') ?? 'application/octet-stream';
  const added: AttachmentEdit = { name, contentType, data, revpos: undefined, digest: contentDigest(data), follows: false };
  const blank = withRevision(emptyEdit(id), exchange);
  const revision = await database.write((batch) => applyEdit(batch, withAttachments(database, batch, blank, (kept) => [...kept.filter((other) => other.name !== name), added])));
  sendSaved(exchange, id, revision, 201);
}

async function deleteAttachment(exchange: Exchange, database: Database, id: string, name: string): Promise<void> {
  const blank = withRevision(emptyEdit(id), exchange);
  const revision = await database.write((batch) => {
    if (batch.record(id) === undefined) throw notFound('missing');
    return applyEdit(
      batch,
      withAttachments(database, batch, blank, (kept) => {
        if (!kept.some((other) => other.name === name)) throw notFound('Document is missing attachment');
        return kept.filter((other) => other.name !== name);
      }),
    );
  });
  sendSaved(exchange, id, revision, 200);
}

function emptyEdit(id: string): DocumentEdit {
  return { id, revision: undefined, ancestry: undefined, deleted: false, members: '', attachments: [] };
}

/** The document as it is, with other attachments. */
function withAttachments(database: Database, batch: WriteBatch, edit: DocumentEdit, change: (kept: AttachmentEdit[]) => AttachmentEdit[]): DocumentEdit {
  const record = batch.record(edit.id);
  if (record === undefined || edit.revision === undefined) return { ...edit, attachments: change([]) };
  const leaf = findLeaf(record.tree, edit.revision);
  if (leaf === undefined) throw conflict();
  const body = batch.body(leaf.body) ?? database.body(leaf.body);
  if (body === undefined) throw new EmbeddedError('EMBEDDED_CORRUPT', 'a revision has lost its body');
  const kept = body.attachments.map(({ name, contentType, revpos, digest }) => ({ name, contentType, revpos, digest, data: undefined, follows: false }));
  const { _id: _ignoredId, _rev: _ignoredRev, _deleted: _ignoredDeleted, ...members } = JSON.parse(body.json.toString('utf8')) as Record<string, unknown>;
  return { ...edit, members: JSON.stringify(members).slice(1, -1), attachments: change(kept) };
}
