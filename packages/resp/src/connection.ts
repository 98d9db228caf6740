import type { Socket } from 'node:net';

import { RespRequestParser } from '@xir/protocol';

import { Client } from './client.ts';
import type { Command, OverlapKind } from './command.ts';
import { CommandRunner, type OverlappingAnswer } from './command-runner.ts';
import type { RespContext } from './context.ts';
import { admit } from './admission.ts';
import { LIMITS_BEFORE_LOGIN } from './limits.ts';

/** From this many waiting bytes of answers on, no further request of the client is carried out until it has read. */
const ENOUGH_OUTPUT_BYTES = 1_048_576;
/** From this many waiting bytes on, events of watches wait where they can be merged. */
const ENOUGH_PUSHED_BYTES = 262_144;
/** From this many bytes of requests on that wait behind one under way, the socket is not read. */
const ENOUGH_INPUT_BYTES = 262_144;
/** Answers go out while others are still being made once there are this many bytes. */
const FLUSH_BYTES = 65_536;

/** A read or write whose answer is still to come, or has to stand behind one that is. */
interface Overlap {
  readonly answer: OverlappingAnswer;
  done: boolean;
}
const MAX_OVERLAPS = 1024;
/** How long a client may take to close a connection that was ended. */
const LINGER_MS = 1_000;

/** One connection: bytes in, requests one after the other, answers of a turn in one write. */
export class Connection {
  readonly client: Client;
  readonly #socket: Socket;
  readonly #context: RespContext;
  readonly #parser = new RespRequestParser(LIMITS_BEFORE_LOGIN);
  readonly #runner: CommandRunner;
  readonly #overlaps: Overlap[] = [];
  #overlapKind: OverlapKind = 'read';
  #held: string[] | undefined;
  #counted = 0;
  #inTurn = false;
  #toldInTurn = false;
  #busy = false;
  #paused = false;
  #flushing = false;
  #closed = false;
  #draining = false;
  #loggedIn = false;
  readonly #loginTimer: { cancel(): void };
  #outputTimer: { cancel(): void } | undefined;
  #lingerTimer: { cancel(): void } | undefined;
  #ended = false;

