/** The times by which neurons are judged, all in milliseconds of the judge's own monotonic clock. */
export interface MembershipTimes {
  /** Between two pings of each neuron. Default {@link DEFAULT_PING_INTERVAL_MS}. */
  readonly pingIntervalMs: number;
  /** How long an answer to a ping may take. Default {@link DEFAULT_PING_TIMEOUT_MS}. */
  readonly pingTimeoutMs: number;
  /** Between two renewals of the own lease. Default {@link DEFAULT_RENEW_INTERVAL_MS}. */
  readonly renewIntervalMs: number;
  /** Since its last change, after which a lease is stale. Default {@link DEFAULT_LEASE_TTL_MS}. */
  readonly leaseTtlMs: number;
  /** The same where the neuron's host refuses connections at once, as it does when the process is gone. Default {@link DEFAULT_REFUSED_LEASE_TTL_MS}. */
  readonly refusedLeaseTtlMs: number;
  /** Own standstill after which what was gathered about others is worth nothing, and the own lease is looked at before serving. Default {@link DEFAULT_STANDSTILL_MS}. */
  readonly standstillMs: number;
  /** How long nothing is cleaned up after more than half of all neurons have vanished at once. Default {@link DEFAULT_MASS_HOLD_MS}. */
  readonly massHoldMs: number;
  /** How long the next candidate waits for the one before it to clean up. Default {@link DEFAULT_JANITOR_STEP_MS}. */
  readonly janitorStepMs: number;
}

/** Default of {@link MembershipTimes.pingIntervalMs}, in milliseconds. */
export const DEFAULT_PING_INTERVAL_MS = 1000;
/** Default of {@link MembershipTimes.pingTimeoutMs}, in milliseconds. */
export const DEFAULT_PING_TIMEOUT_MS = 900;
/** Default of {@link MembershipTimes.renewIntervalMs}, in milliseconds. */
export const DEFAULT_RENEW_INTERVAL_MS = 1500;
/** Default of {@link MembershipTimes.leaseTtlMs}, in milliseconds. */
export const DEFAULT_LEASE_TTL_MS = 4000;
/** Default of {@link MembershipTimes.refusedLeaseTtlMs}, in milliseconds. */
export const DEFAULT_REFUSED_LEASE_TTL_MS = 2000;
/** Default of {@link MembershipTimes.standstillMs}, in milliseconds. */
export const DEFAULT_STANDSTILL_MS = 1500;
/** Default of {@link MembershipTimes.massHoldMs}, in milliseconds. */
export const DEFAULT_MASS_HOLD_MS = 60_000;
/** Default of {@link MembershipTimes.janitorStepMs}, in milliseconds. */
export const DEFAULT_JANITOR_STEP_MS = 2000;

/** Pings without an answer, one after the other, from which on a neuron may be dead. */
export const MISSED_PINGS = 3;
/** The same where its host refuses connections at once. */
export const REFUSED_PINGS = 2;

/** All times at their defaults. */
export const DEFAULT_MEMBERSHIP_TIMES: MembershipTimes = Object.freeze({
  pingIntervalMs: DEFAULT_PING_INTERVAL_MS,
  pingTimeoutMs: DEFAULT_PING_TIMEOUT_MS,
  renewIntervalMs: DEFAULT_RENEW_INTERVAL_MS,
  leaseTtlMs: DEFAULT_LEASE_TTL_MS,
  refusedLeaseTtlMs: DEFAULT_REFUSED_LEASE_TTL_MS,
  standstillMs: DEFAULT_STANDSTILL_MS,
  massHoldMs: DEFAULT_MASS_HOLD_MS,
  janitorStepMs: DEFAULT_JANITOR_STEP_MS,
});

/** Whether answers of the last so many milliseconds still say that a neuron is there: two pings and the patience for one. */
export function answerValidMs({ pingIntervalMs, pingTimeoutMs }: MembershipTimes): number {
  return 2 * pingIntervalMs + pingTimeoutMs;
}
