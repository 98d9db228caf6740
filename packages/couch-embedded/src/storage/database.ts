import { CouchRefusal } from '../couch-error.ts';
import { EmbeddedError } from '../errors.ts';
import { decodeDocumentRecord, type DocumentRecord } from './document-record.ts';
import { idKey, numberKey, SETTINGS_KEY, STATE_KEY } from './keys.ts';
import { SequenceCounts } from './sequence-counts.ts';
import { SequenceFormat } from './sequence.ts';
import { decodeBody, type StoredBody } from './stored-body.ts';
import { MAX_KEY_BYTES, Tables } from './tables.ts';
import { WriteBatch, type BatchSource, type DatabaseSettings, type DatabaseState } from './write-batch.ts';

/** Who a database is. A database that is deleted and created again gets another uuid. */
export interface DatabaseIdentity {
  readonly name: string;
  readonly uuid: string;
  /** When it was created, in whole seconds since 1970 UTC: its `instance_start_time`. */
  readonly createdSeconds: number;
}

/** Default of {@link DatabaseSettings.revsLimit}: how many revisions of a line are remembered. */
export const DEFAULT_REVS_LIMIT = 1000;
/** Default of {@link DatabaseSettings.purgedInfosLimit}. */
export const DEFAULT_PURGED_INFOS_LIMIT = 1000;
/** Writes that may wait for a commit before new ones are refused with 503. */
export const MAX_WAITING_WRITES = 10_000;
/** A commit takes waiting writes until it holds this many bytes. */
export const MAX_COMMIT_BYTES = 32 * 1024 * 1024;

const NEW_STATE: DatabaseState = { format: 1, updateSeq: 0, purgeSeq: 0, documentCount: 0, deletedCount: 0 };
const NEW_SETTINGS: DatabaseSettings = {
  revsLimit: DEFAULT_REVS_LIMIT,
  purgedInfosLimit: DEFAULT_PURGED_INFOS_LIMIT,
  security: { members: { roles: ['_admin'] }, admins: { roles: ['_admin'] } },
};

interface WaitingWrite {
  readonly run: (batch: WriteBatch) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One database: reads see what is committed, writes wait for the next group commit. Nothing lingers: while no commit is in
 * flight a write starts one at once; what arrives meanwhile goes into the next.
 */
export class Database implements BatchSource {
  readonly identity: DatabaseIdentity;
  readonly tables: Tables;
  readonly sequences: SequenceFormat;
  state: DatabaseState;
  settings: DatabaseSettings;
  readonly #counts = new SequenceCounts();
  readonly #listeners = new Set<() => void>();
  #waiting: WaitingWrite[] = [];
  #committing: Promise<void> | undefined;
  #closed = false;

  constructor(directory: string, identity: DatabaseIdentity) {
    this.identity = identity;
    this.sequences = new SequenceFormat(identity.uuid);
    this.tables = new Tables(directory);
    this.state = this.#readMeta(STATE_KEY, NEW_STATE);
    this.settings = this.#readMeta(SETTINGS_KEY, NEW_SETTINGS);
    if (this.state.format !== 1) throw new EmbeddedError('EMBEDDED_CORRUPT', `database ${identity.name} has an unknown format`);
    for (const key of this.tables.keys('changes')) this.#counts.add(key.readUIntBE(0, 6));
    if (this.#counts.total !== this.state.documentCount + this.state.deletedCount) {
      throw new EmbeddedError(
        'EMBEDDED_CORRUPT',
        `database ${identity.name} is damaged: its feed has ${this.#counts.total} rows for ${this.state.documentCount} documents and ${this.state.deletedCount} deletions`,
      );
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  record(id: string): DocumentRecord | undefined {
    const key = idKey(id);
    if (key.length === 0 || key.length > MAX_KEY_BYTES) return undefined;
    const bytes = this.tables.peek('documents', key);
    return bytes === undefined ? undefined : decodeDocumentRecord(bytes);
  }

  /** The body stored under this number, checked against its checksum. */
  body(number: number): StoredBody | undefined {
    const bytes = this.tables.get('bodies', numberKey(number));
    return bytes === undefined ? undefined : decodeBody(bytes);
  }

  /**
   * The last sequence that a read sees now. A commit is readable as soon as it is on disk, a moment before {@link Database.state} knows of it: whoever reads rows up to the state's
   * sequence in that moment finds neither the rows that the commit has replaced nor those it has put in their place.
   */
  get readableSequence(): number {
    return this.#closed ? this.state.updateSeq : this.#readMeta(STATE_KEY, NEW_STATE).updateSeq;
  }

  /** Rows of the feed after a sequence. */
  pendingAfter(sequence: number): number {
    return this.#counts.after(sequence, (from, to) => this.tables.countKeys('changes', { start: numberKey(from + 1), end: numberKey(to) }));
  }

  /** Runs `operation` in the next commit; resolves with what it returned when that commit is on disk. */
  write<T>(operation: (batch: WriteBatch) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new EmbeddedError('EMBEDDED_CLOSED', `database ${this.identity.name} is closed`));
    if (this.#waiting.length >= MAX_WAITING_WRITES) {
      return Promise.reject(new CouchRefusal(503, 'service_unavailable', 'Too many writes are waiting.', { headers: { 'Retry-After': '1' } }));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run: operation, resolve: resolve as (value: never) => void, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** Calls `listener` after every commit and once when the database is closed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for the commits under way and closes the files. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#notify();
    await this.#committing;
    await this.tables.close();
  }

  async #commitAll(): Promise<void> {
    // Writes of the same turn of the event loop share the commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commitOnce();
    this.#committing = undefined;
  }

  async #commitOnce(): Promise<void> {
    const batch = new WriteBatch(this);
    const done: { write: WaitingWrite; value: unknown }[] = [];
    let taken = 0;
    while (taken < this.#waiting.length && batch.bytes < MAX_COMMIT_BYTES) {
      const write = this.#waiting[taken++] as WaitingWrite;
      try {
        done.push({ write, value: write.run(batch) });
      } catch (error) {
        write.reject(error);
      }
    }
    this.#waiting = this.#waiting.slice(taken);
    try {
      const writes = batch.finish();
      if (writes.length > 0) await this.tables.commit(writes);
    } catch (error) {
      for (const { write } of done) write.reject(error);
      return;
    }
    this.#adopt(batch);
    for (const { write, value } of done) write.resolve(value as never);
  }

  #adopt(batch: WriteBatch): void {
    const advanced = batch.state.updateSeq !== this.state.updateSeq;
    this.state = batch.state;
    this.settings = batch.settings;
    for (const sequence of batch.addedSequences) this.#counts.add(sequence);
    for (const sequence of batch.removedSequences) this.#counts.remove(sequence);
    if (advanced) this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #readMeta<T>(key: Buffer, fresh: T): T {
    const bytes = this.tables.get('meta', key);
    if (bytes === undefined) return fresh;
    try {
      return JSON.parse(bytes.toString('utf8')) as T;
    } catch (error) {
      throw new EmbeddedError('EMBEDDED_CORRUPT', `database ${this.identity.name} has unreadable counters`, { cause: error });
    }
  }
}
