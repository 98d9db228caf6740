import type { Database } from '../storage/database.ts';
import { readChangesRequest, type ChangesRequest } from './changes-request.ts';
import { streamChanges, streamDescending, type ChangesAnswer, type RowFraming, type StreamPosition } from './changes-stream.ts';
import type { Exchange } from './exchange.ts';
import { Output } from './output.ts';

/** `GET|POST /{db}/_changes`, all four feeds. Source: CouchDB 3.5, chapter "/{db}/_changes". */
export async function handleChanges(exchange: Exchange, database: Database): Promise<void> {
  const request = await readChangesRequest(exchange, database);
  const since = database.sequences.decode(request.since, database.readableSequence);
  exchange.writeHead(200, { 'Content-Type': request.feed === 'eventsource' ? 'text/event-stream' : 'application/json' });
  if (exchange.method === 'HEAD') {
    exchange.response.end();
    return;
  }
  // A feed's headers tell the client that it is being served, long before the first row.
  exchange.response.flushHeaders();
  const output = new Output(exchange.response);
  const position = { sequence: since, remaining: request.limit };
  if (request.feed === 'continuous' || request.feed === 'eventsource') await live(database, request, position, output);
  else await listed(database, request, position, output);
  output.end();
}

/** `normal` and `longpoll`: one JSON object with all rows. */
async function listed(database: Database, request: ChangesRequest, position: StreamPosition, output: Output): Promise<void> {
  let count = 0;
  const framing: RowFraming = { before: () => (count++ === 0 ? '' : ',\n'), after: () => '' };
  const answer: ChangesAnswer = { database, request, position, framing, output };
  output.text('{"results":[\n');
  if (request.descending) {
    position.sequence = database.readableSequence;
    await streamDescending(answer);
  } else {
    await streamChanges(answer);
    if (request.feed === 'longpoll' && count === 0 && request.limit > 0) await waitForFirstRow(answer, () => count > 0);
  }
  const lastSeq = database.sequences.encode(position.sequence);
  output.text(`\n],\n"last_seq":"${lastSeq}","pending":${database.closed ? 0 : database.pendingAfter(position.sequence)}}\n`);
}

async function waitForFirstRow(answer: ChangesAnswer, found: () => boolean): Promise<void> {
  const { database, request, position, output } = answer;
  output.flush();
  const waiter = new ChangeWaiter(database, request, output);
  try {
    while (!found() && !output.isClosed && !database.closed) {
      if (database.state.updateSeq <= position.sequence && !(await waiter.next(position.sequence))) break;
      if (database.closed) break;
      await streamChanges(answer);
    }
  } finally {
    waiter.stop();
  }
}

/** `continuous` and `eventsource`: one line per row, for as long as it goes. */
async function live(database: Database, request: ChangesRequest, position: StreamPosition, output: Output): Promise<void> {
  const events = request.feed === 'eventsource';
  const framing: RowFraming = events
    ? { before: () => 'data: ', after: (sequence) => `\nid: "${sequence}"\n\n` }
    : { before: () => '', after: () => '\n' };
  const answer: ChangesAnswer = { database, request, position, framing, output };
  const waiter = new ChangeWaiter(database, request, output);
  try {
    if (request.descending) await streamDescending(answer);
    while (!request.descending && position.remaining > 0 && !output.isClosed && !database.closed) {
      const before = position.remaining;
      await streamChanges(answer);
      output.flush();
      if (position.remaining === 0) break;
      if (before !== position.remaining) waiter.touch();
      if (!database.closed && database.state.updateSeq <= position.sequence && !(await waiter.next(position.sequence))) break;
    }
  } finally {
    waiter.stop();
  }
  const pending = database.closed ? 0 : database.pendingAfter(position.sequence);
  if (!events) output.text(`{"last_seq":"${database.sequences.encode(position.sequence)}","pending":${pending}}\n`);
}

/** Waits for commits, sends heartbeats, and gives up after the timeout where there is no heartbeat. */
class ChangeWaiter {
  readonly #database: Database;
  readonly #request: ChangesRequest;
  readonly #output: Output;
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #expired = false;
  #wake: (() => void) | undefined;

  constructor(database: Database, request: ChangesRequest, output: Output) {
    this.#database = database;
    this.#request = request;
    this.#output = output;
    this.#unsubscribe = database.subscribe(() => this.#wake?.());
    if (request.heartbeatMs !== undefined) this.#heartbeat = setInterval(() => this.#beat(), request.heartbeatMs);
    this.touch();
    void output.closed.then(() => this.#wake?.());
  }

  /** Starts the timeout anew. */
  touch(): void {
    if (this.#request.heartbeatMs !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#expired = true;
      this.#wake?.();
    }, this.#request.timeoutMs);
  }

  /** True when there is more than `sequence`; false when the feed is to end. */
  async next(sequence: number): Promise<boolean> {
    while (this.#database.state.updateSeq <= sequence && !this.#expired && !this.#output.isClosed && !this.#database.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return this.#database.state.updateSeq > sequence && !this.#output.isClosed && !this.#database.closed;
  }

  stop(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
  }

  #beat(): void {
    // A reader that does not read gets no more bytes.
    if (this.#output.needsDrain) return;
    this.#output.text(this.#request.feed === 'eventsource' ? 'event: heartbeat\ndata: \n\n' : '\n');
    this.#output.flush();
  }
}
