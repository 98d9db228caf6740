import { createHash } from 'node:crypto';
import { badRequest, CouchRefusal, documentTooLarge } from '../couch-error.ts';
import { isRevisionHash, parseRevision, type Revision } from '../tree/revision.ts';
import { checkDocumentId } from './document-id.ts';

/** An attachment as an edit brings it: data, or a stub that points to what the document already has. */
export interface AttachmentEdit {
  readonly name: string;
  readonly contentType: string;
  readonly data: Buffer | undefined;
  readonly revpos: number | undefined;
  /** `md5-…`, of the data or as the stub states it. */
  readonly digest: string | undefined;
  /** The data follows in a later part of a multipart request. */
  readonly follows: boolean;
}

/** A document as a client sent it, checked and taken apart. */
export interface DocumentEdit {
  readonly id: string;
  readonly revision: Revision | undefined;
  /** `_revisions`, newest first. */
  readonly ancestry: readonly string[] | undefined;
  readonly deleted: boolean;
  /** The members that do not begin with `_`, as JSON without the braces. */
  readonly members: string;
  readonly attachments: readonly AttachmentEdit[];
}

/** Members that clients send back as they got them, and that are not stored. */
const IGNORED = new Set(['_revs_info', '_conflicts', '_deleted_conflicts', '_local_seq', '_deleted_attachments']);
const KNOWN = new Set(['_id', '_rev', '_revisions', '_deleted', '_attachments']);
const MAX_ANCESTRY = 100_000;

/** Reads a document from parsed JSON; `id` wins over its `_id`. Throws refusals in CouchDB's words. */
export function readDocumentEdit(value: unknown, id: string | undefined, maxDocumentBytes: number): DocumentEdit {
  if (!isObject(value)) throw badRequest('Document must be a JSON object');
  if (value['_id'] !== undefined && (id === undefined || typeof value['_id'] !== 'string')) checkDocumentId(value['_id']);
  const documentId = id ?? value['_id'];
  checkDocumentId(documentId);
  const special = takeSpecialMembers(value);
  const members = stringify(value).slice(1, -1);
  if (Buffer.byteLength(members) + 2 > maxDocumentBytes) throw documentTooLarge(documentId);
  const ancestry = readAncestry(special['_revisions']);
  const stated = special['_rev'] === undefined || special['_rev'] === '' ? undefined : parseRevision(special['_rev']);
  return {
    id: documentId,
    revision: ancestry?.revision ?? stated,
    ancestry: ancestry?.ids,
    deleted: readDeleted(special['_deleted']),
    members,
    attachments: readAttachments(special['_attachments']),
  };
}

/** Whether a parsed JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function takeSpecialMembers(value: Record<string, unknown>): Record<string, unknown> {
  const special: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(value)) {
    if (!name.startsWith('_')) continue;
    if (!KNOWN.has(name) && !IGNORED.has(name)) throw badMember(name);
    special[name] = value[name];
    delete value[name];
  }
  return special;
}

function readDeleted(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw badMember('_deleted');
  return value;
}

function readAncestry(value: unknown): { revision: Revision; ids: string[] } | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) throw badMember('_revisions');
  const { start, ids } = value;
  if (typeof start !== 'number' || !Number.isSafeInteger(start)) throw new CouchRefusal(400, 'doc_validation', "_revisions.start isn't an integer.");
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MAX_ANCESTRY || !ids.every(isRevisionHash)) {
    throw new CouchRefusal(400, 'doc_validation', "_revisions.ids isn't a array.");
  }
  if (start < ids.length || start > 999_999_999) throw new CouchRefusal(400, 'doc_validation', '_revisions.start is smaller than the number of ids.');
  return { revision: { pos: start, hash: ids[0] as string }, ids: ids as string[] };
}

function readAttachments(value: unknown): readonly AttachmentEdit[] {
  if (value === undefined) return [];
  if (!isObject(value)) throw badMember('_attachments');
  return Object.entries(value).map(([name, attachment]) => readAttachment(name, attachment));
}

function readAttachment(name: string, value: unknown): AttachmentEdit {
  if (name === '' || name.startsWith('_')) throw badRequest(`Attachment name '${name}' starts with prohibited character '_'`);
  if (!isObject(value)) throw badRequest(`Attachment ${name} must be a JSON object`);
  const contentType = typeof value['content_type'] === 'string' ? value['content_type'] : 'application/octet-stream';
  const revpos = typeof value['revpos'] === 'number' && Number.isSafeInteger(value['revpos']) ? value['revpos'] : undefined;
  const stated = typeof value['digest'] === 'string' ? value['digest'] : undefined;
  if (/[\r\n]/.test(contentType)) throw badRequest(`Invalid content type for ${name}`);
  if (value['stub'] === true) return { name, contentType, data: undefined, revpos, digest: stated, follows: false };
  if (value['follows'] === true) return { name, contentType, data: undefined, revpos, digest: stated, follows: true };
  const data = value['data'];
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(data)) throw badRequest(`Invalid attachment data for ${name}`);
  const bytes = Buffer.from(data, 'base64');
  // Data that came compressed keeps the digest CouchDB gave it, which is that of the compressed form.
  const digest = value['encoding'] === 'gzip' && stated !== undefined && /^md5-[A-Za-z0-9+/]{22}==$/.test(stated) ? stated : contentDigest(bytes);
  return { name, contentType, data: bytes, revpos, digest, follows: false };
}

/** The digest CouchDB shows for attachment data. */
export function contentDigest(data: Buffer): string {
  return `md5-${createHash('md5').update(data).digest('base64')}`;
}

function stringify(value: Record<string, unknown>): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // Nested deeper than the engine's stack.
    throw new CouchRefusal(400, 'bad_request', 'invalid UTF-8 JSON: nested too deeply', { cause: error });
  }
}

function badMember(name: string): CouchRefusal {
  return new CouchRefusal(400, 'doc_validation', `Bad special document member: ${name}`);
}
