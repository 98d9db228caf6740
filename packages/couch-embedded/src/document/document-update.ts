import { createHash } from 'node:crypto';
import { conflict, CouchRefusal } from '../couch-error.ts';
import { encodeBody, type StoredAttachment } from '../storage/stored-body.ts';
import type { WriteBatch } from '../storage/write-batch.ts';
import { formatRevision, nextRevisionHash, type Revision } from '../tree/revision.ts';
import { extendTree, findLeaf, hasRevision, leavesOf, mergePath, winnerOf, type Leaf, type RevisionTree } from '../tree/revision-tree.ts';
import { contentDigest, type AttachmentEdit, type DocumentEdit } from './document-edit.ts';

/** An edit by a client: the document's revision must be a leaf, or the document absent or deleted. Returns the new revision. */
export function applyEdit(batch: WriteBatch, edit: DocumentEdit): Revision {
  const record = batch.record(edit.id);
  const parent = parentOf(record?.tree, edit.revision);
  const attachments = resolveAttachments(batch, edit, parent === undefined ? [] : [parent], (parent?.pos ?? 0) + 1);
  const digests = attachments.map((attachment) => `${attachment.name}\n${attachment.digest}`).join('\n');
  const hash = nextRevisionHash(parent, edit.deleted, edit.members, digests);
  const leaf: Leaf = { pos: (parent?.pos ?? 0) + 1, hash, deleted: edit.deleted, body: batch.nextSequence() };
  store(batch, edit, { leaf, attachments, tree: extendTree(record?.tree, parent, leaf, batch.settings.revsLimit) });
  return leaf;
}

/** A replicated revision (`new_edits: false`): stored as it is, wherever its ancestry puts it. What is already known changes nothing. */
export function applyReplicated(batch: WriteBatch, edit: DocumentEdit): Revision {
  const revision = edit.revision as Revision;
  const record = batch.record(edit.id);
  if (record !== undefined && hasRevision(record.tree, revision)) return revision;
  const attachments = resolveAttachments(batch, edit, record === undefined ? [] : leavesOf(record.tree), revision.pos);
  const leaf: Leaf = { ...revision, deleted: edit.deleted, body: batch.nextSequence() };
  store(batch, edit, { leaf, attachments, tree: mergePath(record?.tree, leaf, edit.ancestry ?? [revision.hash], batch.settings.revsLimit) });
  return revision;
}

function parentOf(tree: RevisionTree | undefined, revision: Revision | undefined): Leaf | undefined {
  if (tree === undefined) {
    if (revision !== undefined) throw conflict();
    return undefined;
  }
  if (revision !== undefined) {
    const leaf = findLeaf(tree, revision);
    if (leaf === undefined) throw conflict();
    return leaf;
  }
  const winner = winnerOf(tree);
  if (!winner.deleted) throw conflict();
  return winner;
}

/** What an edit leads to. */
interface EditOutcome {
  readonly leaf: Leaf;
  readonly attachments: readonly StoredAttachment[];
  readonly tree: RevisionTree;
}

function store(batch: WriteBatch, edit: DocumentEdit, { leaf, attachments, tree }: EditOutcome): void {
  batch.putBody(leaf.body, encodeBody(documentJson(edit, leaf), attachments));
  batch.putDocument(edit.id, leaf.body, tree);
}

/** The stored form: `_id`, `_rev`, `_deleted`, then the document's own members. */
function documentJson(edit: DocumentEdit, leaf: Leaf): string {
  const head = `{"_id":${JSON.stringify(edit.id)},"_rev":"${formatRevision(leaf)}"${leaf.deleted ? ',"_deleted":true' : ''}`;
  return edit.members === '' ? `${head}}` : `${head},${edit.members}}`;
}

/**
 * Attachments of the new revision, their data referenced. All of them are looked up before any is referenced, so that a
 * missing stub refuses the edit as a whole.
 */
function resolveAttachments(batch: WriteBatch, edit: DocumentEdit, known: readonly Leaf[], pos: number): readonly StoredAttachment[] {
  if (edit.attachments.length === 0) return [];
  const stored = known.flatMap((leaf) => batch.attachmentsOf(leaf.body));
  const resolved = edit.attachments.map((attachment) => ({ data: attachment.data, attachment: resolve(edit.id, attachment, stored, pos) }));
  for (const { data, attachment } of resolved) batch.retainAttachment(attachment.key, data);
  return resolved.map(({ attachment }) => attachment);
}

function resolve(id: string, edit: AttachmentEdit, stored: readonly StoredAttachment[], pos: number): StoredAttachment {
  if (edit.data !== undefined) {
    return {
      name: edit.name,
      contentType: edit.contentType,
      revpos: edit.revpos !== undefined && edit.revpos <= pos ? edit.revpos : pos,
      digest: edit.digest ?? contentDigest(edit.data),
      length: edit.data.length,
      key: createHash('sha256').update(edit.data).digest('hex'),
    };
  }
  const match = stored.find((candidate) => candidate.name === edit.name && (edit.digest === undefined || edit.digest === candidate.digest || edit.revpos === candidate.revpos));
  if (match === undefined) throw new CouchRefusal(412, 'missing_stub', `Invalid attachment stub in ${id} for ${edit.name}`);
  return match;
}
