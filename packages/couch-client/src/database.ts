import type { CouchClient, CouchJsonRequest, CouchJsonResponse, CouchRequest } from './client.ts';
import { encodeDatabaseName, encodeDocumentId, type Query } from './encoding.ts';
import { CouchError } from './errors.ts';
import type { TransportResponse } from './transport.ts';

/** What `GET /{db}` tells (CouchDB API, "api/database/common"). Unknown fields are kept out. */
export interface DatabaseInfo {
  readonly name: string;
  /** Opaque; differs between two lives of a database of the same name (since CouchDB 3.3; `"0"` before). */
  readonly instanceStartTime: string;
  /** Opaque; grows when documents are purged. */
  readonly purgeSeq: string;
  /** Opaque; the position behind the newest change. */
  readonly updateSeq: string;
  readonly documentCount: number;
  readonly deletedCount: number;
  /** Bytes of the database's files, or `undefined` where the server does not tell. */
  readonly fileBytes: number | undefined;
}

/** A document as CouchDB returns it. */
export type CouchDocument = { readonly _id: string; readonly _rev: string; readonly _deleted?: boolean } & Readonly<Record<string, unknown>>;

/** One database of a {@link CouchClient}. Paths of its requests are relative to the database. */
export class CouchDatabase {
  readonly client: CouchClient;
  /** Name as given. */
  readonly name: string;
  /** Encoded path, such as `/my%2Fdb`. */
  readonly path: string;
  readonly #signal: AbortSignal | undefined;

  /** Aborting `signal` ends every request made through this object. Throws `COUCH_BAD_REQUEST` when the name is empty. */
  constructor(client: CouchClient, name: string, signal?: AbortSignal) {
    this.client = client;
    this.name = name;
    this.path = `/${encodeDatabaseName(name)}`;
    this.#signal = signal;
  }

  /** Like `CouchClient.request`; `path` is relative to the database (`/_changes`; the empty string for the database itself). */
  request(request: CouchRequest): Promise<TransportResponse> {
    return this.client.request(this.#bound(request));
  }

  /** Like `CouchClient.json`; `path` is relative to the database. */
  json<T = unknown>(request: CouchJsonRequest): Promise<CouchJsonResponse<T>> {
    return this.client.json<T>(this.#bound(request));
  }

  #bound<Request extends CouchRequest>(request: Request): Request {
    const bound = { ...request, path: this.path + request.path };
    if (this.#signal === undefined) return bound;
    return { ...bound, signal: request.signal === undefined ? this.#signal : AbortSignal.any([request.signal, this.#signal]) };
  }

  /** Encoded path of a document, relative to the database. */
  documentPath(id: string): string {
    return `/${encodeDocumentId(id)}`;
  }

  /** Reads what the server tells of the database. `COUCH_NOT_FOUND` when it does not exist, `COUCH_BAD_RESPONSE` for an answer of another shape. */
  async info(signal?: AbortSignal): Promise<DatabaseInfo> {
    const { body } = await this.json({ path: '', signal });
    return readDatabaseInfo(body);
  }

  /** Creates the database; answers false when it is there already. `shards` and `replicas` are CouchDB's `q` and `n`. */
  async create(options: { readonly shards?: number; readonly replicas?: number; readonly signal?: AbortSignal } = {}): Promise<boolean> {
    const { status } = await this.json({
      method: 'PUT',
      path: '',
      query: { q: options.shards, n: options.replicas },
      signal: options.signal,
      allow: [412],
    });
    return status !== 412;
  }

  /** Deletes the database with all it holds; answers false when it is not there. */
  async remove(signal?: AbortSignal): Promise<boolean> {
    const { status } = await this.json({ method: 'DELETE', path: '', signal, allow: [404] });
    return status !== 404;
  }

  /** Reads a document, or `undefined` when it is missing or deleted. */
  async get<T extends object = CouchDocument>(id: string, options: { readonly query?: Query; readonly signal?: AbortSignal } = {}): Promise<T | undefined> {
    const { status, body } = await this.json<T>({
      path: this.documentPath(id),
      ...(options.query === undefined ? {} : { query: options.query }),
      signal: options.signal,
      allow: [404],
    });
    if (status !== 404) return body;
    this.#refuseMissingDatabase(body);
    return undefined;
  }

  /**
   * Writes a document (its `_rev` guards the write) and answers with the new revision. `durable` is false when the server accepted it below its
   * quorum (202). `COUCH_CONFLICT` when the revision is not the current one.
   */
  async put(id: string, document: object, signal?: AbortSignal): Promise<{ readonly rev: string; readonly durable: boolean }> {
    const { status, body } = await this.json<{ rev?: unknown } | undefined>({ method: 'PUT', path: this.documentPath(id), body: document, signal });
    if (typeof body?.rev !== 'string') {
      throw new CouchError('COUCH_BAD_RESPONSE', `PUT ${this.path}: no revision in the answer`, { status, outcomeUnknown: true });
    }
    return { rev: body.rev, durable: status !== 202 };
  }

  /** A 404 for a document and one for its database differ only in the reason. */
  #refuseMissingDatabase(body: unknown): void {
    const reason = (body as { reason?: unknown } | undefined)?.reason;
    if (reason !== 'no_db_file' && reason !== 'Database does not exist.') return;
    throw new CouchError('COUCH_NOT_FOUND', `${this.path}: 404 ${reason}`, { status: 404, error: 'not_found', reason });
  }
}

/** Reads the body of `GET /{db}`. Pure. Throws `COUCH_BAD_RESPONSE` when it is not such a body. */
export function readDatabaseInfo(body: unknown): DatabaseInfo {
  if (typeof body !== 'object' || body === null) throw new CouchError('COUCH_BAD_RESPONSE', 'the database information is not an object');
  const { db_name, instance_start_time, purge_seq, update_seq, doc_count, doc_del_count, sizes } = body as Record<string, unknown>;
  if (typeof db_name !== 'string' || update_seq === undefined) {
    throw new CouchError('COUCH_BAD_RESPONSE', 'the database information lacks db_name or update_seq');
  }
  const file = (sizes as { file?: unknown } | undefined)?.file;
  return {
    name: db_name,
    instanceStartTime: opaque(instance_start_time),
    purgeSeq: opaque(purge_seq),
    updateSeq: opaque(update_seq),
    documentCount: typeof doc_count === 'number' ? doc_count : 0,
    deletedCount: typeof doc_del_count === 'number' ? doc_del_count : 0,
    fileBytes: typeof file === 'number' ? file : undefined,
  };
}

/** Sequences and start times are opaque: numbers on old servers, strings on new ones, kept as text. */
function opaque(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '0' : JSON.stringify(value);
}
