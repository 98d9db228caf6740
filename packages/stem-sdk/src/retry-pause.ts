const FIRST_RETRY_MS = 100;

/** How long to wait before a watch is tried again, in milliseconds: longer after each attempt, up to the limit, with full jitter. */
export function retryPauseMs({ maxRetryMs, random }: { readonly maxRetryMs: number; readonly random: () => number }, attempts: number): number {
  return random() * Math.min(maxRetryMs, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20));
}
