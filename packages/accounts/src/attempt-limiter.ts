/** How many failed logins are heard. */
export interface AttemptLimits {
  /** Failures of one account from one address in a window. */
  readonly maxFailuresPerAccount: number;
  /** Failures from one address in a window, whatever the account. */
  readonly maxFailuresPerAddress: number;
  /** Length of a window, in milliseconds. */
  readonly windowMs: number;
  /** Counters kept; the oldest make room for new ones. */
  readonly maxCounters: number;
}

/** Default limits: 10 per account and address, 100 per address, in a minute. */
export const DEFAULT_ATTEMPT_LIMITS: AttemptLimits = {
  maxFailuresPerAccount: 10,
  maxFailuresPerAddress: 100,
  windowMs: 60_000,
  maxCounters: 100_000,
};

interface Counter {
  readonly endsAtMs: number;
  count: number;
}

/**
 * Counts login attempts in windows, by address and by address and account. An attempt is counted before it is verified, so that parallel guesses
 * count too, and forgiven when it succeeds. Other addresses of the same account are not affected: nobody can lock an owner out.
 */
export class AttemptLimiter {
  readonly #limits: AttemptLimits;
  readonly #counters = new Map<string, Counter>();

  constructor(limits: AttemptLimits) {
    this.#limits = limits;
  }

  /** Counts an attempt. Returns 0 when it may go on, else the milliseconds until the window ends. */
  attempt(address: string, account: string, nowMs: number): number {
    const byAddress = this.#counter(address, nowMs);
    const byAccount = this.#counter(address + '\n' + account, nowMs);
    const waits = [
      byAddress.count >= this.#limits.maxFailuresPerAddress ? byAddress.endsAtMs - nowMs : 0,
      byAccount.count >= this.#limits.maxFailuresPerAccount ? byAccount.endsAtMs - nowMs : 0,
    ];
    const wait = Math.max(...waits);
    if (wait > 0) return wait;
    byAddress.count += 1;
    byAccount.count += 1;
    return 0;
  }

  /** Takes back an attempt that succeeded, or that could not be decided. */
  forgive(address: string, account: string): void {
    for (const key of [address, address + '\n' + account]) {
      const counter = this.#counters.get(key);
      if (counter !== undefined && counter.count > 0) counter.count -= 1;
    }
  }

  #counter(key: string, nowMs: number): Counter {
    const known = this.#counters.get(key);
    if (known !== undefined && known.endsAtMs > nowMs) return known;
    this.#counters.delete(key);
    if (this.#counters.size >= this.#limits.maxCounters) {
      for (const oldest of this.#counters.keys()) {
        this.#counters.delete(oldest);
        break;
      }
    }
    const counter = { endsAtMs: nowMs + this.#limits.windowMs, count: 0 };
    this.#counters.set(key, counter);
    return counter;
  }
}
