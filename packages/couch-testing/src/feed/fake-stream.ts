import type { Clock, Timer } from '@xir/couch-client';
import { FakeBody } from './fake-body.ts';
import type { FakeDatabase } from './fake-database.ts';

/** The six ways in which CouchDB ends a continuous feed although nothing is wrong. */
export const HARMLESS_ENDINGS = ['maintenance', 'changes-duration', 'new-epoch', 'feed-died', 'limit', 'timeout'] as const;

/** One of {@link HARMLESS_ENDINGS}. */
export type HarmlessEnding = (typeof HARMLESS_ENDINGS)[number];

export interface FakeStreamOptions {
  readonly database: FakeDatabase;
  readonly clock: Clock;
  readonly after: number;
  readonly includeDocs: boolean;
  readonly allLeaves: boolean;
  readonly feed: 'continuous' | 'longpoll';
  readonly heartbeatMs: number | undefined;
  readonly timeoutMs: number;
  readonly limit: number;
  readonly onClosed: (stream: FakeStream) => void;
  readonly settings: { readonly pieceBytes?: number; readonly rowsStalled?: boolean; readonly bufferBytes?: number; readonly nullSeqs?: boolean };
}

/** One row as JSON, with or without its document. */
export function rowText(database: FakeDatabase, id: string, seq: string | null, shape: { readonly includeDocs: boolean; readonly allLeaves: boolean }): string {
  const leaves = database.leaves(id);
  const winner = leaves[0];
  const row: Record<string, unknown> = { seq, id, changes: (shape.allLeaves ? leaves : leaves.slice(0, 1)).map(({ rev }) => ({ rev })) };
  if (winner?.deleted) row['deleted'] = true;
  if (shape.includeDocs && winner !== undefined) row['doc'] = { _id: id, _rev: winner.rev, ...winner.body };
  return JSON.stringify(row);
}

/** An open feed: continuous, or a long poll that waits. Its misbehaviour is driven by the test. */
export class FakeStream {
  readonly database: FakeDatabase;
  readonly body = new FakeBody();
  readonly feed: 'continuous' | 'longpoll';
  readonly #options: FakeStreamOptions;
  #stopWatching: () => void = () => undefined;
  readonly #timers = new Set<Timer>();
  #position: number;
  #sent = 0;
  /** Heartbeats go on, rows do not: a replica that lags. */
  rowsStalled: boolean;
  /** Bytes a proxy between server and client holds back; `undefined`: none in between. */
  readonly #bufferBytes: number | undefined;
  #held = '';

  constructor(options: FakeStreamOptions) {
    const { settings } = options;
    this.#options = options;
    this.database = options.database;
    this.feed = options.feed;
    this.#position = options.after;
    this.rowsStalled = settings.rowsStalled ?? false;
    this.#bufferBytes = settings.bufferBytes;
    this.body.pieceBytes = settings.pieceBytes;
    this.#stopWatching = options.database.watch(() => this.pump());
    this.body.onDone = () => this.#close();
    if (options.feed === 'longpoll') this.#send('{"results":[\n');
    if (options.heartbeatMs !== undefined) this.#beat(options.heartbeatMs);
    else this.#after(options.timeoutMs, () => (options.feed === 'longpoll' ? this.#finishPoll() : this.endWithLastSeq()));
    this.pump();
  }

  /** Sends the rows that are due. */
  pump(): void {
    if (this.body.over || this.rowsStalled) return;
    for (const { id, position } of this.database.rows(this.#position)) {
      if (this.#sent >= this.#options.limit) break;
      this.sendRow(id, position);
      this.#position = position;
    }
    if (this.feed === 'longpoll' && this.#sent > 0) this.#finishPoll();
    else if (this.#sent >= this.#options.limit) this.endWithLastSeq();
  }

  /** Sends one row, due or not: rewinds, duplicates and time travel are made with it. */
  sendRow(id: string, position: number, seq: string | null = this.database.seq(position)): void {
    const text = rowText(this.database, id, this.#options.settings.nullSeqs && position % 3 !== 0 ? null : seq, this.#options);
    this.#send(this.feed === 'longpoll' && this.#sent > 0 ? `,\n${text}` : this.feed === 'longpoll' ? text : `${text}\n`);
    this.#sent += 1;
  }

  /** Sends rows from the beginning again, as after a shard was moved. */
  rewind(position: number): void {
    this.#position = position;
    this.pump();
  }

  sendRaw(text: string | Uint8Array): void {
    this.body.write(text);
  }

  endWithLastSeq(): void {
    this.#send(`${JSON.stringify({ last_seq: this.database.seq(this.#position), pending: 0 })}\n`);
    this.#finish();
  }

  endHarmlessly(ending: HarmlessEnding): void {
    if (ending === 'timeout') this.#send('\n');
    if (ending === 'feed-died') this.#finish();
    else this.endWithLastSeq();
  }

  /** Cuts the connection, in the middle of a row when `halfRow` is given. */
  break(halfRow?: string): void {
    if (halfRow !== undefined) this.body.write(halfRow);
    this.body.break(Object.assign(new Error('connection reset'), { code: 'ECONNRESET' }));
    this.#close();
  }

  /** Nothing arrives any more, not even an end. */
  stall(): void {
    this.body.stalled = true;
  }

  #finishPoll(): void {
    this.#send(`\n],\n"last_seq":"${this.database.seq(this.#position)}","pending":0}\n`);
    this.#finish();
  }

  #finish(): void {
    if (this.#held !== '') this.body.write(this.#held);
    this.#held = '';
    this.body.end();
    this.#close();
  }

  #send(text: string): void {
    if (this.#bufferBytes === undefined) {
      this.body.write(text);
      return;
    }
    this.#held += text;
    if (Buffer.byteLength(this.#held) < this.#bufferBytes) return;
    this.body.write(this.#held);
    this.#held = '';
  }

  #beat(everyMs: number): void {
    this.#after(everyMs, () => {
      this.#send('\n');
      this.#beat(everyMs);
    });
  }

  #after(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      if (!this.body.over) run();
    });
    this.#timers.add(timer);
  }

  #close(): void {
    this.#stopWatching();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#options.onClosed(this);
  }
}
