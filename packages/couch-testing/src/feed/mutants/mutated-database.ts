import { CouchDatabase, CouchError, type CouchJsonRequest, type CouchJsonResponse, type CouchRequest, type DatabaseInfo, type TransportResponse } from '@xir/couch-client';

/** What a mutant does to a follower's conversation with its database. */
export interface DatabaseMutation {
  request?(request: CouchRequest): CouchRequest;
  response?(response: TransportResponse, request: CouchRequest): TransportResponse;
  info?(info: DatabaseInfo): DatabaseInfo;
  error?(error: unknown): unknown;
}

/** A database that misleads its follower in one way. */
export class MutatedDatabase extends CouchDatabase {
  readonly #inner: CouchDatabase;
  readonly #mutation: DatabaseMutation;

  constructor(inner: CouchDatabase, mutation: DatabaseMutation) {
    super(inner.client, inner.name);
    this.#inner = inner;
    this.#mutation = mutation;
  }

  override async request(request: CouchRequest): Promise<TransportResponse> {
    try {
      const response = await this.#inner.request(this.#mutation.request?.(request) ?? request);
      return this.#mutation.response?.(response, request) ?? response;
    } catch (error) {
      throw this.#mutation.error?.(error) ?? error;
    }
  }

  override async json<T = unknown>(request: CouchJsonRequest): Promise<CouchJsonResponse<T>> {
    try {
      return await this.#inner.json<T>(request);
    } catch (error) {
      throw this.#mutation.error?.(error) ?? error;
    }
  }

  override async info(signal?: AbortSignal): Promise<DatabaseInfo> {
    try {
      const info = await this.#inner.info(signal);
      return this.#mutation.info?.(info) ?? info;
    } catch (error) {
      throw this.#mutation.error?.(error) ?? error;
    }
  }
}

/** The response with another body. */
export function withBody(response: TransportResponse, body: AsyncIterable<Uint8Array>): TransportResponse {
  return { status: response.status, headers: response.headers, body, text: (maxBytes) => response.text(maxBytes), discard: () => response.discard() };
}

/** The response with other headers and status. */
export function withHead(response: TransportResponse, head: { readonly status?: number; readonly headers?: TransportResponse['headers'] }): TransportResponse {
  return { ...withBody(response, response.body), status: head.status ?? response.status, headers: head.headers ?? response.headers };
}

/** An ordinary failure of the server in place of a refusal. */
export function disguised(error: unknown): unknown {
  const refusal = error instanceof CouchError && (error.code === 'COUCH_UNAUTHORIZED' || error.code === 'COUCH_FORBIDDEN');
  return refusal ? new CouchError('COUCH_SERVER', 'disguised') : error;
}
