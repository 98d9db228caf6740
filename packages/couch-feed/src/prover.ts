import { backoffDelayMs, type Clock, type Random } from '@xir/couch-client';
import { FeedError } from './errors.ts';
import type { FreshnessProof, ProbeResult, ProveOptions } from './feed.ts';
import { DEFAULT_PROVE_TIMEOUT_MS } from './options.ts';

/** What the prover asks of the follower. */
export interface ProvableFeed {
  /** Whether a connection stands whose database was looked at. */
  readonly connected: boolean;
  /** Changes with every reset and disturbance: proofs do not hold across them. */
  readonly life: number;
  probe(signal: AbortSignal): Promise<ProbeResult>;
  /** Calls back when what is queued now was acknowledged (true), or forgotten by a reset (false). */
  whenApplied(run: (applied: boolean) => void): void;
  /** Calls back once when rows came or the connection changed. */
  whenProgressed(run: () => void): void;
}

interface Asking {
  readonly resolve: (proof: FreshnessProof) => void;
  readonly reject: (error: FeedError) => void;
  settled: boolean;
}

/** Longest pause between two probes while the stream catches up, in milliseconds. */
const MAX_PAUSE_MS = 2000;

/** Shares probes among those who ask for a proof: each probe serves all who asked before it began. */
export class Prover {
  readonly #feed: ProvableFeed;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #abort = new AbortController();
  #waiting: Asking[] = [];
  #running = false;
  #wake: (() => void) | undefined;

  constructor(feed: ProvableFeed, clock: Clock, random: Random) {
    this.#feed = feed;
    this.#clock = clock;
    this.#random = random;
  }

  prove(options: ProveOptions = {}): Promise<FreshnessProof> {
    const { signal, timeoutMs = DEFAULT_PROVE_TIMEOUT_MS } = options;
    if (this.#abort.signal.aborted) return Promise.reject(new FeedError('FEED_CLOSED', 'the feed is closed'));
    if (signal?.aborted) return Promise.reject(new FeedError('FEED_NOT_PROVED', 'the proof was called off', signal.reason));
    return new Promise((resolve, reject) => {
      const giveUp = (message: string) => asking.reject(new FeedError('FEED_NOT_PROVED', message));
      const onAbort = () => giveUp('the proof was called off');
      const timer = this.#clock.schedule(timeoutMs, () => giveUp(`not proved current within ${timeoutMs} ms`));
      const settle = <T>(finish: (value: T) => void) => (value: T) => {
        if (asking.settled) return;
        asking.settled = true;
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#waiting = this.#waiting.filter((each) => each !== asking);
        finish(value);
      };
      const asking: Asking = { resolve: settle(resolve), reject: settle(reject), settled: false };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(asking);
      void this.#run();
    });
  }

  /** Rejects all who wait with `FEED_CLOSED`. */
  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#wake?.();
    for (const asking of [...this.#waiting]) asking.reject(new FeedError('FEED_CLOSED', 'the feed was closed'));
  }

  /** Never rejects: a probe that fails is tried again until those who asked give up. */
  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    let failures = 0;
    while (this.#waiting.length > 0 && !this.#abort.signal.aborted) {
      if (!this.#feed.connected) {
        await this.#pause(MAX_PAUSE_MS);
        continue;
      }
      const asked = this.#waiting;
      this.#waiting = [];
      const startedAtMs = await this.#attempt();
      if (startedAtMs === undefined) {
        this.#waiting = [...asked.filter((asking) => !asking.settled), ...this.#waiting];
        failures += 1;
        await this.#pause(backoffDelayMs(failures, this.#random, { baseMs: 10, maxMs: MAX_PAUSE_MS }));
      } else {
        failures = 0;
        // Acknowledging takes the consumer's time; the next probe need not wait for it.
        this.#feed.whenApplied((applied) => this.#answer(asked, applied, startedAtMs));
      }
    }
    this.#running = false;
  }

  #answer(asked: readonly Asking[], applied: boolean, asOfMs: number): void {
    if (applied) {
      for (const asking of asked) asking.resolve({ asOfMs });
      return;
    }
    this.#waiting.push(...asked.filter((asking) => !asking.settled));
    void this.#run();
  }

  /** One probe. Answers when it began if it proves, or `undefined`. */
  async #attempt(): Promise<number | undefined> {
    const { life } = this.#feed;
    try {
      const { startedAtMs, pending } = await this.#feed.probe(this.#abort.signal);
      return pending === 0 && this.#feed.connected && this.#feed.life === life ? startedAtMs : undefined;
    } catch {
      // The stream itself meets what keeps the probe from being answered, and reports it; those who asked wait on until their time is up.
      return undefined;
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#clock.schedule(delayMs, done);
      this.#wake = done;
      this.#feed.whenProgressed(done);
    });
  }
}
