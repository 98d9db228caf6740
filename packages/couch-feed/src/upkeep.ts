import { isCouchError, type Clock, type Timer } from '@xir/couch-client';
import type { FeedEvent } from './events.ts';
import type { ProbeResult } from './feed.ts';
import type { FeedWarning } from './follower-state.ts';
import type { IdentityCheck } from './identity.ts';
import type { Inspector } from './inspector.ts';
import { withDeadline } from './with-deadline.ts';

/** Longest pause between two probes that look whether the stream has caught up, in milliseconds. */
const MAX_CAUGHT_UP_PAUSE_MS = 2000;

const NOTHING_PROVED = { startedAtMs: 0, pending: Infinity } as const;

/** What the upkeep needs of its follower. */
export interface UpkeptFeed {
  readonly connected: boolean;
  readonly life: number;
  /** Received position. */
  readonly position: string | undefined;
  /** Whether reading has stopped because the consumer is slow. */
  readonly paused: boolean;
  probe(signal?: AbortSignal): Promise<ProbeResult>;
  reconnect(): void;
  warn(warning: FeedWarning, detail: unknown): void;
  announce(event: FeedEvent): void;
  /** There is something new to put into a checkpoint. */
  remembered(): void;
}

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly inspector: Inspector;
  readonly identity: IdentityCheck | undefined;
  readonly inspectIntervalMs: number;
  /** Milliseconds until a request must be answered. */
  readonly deadlineMs: number;
}

/** What a follower does beside following: looks after the database now and then, renews its barrier, announces that it has caught up. */
export class Upkeep {
  readonly #feed: UpkeptFeed;
  readonly #options: UpkeepOptions;
  readonly #abort = new AbortController();
  #inspectTimer: Timer | undefined;
  #refreshTimer: Timer | undefined;
  #caughtUpTimer: Timer | undefined;
  /** Counts announcements under way: a newer one ends the older. */
  #caughtUpRun = 0;
  /** Position at which a probe found rows the stream had not brought. */
  #suspectPosition: string | undefined;

  constructor(feed: UpkeptFeed, options: UpkeepOptions) {
    this.#feed = feed;
    this.#options = options;
    this.#scheduleInspection();
  }

  close(): void {
    this.#abort.abort();
    for (const timer of [this.#inspectTimer, this.#refreshTimer, this.#caughtUpTimer]) timer?.cancel();
  }

  /** Renews the barrier now and from then on at its interval. Never rejects. */
  async refresh(): Promise<void> {
    const { identity, inspector, clock, deadlineMs } = this.#options;
    const { signal } = this.#abort;
    if (identity?.refresh === undefined || signal.aborted) return;
    try {
      if (await withDeadline(clock, deadlineMs, signal, (each) => inspector.refresh(each))) this.#feed.remembered();
    } catch (error) {
      if (!signal.aborted) {
        this.#feed.warn('identity-failed', error);
        // What was left in the database is gone, though it looks as it did: connecting begins by finding out what happened.
        if (isCouchError(error, 'COUCH_NOT_FOUND')) this.#feed.reconnect();
      }
    }
    this.#refreshTimer?.cancel();
    if (identity.refreshMs !== undefined && !signal.aborted) {
      this.#refreshTimer = clock.schedule(identity.refreshMs, () => void this.refresh());
    }
  }

  /** Tells the consumer when everything up to now has been queued for it. Never rejects. */
  async announceCaughtUp(): Promise<void> {
    this.#caughtUpRun += 1;
    const run = this.#caughtUpRun;
    const { life } = this.#feed;
    const goesOn = () => run === this.#caughtUpRun && life === this.#feed.life && !this.#abort.signal.aborted;
    for (let failures = 0; goesOn(); failures += 1) {
      try {
        // While no connection stands it is for the stream to try.
        const { startedAtMs, pending } = this.#feed.connected ? await this.#feed.probe() : NOTHING_PROVED;
        if (!goesOn()) return;
        if (pending === 0) {
          this.#feed.announce({ type: 'caught-up', asOfMs: startedAtMs, purgeSeq: this.#options.inspector.remembered?.purgeSeq ?? '' });
          return;
        }
      } catch {
        // The stream meets the same obstacle and reports it; the probe is repeated until the next disturbance begins this anew.
      }
      await new Promise<void>((resolve) => {
        this.#caughtUpTimer = this.#options.clock.schedule(Math.min(50 * 2 ** failures, MAX_CAUGHT_UP_PAUSE_MS), resolve);
      });
    }
  }

  /** Whether the database looks as it did; if not, the feed connects anew, and begins by finding out what happened. Rejects with a `CouchError`. */
  async look(): Promise<boolean> {
    const { clock, deadlineMs, inspector } = this.#options;
    const same = await withDeadline(clock, deadlineMs, this.#abort.signal, (signal) => inspector.looksTheSame(signal));
    if (!same) this.#feed.reconnect();
    return same;
  }

  #scheduleInspection(): void {
    this.#inspectTimer = this.#options.clock.schedule(this.#options.inspectIntervalMs, () => {
      void this.#inspect().finally(() => {
        if (!this.#abort.signal.aborted) this.#scheduleInspection();
      });
    });
  }

  /** Between connections: has the database changed behind the feed's back, or does the stream stand still although there are rows? Never rejects. */
  async #inspect(): Promise<void> {
    const feed = this.#feed;
    if (!feed.connected) return;
    try {
      if (await this.look()) await this.#lookForStandstill();
    } catch (error) {
      // Other failures are the stream's to meet; a missing database is asked about at once.
      if (isCouchError(error, 'COUCH_NOT_FOUND')) feed.reconnect();
    }
  }

  async #lookForStandstill(): Promise<void> {
    const feed = this.#feed;
    const { position } = feed;
    const { rows } = await feed.probe();
    const stands = rows > 0 && position === feed.position && !feed.paused;
    if (stands && this.#suspectPosition === position) {
      feed.warn('stalled', 'the stream brings no rows although there are some');
      this.#suspectPosition = undefined;
      feed.reconnect();
    } else {
      this.#suspectPosition = stands ? position : undefined;
    }
  }
}
