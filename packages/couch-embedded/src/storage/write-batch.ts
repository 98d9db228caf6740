import { formatRevision } from '../tree/revision.ts';
import { leavesOf, type Leaf, type RevisionTree } from '../tree/revision-tree.ts';
import { encodeChangeRow } from './change-row.ts';
import { encodeDocumentRecord, type DocumentRecord } from './document-record.ts';
import { idKey, numberKey, SETTINGS_KEY, STATE_KEY } from './keys.ts';
import { decodeBody, hasAttachments, type StoredAttachment, type StoredBody } from './stored-body.ts';
import type { Tables, TableName, TableWrite } from './tables.ts';

/** Counters of a database, written with every commit. */
export interface DatabaseState {
  readonly format: 1;
  readonly updateSeq: number;
  readonly purgeSeq: number;
  readonly documentCount: number;
  readonly deletedCount: number;
}

/** What clients may set per database. */
export interface DatabaseSettings {
  readonly revsLimit: number;
  readonly purgedInfosLimit: number;
  readonly security: Readonly<Record<string, unknown>>;
}

/** What the batch reads from. */
export interface BatchSource {
  readonly tables: Tables;
  readonly state: DatabaseState;
  readonly settings: DatabaseSettings;
  record(id: string): DocumentRecord | undefined;
}

/**
 * Operations that will be committed together. They see each other's effects; nobody else does until the commit is on disk.
 * An operation must refuse before it changes anything.
 */
export class WriteBatch {
  readonly #source: BatchSource;
  readonly #records = new Map<string, DocumentRecord | undefined>();
  readonly #locals = new Map<string, Buffer | undefined>();
  readonly #bodies = new Map<number, Buffer>();
  readonly #references = new Map<string, number>();
  readonly writes: TableWrite[] = [];
  /** Rows taken out of and put into the feed, for the counts. */
  readonly removedSequences: number[] = [];
  readonly addedSequences: number[] = [];
  bytes = 0;
  state: DatabaseState;
  settings: DatabaseSettings;

  constructor(source: BatchSource) {
    this.#source = source;
    this.state = source.state;
    this.settings = source.settings;
  }

  record(id: string): DocumentRecord | undefined {
    return this.#records.has(id) ? this.#records.get(id) : this.#source.record(id);
  }

  /** The next number, for a body and for the document's place in the feed. */
  nextSequence(): number {
    const updateSeq = this.state.updateSeq + 1;
    this.state = { ...this.state, updateSeq };
    return updateSeq;
  }

  attachmentsOf(body: number): readonly StoredAttachment[] {
    const bytes = this.#bodies.get(body) ?? this.#source.tables.peek('bodies', numberKey(body));
    if (bytes === undefined || !hasAttachments(bytes)) return [];
    return decodeBody(Buffer.from(bytes)).attachments;
  }

  /** A body of this batch that is not committed yet. */
  body(body: number): StoredBody | undefined {
    const bytes = this.#bodies.get(body);
    return bytes === undefined ? undefined : decodeBody(bytes);
  }

  putBody(body: number, bytes: Buffer): void {
    this.#bodies.set(body, bytes);
    this.#put('bodies', numberKey(body), bytes);
  }

  /** Replaces the document's tree, its row in the feed and its entry among the living; drops bodies of leaves that are none any more. */
  putDocument(id: string, seq: number, tree: RevisionTree): void {
    const key = idKey(id);
    const previous = this.record(id);
    const leaves = leavesOf(tree);
    const before = previous === undefined ? [] : leavesOf(previous.tree);
    this.#dropBodies(before.filter((leaf) => !leaves.some((kept) => kept.body === leaf.body)));
    if (previous !== undefined) this.#removeRow(previous.seq);
    const record: DocumentRecord = { seq, tree };
    this.#records.set(id, record);
    this.#put('documents', key, encodeDocumentRecord(record));
    this.#put('changes', numberKey(seq), encodeChangeRow(id, leaves));
    this.addedSequences.push(seq);
    this.#count(before[0], leaves[0]);
    this.#putLive(key, leaves[0] as Leaf, before[0]);
  }

