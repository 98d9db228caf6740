/** Default of {@link RespRequestLimits.maxBulkBytes}: 2 MiB, twice the largest value of KV4. */
export const DEFAULT_MAX_BULK_BYTES = 2_097_152;
/** Default of {@link RespRequestLimits.maxArguments}. */
export const DEFAULT_MAX_ARGUMENTS = 65_536;
/** Default of {@link RespRequestLimits.maxRequestBytes}: 16 MiB. */
export const DEFAULT_MAX_REQUEST_BYTES = 16_777_216;
/** Default of {@link RespRequestLimits.maxInlineBytes}: 64 KiB, as in Redis. */
export const DEFAULT_MAX_INLINE_BYTES = 65_536;

/** What bounds a request. */
export interface RespRequestLimits {
  /** Bytes of one argument. */
  readonly maxBulkBytes: number;
  /** Arguments of one request, its name included. */
  readonly maxArguments: number;
  /** Bytes of one request, with its lengths and line ends. */
  readonly maxRequestBytes: number;
  /** Bytes of a request that is written as one line, and of a line with a length. */
  readonly maxInlineBytes: number;
}

/** The limits that hold unless others are given. */
export const DEFAULT_RESP_REQUEST_LIMITS: RespRequestLimits = {
  maxBulkBytes: DEFAULT_MAX_BULK_BYTES,
  maxArguments: DEFAULT_MAX_ARGUMENTS,
  maxRequestBytes: DEFAULT_MAX_REQUEST_BYTES,
  maxInlineBytes: DEFAULT_MAX_INLINE_BYTES,
};

/** What can be wrong with the bytes of a client. The connection is of no use afterwards: where the next request begins is not known. */
export const RESP_PROBLEM_CODES = [
  'RESP_BAD_ARGUMENT_COUNT',
  'RESP_BAD_BULK_LENGTH',
  'RESP_BULK_EXPECTED',
  'RESP_LINE_END_EXPECTED',
  'RESP_LINE_TOO_LONG',
  'RESP_REQUEST_TOO_LARGE',
  'RESP_UNBALANCED_QUOTES',
] as const;

/** A code of {@link RespProblem}. */
export type RespProblemCode = (typeof RESP_PROBLEM_CODES)[number];

/** Why the bytes of a client are no request. */
export interface RespProblem {
  readonly code: RespProblemCode;
  /** In Redis' words where Redis has them; holds nothing of the client's bytes but one printable character. */
  readonly message: string;
}
