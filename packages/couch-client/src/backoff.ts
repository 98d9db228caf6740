import type { Random } from './clock.ts';

/** Shortest back-off, in milliseconds. */
export const DEFAULT_BACKOFF_BASE_MS = 100;
/** Longest back-off, in milliseconds. */
export const DEFAULT_BACKOFF_MAX_MS = 57_000;

/** Limits of {@link backoffDelayMs}. */
export interface BackoffOptions {
  /** Shortest delay in milliseconds. Default {@link DEFAULT_BACKOFF_BASE_MS}. */
  readonly baseMs?: number;
  /** Longest delay in milliseconds. Default {@link DEFAULT_BACKOFF_MAX_MS}. */
  readonly maxMs?: number;
  /** What the server asked for, in milliseconds: the delay is never shorter. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Milliseconds to wait before try number `attempt` (0 for the first repetition): exponential with full jitter, evenly spread
 * between `baseMs` and `baseMs × 2^(attempt+1)`, capped at `maxMs`. A `retryAfterMs` is added to, never undercut, so that clients
 * who were sent away together do not come back together. Pure.
 */
export function backoffDelayMs(attempt: number, random: Random, options: BackoffOptions = {}): number {
  const base = options.baseMs ?? DEFAULT_BACKOFF_BASE_MS;
  const max = Math.max(base, options.maxMs ?? DEFAULT_BACKOFF_MAX_MS);
  const exponent = Math.min(Math.max(0, Math.floor(attempt)), 30);
  const ceiling = Math.min(max, base * 2 ** (exponent + 1));
  return Math.round((options.retryAfterMs ?? 0) + base + random() * (ceiling - base));
}
