import { notFound } from '../couch-error.ts';
import type { Database } from '../storage/database.ts';
import type { DocumentRecord } from '../storage/document-record.ts';
import type { StoredAttachment } from '../storage/stored-body.ts';
import { EmbeddedError } from '../errors.ts';
import { formatRevision, type Revision } from '../tree/revision.ts';
import { ancestryOf, findLeaf, hasRevision, leavesAfter, leavesOf, winnerOf, type Leaf } from '../tree/revision-tree.ts';

/** What a document is to be answered with besides its body. */
export interface ReadOptions {
  readonly conflicts?: boolean;
  readonly deletedConflicts?: boolean;
  readonly revs?: boolean;
  readonly revsInfo?: boolean;
  readonly localSeq?: boolean;
  /** Inline data as base64 instead of stubs. */
  readonly attachments?: boolean;
  /** With `attachments`: only those newer than the newest of these revisions the document has; others stay stubs. */
  readonly attachmentsSince?: readonly Revision[];
}

/** The leaf a read is about; throws `not_found` with CouchDB's reason. Superseded revisions have no body. */
export function leafToRead(record: DocumentRecord | undefined, revision: Revision | undefined, latest: boolean): Leaf {
  if (record === undefined) throw notFound('missing');
  if (revision === undefined) {
    const winner = winnerOf(record.tree);
    if (winner.deleted) throw notFound('deleted');
    return winner;
  }
  const leaf = latest ? leavesAfter(record.tree, revision)[0] : findLeaf(record.tree, revision);
  if (leaf === undefined) throw notFound('missing');
  return leaf;
}

/** The document at a leaf, as JSON in bytes. */
export function documentJson(database: Database, record: DocumentRecord, leaf: Leaf, options: ReadOptions = {}): Buffer {
  const body = database.body(leaf.body);
  if (body === undefined) throw new EmbeddedError('EMBEDDED_CORRUPT', 'a revision has lost its body');
  const extra = extraMembers(record, leaf, options);
  if (body.attachments.length > 0) extra.push(`"_attachments":${attachmentsJson(database, { record, leaf }, body.attachments, options)}`);
  if (extra.length === 0) return body.json;
  // The stored form ends with `}`; CouchDB puts what is not the document's own after the body.
  return Buffer.concat([body.json.subarray(0, -1), Buffer.from(`,${extra.join(',')}}`)]);
}

/** The winner as it goes into a feed row or a listing; `null` is never needed: deletions have a body too. */
export function winnerJson(database: Database, record: DocumentRecord, options: ReadOptions = {}): Buffer {
  return documentJson(database, record, winnerOf(record.tree), options);
}

function extraMembers(record: DocumentRecord, leaf: Leaf, options: ReadOptions): string[] {
  const extra: string[] = [];
  if (options.revs === true) {
    const ancestry = ancestryOf(record.tree, leaf);
    extra.push(`"_revisions":${JSON.stringify({ start: leaf.pos, ids: ancestry?.ids ?? [leaf.hash] })}`);
  }
  if (options.revsInfo === true) extra.push(`"_revs_info":${JSON.stringify(revisionInfos(record, leaf))}`);
  if (options.localSeq === true) extra.push(`"_local_seq":${record.seq}`);
  const others = leavesOf(record.tree).slice(1);
  const conflicts = others.filter((other) => !other.deleted).map(formatRevision);
  if (options.conflicts === true && conflicts.length > 0) extra.push(`"_conflicts":${JSON.stringify(conflicts)}`);
  const deleted = others.filter((other) => other.deleted).map(formatRevision);
  if (options.deletedConflicts === true && deleted.length > 0) extra.push(`"_deleted_conflicts":${JSON.stringify(deleted)}`);
  return extra;
}

function revisionInfos(record: DocumentRecord, leaf: Leaf): { rev: string; status: string }[] {
  const ids = ancestryOf(record.tree, leaf)?.ids ?? [];
  return ids.map((hash, back) => ({
    rev: formatRevision({ pos: leaf.pos - back, hash }),
    status: back > 0 ? 'missing' : leaf.deleted ? 'deleted' : 'available',
  }));
}

function attachmentsJson(
  database: Database,
  { record, leaf }: { readonly record: DocumentRecord; readonly leaf: Leaf },
  attachments: readonly StoredAttachment[],
  options: ReadOptions,
): string {
  const since = Math.max(0, ...(options.attachmentsSince ?? []).filter((revision) => isAncestor(record, leaf, revision)).map((revision) => revision.pos));
  return JSON.stringify(
    Object.fromEntries(
      attachments.map((attachment) => {
        const about = { content_type: attachment.contentType, revpos: attachment.revpos, digest: attachment.digest };
        if (options.attachments !== true || attachment.revpos <= since) return [attachment.name, { ...about, length: attachment.length, stub: true }];
        return [attachment.name, { ...about, data: attachmentData(database, attachment).toString('base64') }];
      }),
    ),
  );
}

function isAncestor(record: DocumentRecord, leaf: Leaf, revision: Revision): boolean {
  return hasRevision(record.tree, revision) && leavesAfter(record.tree, revision).some((after) => after.pos === leaf.pos && after.hash === leaf.hash);
}

/** The data of a stored attachment. */
export function attachmentData(database: Database, attachment: StoredAttachment): Buffer {
  const data = database.tables.get('attachments', Buffer.from(attachment.key, 'hex'));
  if (data === undefined) throw new EmbeddedError('EMBEDDED_CORRUPT', 'an attachment has lost its data');
  return data;
}
