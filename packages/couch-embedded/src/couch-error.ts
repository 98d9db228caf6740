/** What a refusal may carry besides its body. */
export interface RefusalDetails {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * A refusal in CouchDB's own shape: HTTP status and the body `{"error":…,"reason":…}`.
 * Thrown by request handlers and storage operations, turned into an answer at the edge.
 */
export class CouchRefusal extends Error {
  override readonly name = 'CouchRefusal';
  readonly status: number;
  readonly error: string;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: string, reason: string, details: RefusalDetails = {}) {
    super(`${error}: ${reason}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = status;
    this.error = error;
    this.reason = reason;
    this.headers = details.headers ?? {};
  }
}

export const badRequest = (reason: string) => new CouchRefusal(400, 'bad_request', reason);
export const notFound = (reason = 'missing') => new CouchRefusal(404, 'not_found', reason);
export const noDatabase = () => notFound('Database does not exist.');
export const conflict = () => new CouchRefusal(409, 'conflict', 'Document update conflict.');
export const queryParseError = (reason: string) => new CouchRefusal(400, 'query_parse_error', reason);
export const illegalDocumentId = (reason: string) => new CouchRefusal(400, 'illegal_docid', reason);
export const documentTooLarge = (id: string) => new CouchRefusal(413, 'document_too_large', id);
export const unauthorized = (reason: string) => new CouchRefusal(401, 'unauthorized', reason);
export const forbidden = (reason: string) => new CouchRefusal(403, 'forbidden', reason);
export const notImplemented = (reason: string) => new CouchRefusal(501, 'not_implemented', reason);

export function methodNotAllowed(allowed: readonly string[]): CouchRefusal {
  const list = allowed.join(',');
  return new CouchRefusal(405, 'method_not_allowed', `Only ${list} allowed`, { headers: { Allow: list } });
}
