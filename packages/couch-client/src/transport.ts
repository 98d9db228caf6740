/** One HTTP request to a CouchDB-protocol server, relative to its base URL. */
export interface TransportRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, already encoded, beginning with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body; strings are sent as UTF-8. */
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Milliseconds until the response's headers must have arrived; 0: no limit (a feed's headers may come late). */
  readonly headersTimeoutMs?: number;
  /** Milliseconds between two pieces of the body; 0: no limit (the follower keeps its own deadline). */
  readonly bodyTimeoutMs?: number;
  /** The answer goes on for long, and is read with `borrow` where there is one: it gets a connection of its own where that makes it cheaper, without timeouts. */
  readonly streaming?: boolean;
}

/** Takes a piece of a body, which holds during the call only. Nothing more comes until a promise that it answers has resolved; one that rejects ends the body. */
export type BorrowedPieces = (piece: Uint8Array) => Promise<void> | undefined | void;

/** A response whose body has not been read yet. Its owner must read it, or `discard` it. */
export interface TransportResponse {
  readonly status: number;
  /** Header names in lower case; repeated headers joined by `, ` except `set-cookie`, which stays a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body in pieces as they arrive. Leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Hands the body over in pieces as they arrive, without copies; resolves at its end. Absent where there is only {@link TransportResponse.body}. */
  borrow?(take: BorrowedPieces): Promise<void>;
  /** The whole body as text; rejects past `maxBytes` (default: the transport's own limit). */
  text(maxBytes?: number): Promise<string>;
  /** Gives the connection back (or closes it) without reading the rest. */
  discard(): Promise<void>;
}

/**
 * What carries requests. The default is undici over TCP or TLS; tests and simulations hand in their own.
 * A request that could not be carried rejects with a `CouchError` of code `COUCH_UNREACHABLE`, `COUCH_TIMEOUT` or
 * `COUCH_ABORTED`.
 */
export interface CouchTransport {
  request(request: TransportRequest): Promise<TransportResponse>;
  close(): Promise<void>;
}
