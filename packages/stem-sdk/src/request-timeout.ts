/** Default milliseconds that one request may take. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 35_000;
