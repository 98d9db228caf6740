import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a connection to a server that passes messages on says and hears, as bytes. */
export interface FanOutProtocol {
  /** What the n-th receiver says first. */
  readonly receiverOpening: (n: number) => string;
  readonly senderOpening: string;
  /** What the server has said, as Latin-1, when a connection is ready. */
  readonly isReady: (text: string) => boolean;
  /** What the sender says for one message. */
  readonly message: Buffer;
  /** What each receiver hears of it. */
  readonly heard: Buffer;
  /** What the server asks for a sign of life with, which begins otherwise than what is heard, and what is answered. */
  readonly ping?: { readonly asked: Buffer; readonly answer: Buffer };
}

/** What is sent. */
export interface FanOutLoad {
  /** Messages in one write. */
  readonly batch: number;
  readonly durationMs: number;
  readonly mostPerSecond: number;
}

/** Receivers of one sender, connected. */
export interface FanOut extends Disposable {
  /** Sends batches for so long, each in one write, and each when all receivers have had the one before. Rejects where a receiver hears anything else. */
  run(load: FanOutLoad): Promise<FanOutResult>;
}

/** What a load run saw. */
export interface FanOutResult {
  /** Messages heard by receivers, each counted. */
  readonly deliveries: number;
  readonly seconds: number;
  /** Milliseconds from the sending of a batch until the last receiver had it, sorted ascending. */
  readonly latenciesMs: readonly number[];
}

const CONNECTING = 50;
const READ_BYTES = 65_536;
const LOOK_MS = 50;
const RUN_TIMEOUT_MS = 30_000;

/** Connects a sender and its receivers; resolves when nothing has come for `quietMs`. */
export async function openFanOut(port: number, protocol: FanOutProtocol, { receivers, quietMs }: { readonly receivers: number; readonly quietMs: number }): Promise<FanOut> {
  const crowd = new Crowd(protocol);
  try {
    for (let n = 0; n < receivers; n += CONNECTING) await Promise.all(Array.from({ length: Math.min(CONNECTING, receivers - n) }, (_, index) => crowd.open(port, protocol.receiverOpening(n + index), true)));
    const sender = await crowd.open(port, protocol.senderOpening, false);
    await crowd.quiet(quietMs);
    crowd.count();
    return {
      async run({ batch, durationMs, mostPerSecond }) {
        const bytes = Buffer.concat(Array.from({ length: batch }, () => protocol.message));
        const latenciesMs: number[] = [];
        const startedMs = performance.now();
        for (let sentMs = startedMs; sentMs - startedMs < durationMs; sentMs = performance.now()) {
          await crowd.hear(batch, () => sender.write(bytes));
          latenciesMs.push(performance.now() - sentMs);
          await pause(startedMs + (latenciesMs.length * batch * 1000) / mostPerSecond - performance.now());
        }
        return { deliveries: latenciesMs.length * batch * receivers, seconds: (performance.now() - startedMs) / 1000, latenciesMs: latenciesMs.sort((a, b) => a - b) };
      },
      [Symbol.dispose]: () => crowd.end(),
    };
  } catch (error) {
    crowd.end();
    throw error;
  }
}

/** The connections. What they read goes into one piece of memory, so that reading costs the load generator little. */
class Crowd {
  readonly #protocol: FanOutProtocol;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  readonly #sockets: Socket[] = [];
  #receivers = 0;
  #isCounting = false;
  #heardAtMs = 0;
  /** Messages that are still to be heard. */
  #missing = 0;
  #onHeard: () => void = () => undefined;
  #onFailure: (error: Error) => void = () => undefined;

  constructor(protocol: FanOutProtocol) {
    this.#protocol = protocol;
  }

  async open(port: number, opening: string, isReceiver: boolean): Promise<Socket> {
    const { isReady } = this.#protocol;
    let text = '';
    let ready: () => void = () => undefined;
    const isOpen = new Promise<void>((resolve) => (ready = resolve));
    let at = 0;
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: this.#buffer,
        callback: (length) => {
          if (this.#isCounting) {
            at = isReceiver ? this.#take(socket, at, length) : 0;
            return true;
          }
          this.#heardAtMs = performance.now();
          this.#answer(socket, length);
          text += this.#buffer.toString('latin1', 0, length);
          if (isReady(text)) ready();
          // Only the beginning is looked at.
          if (text.length > READ_BYTES) text = text.slice(0, READ_BYTES);
          return true;
        },
      },
    });
    this.#sockets.push(socket);
    if (isReceiver) this.#receivers += 1;
    socket.on('error', () => socket.destroy());
    const isGone = once(socket, 'close').then(() => {
      const error = new Error(`the server closed a connection: ${text.slice(0, 300)}`);
      this.#onFailure(error);
      throw error;
    });
    isGone.catch(() => undefined);
    socket.write(opening, 'latin1');
    await Promise.race([isOpen, isGone]);
    return socket;
  }

  /** Waits until nothing has come for so long. */
  async quiet(forMs: number): Promise<void> {
    this.#heardAtMs = performance.now();
    while (performance.now() - this.#heardAtMs < forMs) await pause(LOOK_MS);
  }

  /** From now on receivers hear messages and nothing else. */
  count(): void {
    this.#isCounting = true;
    // What asked for a sign of life between other things was not answered.
    const { ping } = this.#protocol;
    if (ping !== undefined) for (const socket of this.#sockets) socket.write(ping.answer);
  }

  hear(batch: number, send: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.#missing} messages were not heard`)), RUN_TIMEOUT_MS);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        then();
      };
      this.#missing = batch * this.#receivers;
      this.#onHeard = () => settle(resolve);
      this.#onFailure = (error) => settle(() => reject(error));
      send();
      this.#stayAwake();
    });
  }

  /** A process that sleeps is woken by whoever writes to it, at that one's expense, and more often the slower it writes. */
  #stayAwake(): void {
    if (this.#missing > 0) setImmediate(() => this.#stayAwake());
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Reads what was heard, from `at` bytes into a message on; gives back how far it came into the last one. */
  #take(socket: Socket, at: number, length: number): number {
    const { heard, ping } = this.#protocol;
    let into = at;
    for (let from = 0; from < length; ) {
      if (into === 0 && ping !== undefined && this.#buffer[from] === ping.asked[0]) {
        from += ping.asked.length;
        socket.write(ping.answer);
        continue;
      }
      const taken = Math.min(length - from, heard.length - into);
      if (this.#buffer.compare(heard, into, into + taken, from, from + taken) !== 0) {
        this.#onFailure(new Error(`a receiver heard: ${this.#buffer.toString('latin1', from, Math.min(length, from + 300))}`));
        return 0;
      }
      from += taken;
      into = (into + taken) % heard.length;
      if (into > 0) break;
      this.#missing -= 1;
      if (this.#missing === 0) this.#onHeard();
    }
    return into;
  }

  #answer(socket: Socket, length: number): void {
    const { ping } = this.#protocol;
    if (ping !== undefined && length >= ping.asked.length && this.#buffer.compare(ping.asked, 0, ping.asked.length, length - ping.asked.length, length) === 0) socket.write(ping.answer);
  }
}

async function pause(delayMs: number): Promise<void> {
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
}
