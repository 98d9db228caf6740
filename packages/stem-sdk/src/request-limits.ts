/** Default milliseconds that one request may take. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 35_000;
/** Default of the bytes that one answer may have: 256 MiB. */
export const DEFAULT_MAX_ANSWER_BYTES = 268_435_456;
