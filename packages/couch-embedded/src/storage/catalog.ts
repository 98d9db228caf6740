import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError } from '../errors.ts';
import { Database, type DatabaseIdentity } from './database.ts';

interface CatalogFile {
  readonly format: 1;
  /** The server's own uuid. */
  readonly uuid: string;
  /** Key of session cookies, hexadecimal. */
  readonly secret: string;
  readonly databases: readonly DatabaseIdentity[];
}

/** Which databases exist. Each has its own files, named after its uuid; the list is one small file, replaced atomically. */
export class Catalog {
  readonly #directory: string;
  readonly #open = new Map<string, Database>();
  #closing: Promise<void> | undefined;
  readonly #identities = new Map<string, DatabaseIdentity>();
  readonly uuid: string;
  readonly secret: Buffer;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(this.#filesDirectory, { recursive: true, mode: 0o700 });
    const stored = this.#read();
    this.uuid = stored?.uuid ?? randomBytes(16).toString('hex');
    this.secret = stored === undefined ? randomBytes(32) : Buffer.from(stored.secret, 'hex');
    for (const identity of stored?.databases ?? []) this.#identities.set(identity.name, identity);
    if (stored === undefined) this.#save();
    this.#removeOrphans();
  }

  names(): string[] {
    return [...this.#identities.keys()].sort();
  }

  get size(): number {
    return this.#identities.size;
  }

  has(name: string): boolean {
    return this.#identities.has(name);
  }

  /** The database of that name, its files opened on first use. */
  get(name: string): Database | undefined {
    // Never opened a second time beside commits that are still under way: two owners of the same counters would ruin them.
    if (this.#closing !== undefined) throw new EmbeddedError('EMBEDDED_CLOSED', 'the server is closing');
    const opened = this.#open.get(name);
    if (opened !== undefined) return opened;
    const identity = this.#identities.get(name);
    if (identity === undefined) return undefined;
    const database = new Database(join(this.#filesDirectory, identity.uuid), identity);
    this.#open.set(name, database);
    return database;
  }

  create(name: string, createdSeconds: number): Database {
    const identity: DatabaseIdentity = { name, uuid: randomBytes(16).toString('hex'), createdSeconds };
    this.#identities.set(name, identity);
    try {
      this.#save();
      return this.get(name) as Database;
    } catch (error) {
      this.#identities.delete(name);
      throw error;
    }
  }

  async delete(name: string): Promise<boolean> {
    const identity = this.#identities.get(name);
    if (identity === undefined) return false;
    this.#identities.delete(name);
    try {
      this.#save();
    } catch (error) {
      this.#identities.set(name, identity);
      throw error;
    }
    const database = this.#open.get(name);
    this.#open.delete(name);
    await database?.close();
    rmSync(join(this.#filesDirectory, identity.uuid), { recursive: true, force: true });
    return true;
  }

  /** Closes every database; from now on none can be got. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#open.values()].map((database) => database.close())).then(() => undefined);
    return this.#closing;
  }

  get #filesDirectory(): string {
    return join(this.#directory, 'databases');
  }

  get #path(): string {
    return join(this.#directory, 'catalog.json');
  }

  #read(): CatalogFile | undefined {
    if (!existsSync(this.#path)) {
      if (readdirSync(this.#filesDirectory).length === 0) return undefined;
      throw new EmbeddedError('EMBEDDED_CORRUPT', `${this.#path} is missing although there are database files`);
    }
    try {
      const parsed = JSON.parse(readFileSync(this.#path, 'utf8')) as CatalogFile;
      if (parsed.format === 1 && Array.isArray(parsed.databases) && parsed.secret.length >= 32) return parsed;
    } catch (error) {
      throw new EmbeddedError('EMBEDDED_CORRUPT', `${this.#path} cannot be read`, { cause: error });
    }
    throw new EmbeddedError('EMBEDDED_CORRUPT', `${this.#path} has an unknown format`);
  }

  #save(): void {
    const content: CatalogFile = { format: 1, uuid: this.uuid, secret: this.secret.toString('hex'), databases: [...this.#identities.values()] };
    const temporary = `${this.#path}.new`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(content));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.#path);
    const directory = openSync(this.#directory, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  /** Files of a database whose deletion was recorded but not finished. */
  #removeOrphans(): void {
    const known = new Set([...this.#identities.values()].map((identity) => identity.uuid));
    for (const name of readdirSync(this.#filesDirectory)) {
      if (/^[0-9a-f]{32}$/.test(name) && !known.has(name)) rmSync(join(this.#filesDirectory, name), { recursive: true, force: true });
    }
  }
}
