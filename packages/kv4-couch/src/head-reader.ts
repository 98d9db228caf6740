import type { CouchDatabase } from '@xir/couch-client';
import { headReadOf, type HeadRead } from './head-read.ts';
import { readLeafDocuments } from './leaf-documents.ts';

interface Waiting {
  readonly id: string;
  readonly resolve: (read: HeadRead) => void;
  readonly reject: (error: unknown) => void;
}

/** Default number of head reads on their way at once. */
export const DEFAULT_MAX_CONCURRENT_READS = 8;
/** Default number of heads in one read. */
export const DEFAULT_MAX_READ_DOCUMENTS = 200;

/**
 * Reads single heads together: while reads are on their way, further ones wait and leave as one request. Nothing lingers when there is a free slot,
 * and every caller's read begins after its call.
 */
export class HeadReader {
  readonly #database: CouchDatabase;
  readonly #signal: AbortSignal;
  #waiting: Waiting[] = [];
  #active = 0;

  constructor(database: CouchDatabase, signal: AbortSignal) {
    this.#database = database;
    this.#signal = signal;
  }

  /** Reads of single heads that wait. */
  get queued(): number {
    return this.#waiting.length;
  }

  /** Reads one head. Rejects with a `CouchError`. */
  read(id: string): Promise<HeadRead> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve, reject });
      this.#pump();
    });
  }

  /** Reads many heads in one request. Rejects with a `CouchError`. */
  async readMany(ids: readonly string[], signal: AbortSignal | undefined = this.#signal): Promise<Map<string, HeadRead>> {
    const leaves = await readLeafDocuments(this.#database, [...new Set(ids)], { signal });
    return new Map([...leaves].map(([id, found]) => [id, headReadOf(id, found)]));
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#active < DEFAULT_MAX_CONCURRENT_READS) {
      const batch = this.#waiting.splice(0, DEFAULT_MAX_READ_DOCUMENTS);
      this.#active += 1;
      void this.#run(batch);
    }
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    try {
      const reads = await this.readMany(batch.map((waiting) => waiting.id));
      for (const { id, resolve } of batch) resolve(reads.get(id) ?? { id, state: 'missing', conflicts: [] });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#active -= 1;
      this.#pump();
    }
  }
}
