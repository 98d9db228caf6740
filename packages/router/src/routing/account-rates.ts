import { RouterError } from '../errors.ts';
import { RateLimit } from './rate-limit.ts';

/** How many messages each account may send. */
export class AccountRates {
  readonly #perSecond: number;
  readonly #rates = new Map<string, RateLimit>();
  /** Messages that were refused. */
  refused = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Throws `ROUTER_RATE_LIMITED` where an account may not send a message now; a peer has a rate of its own besides. */
  admit(bucket: string, nowMs: number, own?: RateLimit): void {
    if (own?.take(nowMs) !== false && this.#rateOf(bucket, nowMs).take(nowMs)) return;
    this.refused += 1;
    throw new RouterError('ROUTER_RATE_LIMITED', 'too many messages in a second');
  }

  /** Forgets who has not sent for long. */
  sweep(nowMs: number): void {
    for (const [bucket, rate] of this.#rates) if (rate.isIdle(nowMs)) this.#rates.delete(bucket);
  }

  #rateOf(bucket: string, nowMs: number): RateLimit {
    let rate = this.#rates.get(bucket);
    if (rate === undefined) this.#rates.set(bucket, (rate = new RateLimit(this.#perSecond, nowMs)));
    return rate;
  }
}