  /** Forgets the document, as a purge of its last leaf does. */
  removeDocument(id: string): void {
    const previous = this.record(id);
    if (previous === undefined) return;
    const leaves = leavesOf(previous.tree);
    this.#dropBodies(leaves);
    this.#removeRow(previous.seq);
    this.#records.set(id, undefined);
    this.#remove('documents', idKey(id));
    if (leaves[0]?.deleted === false) this.#remove('live', idKey(id));
    this.#count(leaves[0], undefined);
  }

  local(id: string): Buffer | undefined {
    return this.#locals.has(id) ? this.#locals.get(id) : this.#source.tables.get('local', idKey(id));
  }

  putLocal(id: string, json: Buffer | undefined): void {
    this.#locals.set(id, json);
    this.#put('local', idKey(id), json);
  }

  /** Counts one more reference to attachment data, storing it when it is the first. */
  retainAttachment(hash: string, data: Buffer | undefined): void {
    const count = this.#referenceCount(hash);
    if (count === 0 && data !== undefined) this.#put('attachments', Buffer.from(hash, 'hex'), data);
    this.#setReferenceCount(hash, count + 1);
  }

  addPurge(purgeSeq: number, info: Buffer): void {
    this.state = { ...this.state, purgeSeq };
    this.#put('purges', numberKey(purgeSeq), info);
    const oldest = purgeSeq - this.settings.purgedInfosLimit;
    if (oldest > 0) this.#remove('purges', numberKey(oldest));
  }

  /** What is to be written, the counters included; empty when nothing changed. */
  finish(): readonly TableWrite[] {
    const settingsChanged = this.settings !== this.#source.settings;
    if (this.writes.length === 0 && this.state === this.#source.state && !settingsChanged) return [];
    if (settingsChanged) this.#put('meta', SETTINGS_KEY, Buffer.from(JSON.stringify(this.settings)));
    this.#put('meta', STATE_KEY, Buffer.from(JSON.stringify(this.state)));
    return this.writes;
  }

  #putLive(key: Buffer, winner: Leaf, before: Leaf | undefined): void {
    if (winner.deleted) {
      if (before?.deleted === false) this.#remove('live', key);
      return;
    }
    const revision = formatRevision(winner);
    const value = Buffer.allocUnsafe(6 + revision.length);
    value.writeUIntBE(winner.body, 0, 6);
    value.write(revision, 6, 'latin1');
    this.#put('live', key, value);
  }

  #dropBodies(leaves: readonly Leaf[]): void {
    for (const leaf of leaves) {
      for (const attachment of this.attachmentsOf(leaf.body)) {
        const count = this.#referenceCount(attachment.key);
        this.#setReferenceCount(attachment.key, count - 1);
        if (count <= 1) this.#remove('attachments', Buffer.from(attachment.key, 'hex'));
      }
      this.#remove('bodies', numberKey(leaf.body));
    }
  }

  #referenceCount(hash: string): number {
    const known = this.#references.get(hash);
    if (known !== undefined) return known;
    return this.#source.tables.peek('attachments', referenceKey(hash))?.readUInt32BE(0) ?? 0;
  }

  #setReferenceCount(hash: string, count: number): void {
    this.#references.set(hash, count);
    if (count <= 0) return this.#remove('attachments', referenceKey(hash));
    const value = Buffer.allocUnsafe(4);
    value.writeUInt32BE(count, 0);
    this.#put('attachments', referenceKey(hash), value);
  }

  #removeRow(seq: number): void {
    this.#remove('changes', numberKey(seq));
    this.removedSequences.push(seq);
  }

  #count(before: Leaf | undefined, after: Leaf | undefined): void {
    const documents = (after?.deleted === false ? 1 : 0) - (before?.deleted === false ? 1 : 0);
    const deleted = (after?.deleted === true ? 1 : 0) - (before?.deleted === true ? 1 : 0);
    this.state = { ...this.state, documentCount: this.state.documentCount + documents, deletedCount: this.state.deletedCount + deleted };
  }

  #put(table: TableName, key: Buffer, value: Buffer | undefined): void {
    this.writes.push({ table, key, value });
    this.bytes += value?.length ?? 0;
  }

  #remove(table: TableName, key: Buffer): void {
    this.writes.push({ table, key, value: undefined });
  }
}

/** Where the number of references stands: beside the data, under the hash and one zero byte. */
function referenceKey(hash: string): Buffer {
  return Buffer.from(`${hash}00`, 'hex');
}
