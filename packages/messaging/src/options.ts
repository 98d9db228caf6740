import type { TokenClaims } from '@xir/protocol';
import type { Router, SlowReceiverPolicy, Standing } from '@xir/router';

/** Default of {@link MessagingLimits.maxBatchMessages}. */
export const DEFAULT_MAX_BATCH_MESSAGES = 1_000;
/** Default of {@link MessagingLimits.maxSessions}. */
export const DEFAULT_MAX_SESSIONS = 10_000;
/** Default of {@link MessagingLimits.maxPublishers}. */
export const DEFAULT_MAX_PUBLISHERS = 10_000;
/** Default of {@link MessagingLimits.maxQueuedBytes}: 256 KiB. */
export const DEFAULT_MAX_QUEUED_BYTES = 262_144;
/** Default of {@link MessagingLimits.pollLeaseMs}. */
export const DEFAULT_POLL_LEASE_MS = 30_000;
/** Default of {@link MessagingLimits.maxPollWaitMs}. */
export const DEFAULT_MAX_POLL_WAIT_MS = 25_000;
/** Longest life of a session that nobody polls, in seconds, as `expire` of `_subs` may ask for it. */
export const MAX_HELD_SECONDS = 3_600;

/** What bounds messaging over HTTP. */
export interface MessagingLimits {
  /** Messages of one request. */
  readonly maxBatchMessages: number;
  /** Peers over HTTP at a time: streams, and those that poll. */
  readonly maxSessions: number;
  /** Senders (bucket, user and device) whose order is remembered; the ones that were used last. */
  readonly maxPublishers: number;
  /** Bytes of events that wait for one receiver, before the policy of the channel decides. */
  readonly maxQueuedBytes: number;
  /** Milliseconds from the end of a poll in which the next has to come. */
  readonly pollLeaseMs: number;
  /** Most milliseconds that a poll waits; it has to be below the time in which REST answers. */
  readonly maxPollWaitMs: number;
}

/** How messaging over HTTP is made. */
export interface MessagingOptions {
  /** Not closed with it. */
  readonly router: Router;
  /** Whether somebody with these claims may connect to that path now; default: yes. */
  readonly mayConnect?: (claims: TokenClaims, path: string) => Promise<boolean>;
  /** What happens to slow receivers on a channel; default: `cut`. */
  readonly slowReceiverPolicy?: (bucket: string, path: string) => SlowReceiverPolicy;
  /** What this neuron is to its clients now; default: it serves them. */
  readonly standing?: () => Standing;
  /** With the system secret, `_webhooks` is served too; default: it is not. */
  readonly webhooks?: { readonly systemSecret: string };
  readonly limits?: Partial<MessagingLimits>;
}

/** The limits with defaults for what was not given. Throws `TypeError` for a limit that is no positive number. */
export function completeLimits(limits: Partial<MessagingLimits> = {}): MessagingLimits {
  const complete: MessagingLimits = {
    maxBatchMessages: limits.maxBatchMessages ?? DEFAULT_MAX_BATCH_MESSAGES,
    maxSessions: limits.maxSessions ?? DEFAULT_MAX_SESSIONS,
    maxPublishers: limits.maxPublishers ?? DEFAULT_MAX_PUBLISHERS,
    maxQueuedBytes: limits.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
    pollLeaseMs: limits.pollLeaseMs ?? DEFAULT_POLL_LEASE_MS,
    maxPollWaitMs: limits.maxPollWaitMs ?? DEFAULT_MAX_POLL_WAIT_MS,
  };
  for (const [name, value] of Object.entries(complete)) if (!(value >= 1)) throw new TypeError(`${name} must be at least 1`);
  return complete;
}
