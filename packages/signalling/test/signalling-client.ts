import { WebSocket } from 'ws';

/** A frame as a client reads it. */
export interface Frame {
  readonly t: string;
  readonly m: { readonly f: string; readonly o: string; readonly t: string | null; readonly i?: string };
  readonly p: unknown;
}

/** A signalling client: what it was told, in order. */
export class SignallingClient {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  readonly closed: Promise<number>;
  readonly opened: Promise<void>;
  #looking: (() => void)[] = [];

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.closed = new Promise((resolve) => this.socket.once('close', (code) => resolve(code)));
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve());
      this.socket.once('error', reject);
    });
    this.opened.catch(() => undefined);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      this.texts.push(data.toString());
      for (const look of this.#looking.splice(0)) look();
    });
  }

  get frames(): Frame[] {
    return this.texts.map((text) => JSON.parse(text) as Frame);
  }

  /** What came with an operation: the contents. */
  contents(operation: string): unknown[] {
    return this.frames.filter(({ m }) => m?.o === operation).map(({ p }) => p);
  }

  /** Resolves to the frames once there are that many. */
  async atLeast(count: number): Promise<Frame[]> {
    while (this.texts.length < count) await new Promise<void>((resolve) => this.#looking.push(resolve));
    return this.frames;
  }

  /** Resolves to the frames once that many have an operation. */
  async until(operation: string, count = 1): Promise<unknown[]> {
    while (this.contents(operation).length < count) await new Promise<void>((resolve) => this.#looking.push(resolve));
    return this.contents(operation);
  }

  say(meta: object, content: unknown): void {
    this.socket.send(JSON.stringify({ t: 'u', m: meta, p: content }));
  }
}
