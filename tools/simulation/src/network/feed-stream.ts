import type { Timer } from '@xir/couch-client';
import type { OpenedFeed } from '../cluster/fake-cluster.ts';
import { FeedBody } from './feed-body.ts';
import type { Link } from './link.ts';
import { connectionLost } from './network-errors.ts';

/** The ways in which CouchDB ends a continuous feed although nothing is wrong. */
export const FEED_ENDINGS = ['maintenance', 'changes-duration', 'new-epoch', 'feed-died', 'limit', 'timeout'] as const;

/** One of {@link FEED_ENDINGS}. */
export type FeedEnding = (typeof FEED_ENDINGS)[number];

/** Bytes that are written ahead of a reader, as sockets do. */
const SOCKET_BYTES = 65_536;
const MAX_ROWS_AT_ONCE = 8;
/** Pieces that may be on their way at once. */
const MAX_OUTGOING = 64;

/** One open feed, with the network between it and its reader. Pieces arrive in the order in which they were written, each when its time comes. */
export class FeedStream {
  readonly feed: OpenedFeed;
  readonly body = new FeedBody();
  readonly #link: Link;
  readonly #outgoing: Buffer[] = [];
  readonly #timers = new Set<Timer>();
  #stopWatching: () => void;
  #pumping = false;
  #flushing = false;
  #sent = 0;
  #closed = false;
  /** Rows wait for room. */
  #blocked = false;
  #finishing = false;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Nothing arrives any more, not even an end: half-open. */
  stalled = false;

  constructor(feed: OpenedFeed, link: Link) {
    this.feed = feed;
    this.#link = link;
    this.body.onLeft = () => this.close();
    this.body.onDrained = () => this.#unblock();
    this.#stopWatching = feed.database.watch(() => this.#schedulePump());
    if (feed.kind === 'longpoll') this.#write('{"results":[\n');
    if (feed.heartbeatMs !== undefined) this.#beat(feed.heartbeatMs);
    else this.#after(feed.timeoutMs, () => this.end('timeout'));
    this.#schedulePump();
  }

  /** Whether bytes are on their way. */
  get isBehind(): boolean {
    return this.#outgoing.length > 0 || this.#heldBytes > 0 || this.#link.conditions.rowsStalled;
  }

  get isOpen(): boolean {
    return !this.#closed && !this.#finishing;
  }

  /** Ends it as CouchDB does. */
  end(ending: FeedEnding): void {
    if (!this.isOpen) return;
    if (this.feed.kind === 'longpoll') this.#write(`\n],\n"last_seq":"${this.feed.cursor.sequence}","pending":0}\n`);
    else {
      if (ending === 'timeout') this.#write('\n');
      if (ending !== 'feed-died') this.#write(`{"last_seq":"${this.feed.cursor.sequence}","pending":0}\n`);
    }
    this.#finish();
  }

  /** Cuts the connection, in the middle of a row where there is one to send. */
  reset(): void {
    if (this.#closed || this.stalled) return;
    const [row] = this.feed.cursor.take(1, this.feed.shape);
    if (row !== undefined) this.#link.enter(() => this.body.write(Buffer.from(row.slice(0, row.length >> 1))));
    // What was half sent is sent again to whoever asks anew: the position they have is behind it.
    this.#link.enter(() => this.body.fail(connectionLost('GET', '/_changes', false)));
    this.close();
  }

  /** The reader gave it up. */
  abandon(error: Error): void {
    this.body.fail(error);
    this.close();
  }

  /** What the network had held back arrives. */
  released(): void {
    this.#scheduleFlush(0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopWatching();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#link.streams.delete(this);
  }

  #schedulePump(): void {
    if (this.#pumping || !this.isOpen) return;
    this.#pumping = true;
    this.#after(this.#link.latencyMs(), () => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** There is room again. */
  #unblock(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#schedulePump();
  }

  #pump(): void {
    const { feed } = this;
    if (!this.isOpen || this.#link.conditions.rowsStalled) return;
    if (!feed.database.exists) return this.end('maintenance');
    if (!feed.cursor.followReplicas()) return this.end('feed-died');
    if (this.body.unreadBytes > SOCKET_BYTES || this.#outgoing.length > MAX_OUTGOING) {
      this.#blocked = true;
      return;
    }
    const atMost = Math.min(1 + this.#link.random.below(MAX_ROWS_AT_ONCE), feed.limit - this.#sent);
    const rows = feed.cursor.take(atMost, feed.shape);
    this.#sent += rows.length;
    if (feed.kind === 'longpoll') {
      if (rows.length === 0) return;
      this.#write(rows.join(',\n'));
      return this.end('limit');
    }
    if (rows.length > 0) this.#write(`${rows.join('\n')}\n`);
    if (this.#sent >= feed.limit) this.end('limit');
    else if (rows.length === atMost) this.#schedulePump();
  }

  #beat(everyMs: number): void {
    this.#after(everyMs, () => {
      if (!this.isOpen) return;
      this.#write('\n');
      this.#beat(everyMs);
    });
  }

  /** Passes bytes to the network, which may cut them anywhere. */
  #write(text: string): void {
    const bytes = Buffer.from(text);
    const { random, conditions } = this.#link;
    if (conditions.bufferBytes !== undefined) {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
      if (this.#heldBytes < conditions.bufferBytes) return;
    }
    this.#unhold();
    if (bytes.length > 1 && random.chance(conditions.splitChance)) {
      const at = 1 + random.below(bytes.length - 1);
      this.#outgoing.push(bytes.subarray(0, at), bytes.subarray(at));
    } else if (conditions.bufferBytes === undefined) this.#outgoing.push(bytes);
    this.#flush();
  }

  #unhold(): void {
    if (this.#held.length === 0) return;
    this.#outgoing.push(Buffer.concat(this.#held));
    this.#held = [];
    this.#heldBytes = 0;
  }

  #flush(): void {
    if (this.#flushing || this.#closed) return;
    if (this.stalled) return;
    if (this.#link.conditions.feedHeld) return;
    const piece = this.#outgoing.shift();
    if (piece !== undefined) {
      this.#link.lastHeardMs = this.#link.clock.monotonic();
      this.#link.enter(() => this.body.write(piece));
    }
    if (this.#outgoing.length > 0) return this.#scheduleFlush(this.#link.latencyMs());
    this.#unblock();
    if (this.#finishing) {
      this.#link.enter(() => this.body.end());
      this.close();
    }
  }

  #scheduleFlush(delayMs: number): void {
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    this.#after(delayMs, () => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #finish(): void {
    this.#unhold();
    this.#finishing = true;
    if (this.#outgoing.length === 0) this.#flush();
  }

  #after(delayMs: number, run: () => void): void {
    const timer = this.#link.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}
