import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { EmbeddedError } from '../errors.ts';
import { checkDataFile } from './file-check.ts';

/** A table: bytes to bytes, ordered by key. */
export type Table = Database<Buffer, Buffer>;

const TABLE_NAMES = ['documents', 'live', 'changes', 'bodies', 'local', 'attachments', 'purges', 'meta'] as const;

/** The tables of one database's files. */
export type TableName = (typeof TABLE_NAMES)[number];

/** One write: without a value the key is removed. */
export interface TableWrite {
  readonly table: TableName;
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** Keys (document ids) of up to 4,026 bytes need pages of 8 KiB. */
const PAGE_SIZE = 8192;

/** The longest key the engine takes, in bytes. */
export const MAX_KEY_BYTES = 4026;

/** The files of one database: an LMDB environment whose commits are on disk before they are acknowledged. */
export class Tables {
  readonly #environment: RootDatabase<Buffer, Buffer>;
  readonly #tables: Readonly<Record<TableName, Table>>;
  #closing: Promise<void> | undefined;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    checkDataFile(join(directory, 'data.mdb'), PAGE_SIZE);
    const binary = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const;
    let environment: RootDatabase<Buffer, Buffer> | undefined;
    try {
      environment = open<Buffer, Buffer>({
        path: directory,
        pageSize: PAGE_SIZE,
        maxDbs: TABLE_NAMES.length + 2,
        // A commit is acknowledged when it is flushed, and not visible before.
        overlappingSync: false,
        // The engine's implicit batches make a promise nobody can get at, whose rejection would end the process when the disk
        // is full; every write here is in an explicit one.
        eventTurnBatching: false,
        noSubdir: false,
        ...binary,
      });
      const root = environment;
      const tables = TABLE_NAMES.map((name) => [name, root.openDB<Buffer, Buffer>({ name, ...binary })] as const);
      this.#environment = root;
      this.#tables = Object.fromEntries(tables) as Record<TableName, Table>;
    } catch (error) {
      // The first failure is the one to tell; closing what is damaged may fail too.
      environment?.close().catch(() => undefined);
      throw new EmbeddedError('EMBEDDED_CORRUPT', `the database files in ${directory} cannot be opened: ${messageOf(error)}`, { cause: error });
    }
  }

  /** A copy of the value. */
  get(table: TableName, key: Buffer): Buffer | undefined {
    return this.#open(table).getBinary(key);
  }

  /** The value in a shared buffer that the next read overwrites. */
  peek(table: TableName, key: Buffer): Buffer | undefined {
    const shared = this.#open(table).getBinaryFast(key);
    // The engine sets a length of its own on its buffer, which not every function of Buffer heeds.
    return shared?.subarray(0, shared.length);
  }

  /** Entries from `start`, in order; `end` is exclusive, in either direction. */
  range(table: TableName, range: { start?: Buffer; end?: Buffer; reverse?: boolean; limit?: number; exclusiveStart?: boolean }): Iterable<{ key: Buffer; value: Buffer }> {
    return this.#open(table).getRange(range);
  }

  /** Keys only. */
  keys(table: TableName, range: { start?: Buffer; end?: Buffer; limit?: number } = {}): Iterable<Buffer> {
    return this.#open(table).getKeys(range);
  }

  countKeys(table: TableName, range: { start?: Buffer; end?: Buffer }): number {
    return this.#open(table).getKeysCount(range);
  }

  /** Writes all of it or nothing, and resolves when it is on disk. */
  async commit(writes: readonly TableWrite[]): Promise<void> {
    const pending = new Set<PromiseLike<unknown>>();
    pending.add(
      this.#environment.batch(() => {
        for (const { table, key, value } of writes) {
          pending.add(value === undefined ? this.#tables[table].remove(key) : this.#tables[table].put(key, value));
        }
      }),
    );
    const outcomes = await Promise.allSettled(pending);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) return;
    throw new EmbeddedError('EMBEDDED_STORAGE', `a commit failed: ${await reasonOf(failed.reason)}`, { cause: failed.reason });
  }

  /** Bytes on disk and in use, as far as the engine knows. */
  sizes(): { file: number; active: number } {
    const stats = this.#environment.getStats() as { mapSize?: number; lastPageNumber?: number; pageSize?: number; free?: { entryCount?: number } };
    const file = ((stats.lastPageNumber ?? 0) + 1) * (stats.pageSize ?? 8192);
    return { file, active: file };
  }

  close(): Promise<void> {
    this.#closing ??= this.#environment.close();
    return this.#closing;
  }

  /** A read while the engine closes would leave behind a timer of its own that throws at nobody: it is refused. */
  #open(table: TableName): Table {
    if (this.#closing !== undefined) throw new EmbeddedError('EMBEDDED_CLOSED', 'the database is closing');
    return this.#tables[table];
  }
}

/** The engine hides the reason of a failed commit behind a promise that rejects with it. */
async function reasonOf(error: unknown): Promise<string> {
  const hidden = error instanceof Error && 'commitError' in error ? error.commitError : undefined;
  if (!(hidden instanceof Promise)) return messageOf(error);
  const told = hidden.then(
    () => messageOf(error),
    (reason: unknown) => messageOf(reason),
  );
  // It rejects in the same turn as the commit's own promise; when it does not, there is nothing more to learn.
  return Promise.race([told, new Promise<string>((resolve) => setImmediate(resolve, messageOf(error)))]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