  constructor(id: number, socket: Socket, context: RespContext) {
    this.#socket = socket;
    this.#context = context;
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
    const line = { flush: () => this.#flushSoon(), cut: () => this.destroy(), drained: () => this.#drained() };
    this.client = new Client(id, { remoteAddress, remotePort, localAddress, localPort }, { line, nowMs: context.clock.now() });
    this.#runner = new CommandRunner(context, this.client);
    this.#loginTimer = context.clock.schedule(context.limits.loginTimeoutMs, () => {
      if (!this.#loggedIn) this.destroy();
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#turn();
      this.#countInput();
    });
    socket.on('end', () => this.#end());
    socket.on('error', () => this.destroy());
    socket.once('close', () => this.#close());
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Lets what is under way finish, then ends. */
  drain(): void {
    this.#draining = true;
    this.#endIfDone();
  }

  #receive(chunk: Buffer): void {
    if (this.#closed || this.#ended || this.client.quitting) return;
    this.client.lastMs = this.#context.clock.now();
    this.#parser.push(chunk.toString('latin1'));
    this.#turn();
    this.#countInput();
  }

  /** Carries out what has come in completely. */
  #turn(): void {
    if (this.#inTurn || this.#busy || this.#closed) return;
    this.#inTurn = true;
    try {
      if (!admit(this.#context, this.client, (waiting) => this.#wait(waiting))) return;
      while (!this.#busy && !this.client.quitting) {
        if (this.#socket.writableLength >= ENOUGH_OUTPUT_BYTES) break;
        const args = this.#held ?? this.#parser.next();
        if (args === undefined) break;
        this.#held = undefined;
        this.#execute(args);
        if (this.client.reply.length >= FLUSH_BYTES) this.#flush();
      }
      this.#refuseBroken();
    } finally {
      this.#inTurn = false;
    }
    // What is told does not wait for the answer that the client waits for.
    if (!this.#busy || this.#toldInTurn) this.#flush();
    this.#toldInTurn = false;
    this.#endIfDone();
  }

  #execute(args: string[]): void {
    const { client } = this;
    const command = this.#runner.find(args);
    const kind = client.replyMode === 'on' && client.transaction === undefined && this.#overlaps.length < MAX_OVERLAPS ? command?.overlaps?.(args) : undefined;
    if (command !== undefined && kind !== undefined && (this.#overlaps.length === 0 || kind === this.#overlapKind)) {
      this.#overlapKind = kind;
      this.#overlap(command, args);
      return;
    }
    if (this.#overlaps.length > 0) {
      this.#held = args;
      this.#busy = true;
      return;
    }
    const waiting = this.#runner.run(command, args, client.reply);
    if (waiting !== undefined) this.#wait(waiting);
    else if (!this.#loggedIn) this.#noteLogin();
  }

  /** Carries out a request of which others of its kind need not wait: their answers are put in order. */
  #overlap(command: Command, args: string[]): void {
    const isAlone = this.#overlaps.length === 0;
    const answer = isAlone ? this.#runner.start(command, args) : this.#runner.startBehind(command, args);
    if (answer === undefined) return;
    const overlap: Overlap = { answer, done: answer.waiting === undefined };
    this.#overlaps.push(overlap);
    void answer.waiting?.then(() => {
      overlap.done = true;
      if (this.#overlaps[0] === overlap) this.#collect();
    });
  }

  /** Takes over the answers that are there, as far as none before them is missing. */
  #collect(): void {
    if (this.#closed) return;
    let count = 0;
    for (const { done, answer } of this.#overlaps) {
      if (!done) break;
      answer.goesOut();
      this.client.reply.append(answer.writer.take());
      count += 1;
    }
    this.#overlaps.splice(0, count);
    if (this.#overlaps.length > 0) {
      this.#flushSoon();
      return;
    }
    // What waited for them goes on.
    if (this.#held !== undefined) this.#busy = false;
    this.#turn();
    this.#countInput();
  }

  /** Nothing else is done for this client meanwhile. */
  #wait(waiting: Promise<void>): void {
    this.#busy = true;
    void waiting.then(() => {
      this.#busy = false;
      if (!this.#loggedIn) this.#noteLogin();
      this.#turn();
      this.#countInput();
    });
  }

  #noteLogin(): void {
    if (this.client.knownLogin === undefined) return;
    this.#loggedIn = true;
    this.#loginTimer.cancel();
    this.#parser.limits = this.#context.limits.request;
  }

  /** Bytes that are no request are answered once, and the connection ends. */
  #refuseBroken(): void {
    const { problem } = this.#parser;
    if (problem === undefined || this.client.quitting || this.#busy || this.#overlaps.length > 0) return;
    this.#context.metrics.brokenInputsCut += 1;
    this.client.reply.error(`ERR Protocol error: ${problem.message}`);
    this.client.quitting = true;
  }

  /** Keeps account of what is received, and stops reading from who sends more than is carried out. */
  #countInput(): void {
    const { metrics, limits } = this.#context;
    const { bufferedBytes } = this.#parser;
    metrics.bufferedInputBytes += bufferedBytes - this.#counted;
    this.#counted = bufferedBytes;
    const isAhead = this.#busy || this.#socket.writableLength >= ENOUGH_OUTPUT_BYTES;
    if (isAhead && bufferedBytes >= ENOUGH_INPUT_BYTES && !this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    } else if (this.#paused && !(isAhead && bufferedBytes >= ENOUGH_INPUT_BYTES)) {
      this.#paused = false;
      this.#socket.resume();
    }
    if (metrics.bufferedInputBytes > limits.maxBufferedInputBytes && bufferedBytes > 0) {
      metrics.brokenInputsCut += 1;
      this.destroy();
    }
  }

  #flushSoon(): void {
    if (this.#inTurn) this.#toldInTurn = true;
    if (this.#inTurn || this.#flushing || this.#closed) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Until then nothing is added to what waits. */
  #drained(): Promise<void> | undefined {
    if (this.#closed || this.#socket.writableLength < ENOUGH_PUSHED_BYTES) return undefined;
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.once('drain', done);
      this.#socket.once('close', done);
    });
  }

  #flush(): void {
    const text = this.client.reply.take();
    if (text === '' || this.#closed || this.#ended) return;
    const socket = this.#socket;
    socket.write(text, 'latin1');
    const waiting = socket.writableLength;
    if (waiting > this.#context.limits.maxOutputBytes) this.#cutSlowReader();
    else if (waiting >= ENOUGH_OUTPUT_BYTES && this.#outputTimer === undefined) this.#expectReading();
  }

  /** Looks after a while whether anything was read. */
  #expectReading(): void {
    const { clock, limits } = this.#context;
    const readBefore = this.#readBytes;
    this.#outputTimer = clock.schedule(limits.outputTimeoutMs, () => {
      this.#outputTimer = undefined;
      if (this.#closed || this.#socket.writableLength < ENOUGH_OUTPUT_BYTES) return;
      if (this.#readBytes === readBefore) this.#cutSlowReader();
      else this.#expectReading();
    });
  }

  /** Bytes that the operating system has taken. */
  get #readBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  #cutSlowReader(): void {
    this.#context.metrics.slowReadersCut += 1;
    this.destroy();
  }

  /** The client has said all it will say: what it has asked is still answered. */
  #end(): void {
    this.#draining = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#closed || this.#busy || this.#overlaps.length > 0) return;
    if (this.#ended || (!this.client.quitting && !this.#draining)) return;
    this.#flush();
    this.#ended = true;
    this.#socket.end();
    // What still comes is read and thrown away for a while: closed over unread bytes, the connection would be reset, and the last answer lost.
    this.#socket.resume();
    this.#lingerTimer = this.#context.clock.schedule(LINGER_MS, () => this.destroy());
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loginTimer.cancel();
    this.#outputTimer?.cancel();
    this.#lingerTimer?.cancel();
    this.#context.metrics.bufferedInputBytes -= this.#counted;
    this.#counted = 0;
    this.#held = undefined;
    this.#runner.close();
  }
}
