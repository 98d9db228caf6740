/** What is told about a finished request: enough for a log line, nothing secret (no headers, no query, no body). */
export interface RequestReport {
  /** The service without its underscore; `other` for a path that names none. */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** `ok`, `error` (the envelope says so) or `aborted` (the client left). */
  readonly outcome: 'ok' | 'error' | 'aborted';
  /** The v3 error string. */
  readonly error?: string;
  /** The stable code behind it. */
  readonly code?: string;
  /** The HTTP status that was sent. */
  readonly status: number;
  readonly durationMs: number;
  /** The bucket of the login, once there is one. */
  readonly bucket?: string;
  readonly author?: string;
  readonly remoteAddress: string;
}
