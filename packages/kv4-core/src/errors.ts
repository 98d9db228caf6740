/** The stable codes of {@link Kv4Error}. Messages may change between versions, codes may not. */
export const KV4_ERROR_CODES = [
  'KV4_ALREADY_EXISTS',
  'KV4_BAD_ADDRESS',
  'KV4_BAD_OPTION',
  'KV4_BAD_VALUE',
  'KV4_BUSY',
  'KV4_CLOSED',
  'KV4_FRESHNESS_UNPROVED',
  'KV4_NOT_FOUND',
  'KV4_OUTCOME_UNKNOWN',
  'KV4_REJECTED',
  'KV4_UNAVAILABLE',
  'KV4_UNSUPPORTED',
  'KV4_VALUE_TOO_LARGE',
  'KV4_VERSION_CONFLICT',
  'KV4_VERSION_MISSING',
] as const;

/** A code of {@link Kv4Error}. */
export type Kv4ErrorCode = (typeof KV4_ERROR_CODES)[number];

/** What a {@link Kv4Error} may carry besides its message. */
export interface Kv4ErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** The version that stands, for `KV4_VERSION_CONFLICT`, `KV4_VERSION_MISSING` and `KV4_ALREADY_EXISTS`. */
  readonly currentVersion?: string;
}

/** Every failure a {@link Kv4Store} reports on purpose. Match on `code`, not on the class or the message. */
export class Kv4Error extends Error {
  override readonly name = 'Kv4Error';
  readonly code: Kv4ErrorCode;
  readonly currentVersion: string | undefined;

  constructor(code: Kv4ErrorCode, message: string, details: Kv4ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.currentVersion = details.currentVersion;
  }
}
