import type { Clock, Timer, TransportResponse } from '@xir/couch-client';
import type { ChangesParser, ParsedChanges } from './changes-parser.ts';

/** Bytes that are read in one turn of the event loop: a server that sends as fast as it can leaves others their turns. */
export const READ_TURN_BYTES = 262_144;

/** What a connection tells its follower. */
export interface ConnectionListener {
  /** Bytes came, at this monotonic time. */
  bytes(count: number, atMs: number): void;
  /** They held this. May give the connection up. */
  changes(changes: ParsedChanges): void;
  /** Nothing came for the whole deadline, although we were reading. */
  silent(): void;
  /** Whether to stop reading for now. */
  full(): boolean;
  /** Resolves when reading may go on. */
  room(): Promise<void>;
  /** Reading had stopped for this long. */
  pausedFor(durationMs: number): void;
}

/** One attempt in flight: a look at the database or a connection to its feed, with its deadline. Nothing is heard of it once it was given up. */
export class Connection {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #listener: ConnectionListener;
  /** Monotonic time the deadline counts from: the last byte, or the end of a pause. */
  #aliveAtMs: number;
  #paused = false;
  #over = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, deadlineMs: number, listener: ConnectionListener) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#listener = listener;
    this.#aliveAtMs = clock.monotonic();
    this.#arm(deadlineMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether it ended or was given up. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether reading has stopped because the consumer is slow. */
  get paused(): boolean {
    return this.#paused;
  }

  /** It ended by itself: the deadline no longer counts. */
  end(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  /** Gives it up: the request is aborted. */
  abandon(): void {
    this.end();
    this.#abort.abort();
  }

  /** Reads an answer to its end. Answers false when it was given up on the way; rejects when it breaks. */
  async read(response: TransportResponse, parser: ChangesParser): Promise<boolean> {
    let turnBytes = 0;
    const take = (piece: Uint8Array): Promise<void> | undefined => {
      if (this.#over || piece.length === 0) return undefined;
      this.#aliveAtMs = this.#clock.monotonic();
      this.#listener.bytes(piece.length, this.#aliveAtMs);
      this.#listener.changes(parser.push(piece));
      if (this.#over) return undefined;
      if (this.#listener.full()) return this.#pause();
      turnBytes += piece.length;
      if (turnBytes < READ_TURN_BYTES) return undefined;
      turnBytes = 0;
      return nextTurn();
    };
    // Given up, the request is aborted, and what is read breaks off.
    if (response.borrow !== undefined) await response.borrow(take).catch((error: unknown) => this.#unlessOver(error));
    else {
      for await (const piece of response.body) {
        await take(piece);
        if (this.#over) return false;
      }
    }
    if (this.#over) return false;
    this.#listener.changes(parser.end());
    return !this.#over;
  }

  #unlessOver(error: unknown): void {
    if (!this.#over) throw error;
  }

  /** Not reading is what holds the server back (TCP); meanwhile silence proves nothing. */
  async #pause(): Promise<void> {
    const sinceMs = this.#clock.monotonic();
    this.#paused = true;
    await this.#listener.room();
    this.#paused = false;
    this.#aliveAtMs = this.#clock.monotonic();
    this.#listener.pausedFor(this.#aliveAtMs - sinceMs);
  }

  /** One timer per connection looks whether bytes came, instead of one timer per byte. */
  #arm(delayMs: number): void {
    this.#timer = this.#clock.schedule(delayMs, () => {
      if (this.#over) return;
      const idleMs = this.#paused ? 0 : this.#clock.monotonic() - this.#aliveAtMs;
      if (idleMs >= this.#deadlineMs) this.#listener.silent();
      else this.#arm(this.#deadlineMs - idleMs);
    });
  }
}

/** Lets everything else that is due happen first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
