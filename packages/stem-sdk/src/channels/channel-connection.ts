import { Heartbeat } from '../heartbeat.ts';
import type { ChannelSocket, ChannelSocketFactory } from './channel-options.ts';
import { readServerFrame, type ServerFrame } from './server-frame.ts';

/** How a connection ended. `code`: that of the WebSocket; `undefined`: none came. */
export interface ConnectionEnd {
  readonly code: number | undefined;
  readonly reason: string;
}

/** How a connection is made. */
export interface ChannelConnectionOptions {
  readonly url: string;
  readonly open: ChannelSocketFactory;
  readonly connectTimeoutMs: number;
  readonly silenceMs: number;
  readonly onFrame: (frame: ServerFrame) => void;
  /** Called once. */
  readonly onEnd: (end: ConnectionEnd) => void;
}

/** One WebSocket to a neuron's signalling. */
export class ChannelConnection {
  readonly #options: ChannelConnectionOptions;
  readonly #socket: ChannelSocket;
  readonly #heartbeat = new Heartbeat();
  readonly #timer: ReturnType<typeof setTimeout>;
  #isOver = false;
  #reason = 'the connection was lost';
  #closed: (() => void) | undefined;

  /** Throws what `open` throws. */
  constructor(options: ChannelConnectionOptions) {
    this.#options = options;
    const socket = options.open(options.url);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#giveUp('no answer in time'), options.connectTimeoutMs);
    socket.addEventListener('open', () => {
      clearTimeout(this.#timer);
      if (!this.#isOver) this.#heartbeat.start(options.silenceMs, { ask: () => this.send('{"t":"ping"}'), giveUp: () => this.#giveUp('no sign of life') });
    });
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    // What an error was is not told; that it closes is.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code }) => {
      this.#end(code);
      this.#closed?.();
    });
  }

  send(text: string): void {
    if (!this.#isOver) this.#socket.send(text);
  }

  /** Ends it, and does not wait for the other side to agree. Idempotent. */
  close(reason: string): void {
    this.#giveUp(reason);
  }

  /** Ends it in good order: nothing is told of it any more. Resolves when the other side knows, or after a second. */
  async leave(): Promise<void> {
    const wasOver = this.#isOver;
    this.#over();
    if (wasOver) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1_000);
      this.#closed = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#socket.close();
    });
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    this.#heartbeat.noteHeard();
    const frame = readServerFrame(data);
    if (frame === undefined) return this.#giveUp('what came is not a neuron’s');
    this.#options.onFrame(frame);
  }

  #giveUp(reason: string): void {
    this.#reason = reason;
    this.#socket.close();
    this.#end(undefined);
  }

  #end(code: number | undefined): void {
    if (this.#isOver) return;
    this.#over();
    this.#options.onEnd({ code, reason: this.#reason });
  }

  #over(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
  }
}
