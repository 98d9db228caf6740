import { systemClock, type Clock } from '@xir/couch-client';

/** How long something may take to be closed. */
export interface ClosingLimit {
  /** Milliseconds at the end of the time for everything that are kept for what is closed behind it. Without it, it is waited for. */
  readonly reserveMs?: number;
}

interface Closer extends ClosingLimit {
  readonly name: string;
  readonly close: () => Promise<void>;
}

/** Milliseconds kept for what is closed behind the router, the membership, and the memory: all of them wait for the database, which may not answer. */
export const ROUTER_RESERVE_MS = 4_000;
export const MEMBERSHIP_RESERVE_MS = 2_500;
export const MEMORY_RESERVE_MS = 1_000;
/** Least milliseconds that anything has, however late it is. */
const LEAST_MS = 250;

/** Things that were opened, to be closed in the opposite order. */
export class ClosingStack {
  readonly #closers: Closer[] = [];
  readonly #onError: (name: string, error: unknown) => void;
  readonly #clock: Clock;
  #closing: Promise<void> | undefined;

  /** `onError` is told what could not be closed, or not in time; the rest is closed all the same. */
  constructor(onError: (name: string, error: unknown) => void, clock: Clock = systemClock) {
    this.#onError = onError;
    this.#clock = clock;
  }

  /** Takes note of something that was opened, and hands it back. */
  add<Opened extends { close(): Promise<void> }>(name: string, opened: Opened, limit: ClosingLimit = {}): Opened {
    this.#closers.push({ name, close: () => opened.close(), ...limit });
    return opened;
  }

  /** Closes everything, last opened first, those with a limit within so many milliseconds. Idempotent; never rejects. */
  close(withinMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#closing ??= this.#closeAll(this.#clock.monotonic() + withinMs);
    return this.#closing;
  }

  async #closeAll(endMs: number): Promise<void> {
    for (let next = this.#closers.pop(); next !== undefined; next = this.#closers.pop()) {
      try {
        await this.#closeInTime(next, endMs);
      } catch (error) {
        this.#onError(next.name, error);
      }
    }
  }

  async #closeInTime({ close, reserveMs }: Closer, endMs: number): Promise<void> {
    if (reserveMs === undefined || endMs === Number.POSITIVE_INFINITY) return close();
    const limitMs = Math.max(LEAST_MS, endMs - reserveMs - this.#clock.monotonic());
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.schedule(limitMs, () => reject(new Error(`it took longer than ${Math.round(limitMs)} ms, and is left as it is`)));
      close().then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
