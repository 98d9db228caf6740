import { AccountsError } from './errors.ts';

/** Runs at most so many jobs at a time; more wait in order, and past a limit are refused. */
export class JobLimiter {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: Array<() => void> = [];
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** Runs a job when its turn comes. Throws `ACCOUNTS_BUSY` when too many wait already. */
  async run<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#maxRunning) {
      if (this.#waiting.length >= this.#maxWaiting) throw new AccountsError('ACCOUNTS_BUSY', 'too many logins are being verified');
      // The one that finishes hands its place over, so the count stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
