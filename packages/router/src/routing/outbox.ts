/**
 * What happens to a receiver that reads more slowly than it is sent to, once as much waits as may.
 *
 * - `cut`: its connection is closed.
 * - `drop-oldest`: the oldest messages that wait are dropped.
 * - `latest-only`: of messages with the same key only the newest waits, from the first that has to wait on.
 */
export const SLOW_RECEIVER_POLICIES = ['cut', 'drop-oldest', 'latest-only'] as const;

/** One of {@link SLOW_RECEIVER_POLICIES}. */
export type SlowReceiverPolicy = (typeof SLOW_RECEIVER_POLICIES)[number];

/** Default of {@link OutboxOptions.maxWaitingBytes}: 1 MiB. */
export const DEFAULT_MAX_WAITING_BYTES = 1_048_576;

/** One connection, as an {@link Outbox} needs it. */
export interface OutboxSink {
  /** Writes bytes; false: more should wait until {@link Outbox.drained} is called. `onWritten` is called once with whether they left this process. */
  write(bytes: Uint8Array, onWritten?: (written: boolean) => void): boolean;
  /** Closes the connection, because it reads too slowly. */
  cut(): void;
}

/** How an {@link Outbox} is made. */
export interface OutboxOptions {
  /** Where frames go. */
  readonly sink: OutboxSink;
  /** When they go; shared by all outboxes. */
  readonly schedule: OutboxSchedule;
  /** What happens when too much waits. */
  readonly policy: SlowReceiverPolicy;
  /** Bytes of frames that wait for the receiver to read. */
  readonly maxWaitingBytes?: number;
}

/** How a frame is treated. */
export interface FrameOptions {
  /** Frames that may be dropped name what they are about, for `latest-only`. Absent: never dropped. */
  readonly key?: string | undefined;
  /** Called once: true when the frame was written, false when it never will be. */
  readonly onWritten?: ((written: boolean) => void) | undefined;
}

/** Frames behind one another. The same frames sent to many receivers in a turn are the same chain, whose bytes are put together once. */
class FrameChain {
  readonly #before: FrameChain | undefined;
  readonly #frame: Uint8Array;
  readonly length: number;
  #next: FrameChain | undefined;
  #bytes: Uint8Array | undefined;

  constructor(before: FrameChain | undefined, frame: Uint8Array) {
    this.#before = before;
    this.#frame = frame;
    this.length = frame.length + (before?.length ?? 0);
  }

  with(frame: Uint8Array): FrameChain {
    const known = this.#next;
    if (known !== undefined && known.#frame === frame) return known;
    return (this.#next = new FrameChain(this, frame));
  }

  get bytes(): Uint8Array {
    if (this.#before === undefined) return this.#frame;
    this.#bytes ??= this.#join();
    return this.#bytes;
  }

  #join(): Uint8Array {
    // A `Buffer`: others are wrapped into one for every socket that they are written to.
    const bytes = Buffer.allocUnsafe(this.length);
    let end = this.length - this.#frame.length;
    bytes.set(this.#frame, end);
    for (let chain = this.#before; chain !== undefined; chain = chain.#before) {
      end -= chain.#frame.length;
      bytes.set(chain.#frame, end);
    }
    return bytes;
  }
}

/** When outboxes are written: everything of one turn of the event loop together. One for all connections. */
export class OutboxSchedule {
  #waiting: Outbox[] = [];
  #first: FrameChain | undefined;
  #firstFrame: Uint8Array | undefined;
  /** Frames that were dropped for slow receivers, by policy. */
  readonly droppedBy: Record<Exclude<SlowReceiverPolicy, 'cut'>, number> = { 'drop-oldest': 0, 'latest-only': 0 };
  /** Receivers that were cut because they read too slowly. */
  cut = 0;

  /** Frames that were dropped for slow receivers. */
  get dropped(): number {
    return this.droppedBy['drop-oldest'] + this.droppedBy['latest-only'];
  }

  /** The chain that begins with a frame. */
  begin(outbox: Outbox, frame: Uint8Array): FrameChain {
    if (this.#waiting.length === 0) process.nextTick(() => this.flush());
    this.#waiting.push(outbox);
    if (this.#first === undefined || this.#firstFrame !== frame) {
      this.#first = new FrameChain(undefined, frame);
      this.#firstFrame = frame;
    }
    return this.#first;
  }

  /** Writes what waits for the end of the turn. */
  flush(): void {
    const outboxes = this.#waiting;
    this.#waiting = [];
    this.#first = undefined;
    this.#firstFrame = undefined;
    for (const outbox of outboxes) outbox.flush();
  }
}

interface WaitingFrame extends FrameOptions {
  readonly frame: Uint8Array;
}

/** What goes out on one connection: frames of a turn in one write, and a bounded number of bytes for a receiver that reads slowly. */
export class Outbox {
  // What every frame touches comes first: these lie together in memory.
  #chain: FrameChain | undefined;
  #callbacks: ((written: boolean) => void)[] | undefined;
  #isBlocked = false;
  #isClosed = false;
  readonly #sink: OutboxSink;
  readonly #schedule: OutboxSchedule;
  readonly #maxWaitingBytes: number;
  readonly #policy: SlowReceiverPolicy;
  /** Behind what the connection has not taken yet. */
  #waiting: WaitingFrame[] | undefined;
  #waitingBytes = 0;

  constructor(options: OutboxOptions) {
    const { sink, schedule, policy, maxWaitingBytes = DEFAULT_MAX_WAITING_BYTES } = options;
    this.#sink = sink;
    this.#schedule = schedule;
    this.#policy = policy;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** The receiver has yet to read what was written. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Sends a frame behind those that were sent before. */
  push(frame: Uint8Array, options?: FrameOptions): void {
    if (this.#isClosed) return options?.onWritten?.(false);
    if (this.#isBlocked) return this.#wait({ frame, ...options });
    this.#chain = this.#chain === undefined ? this.#schedule.begin(this, frame) : this.#chain.with(frame);
    if (options?.onWritten !== undefined) (this.#callbacks ??= []).push(options.onWritten);
    if (this.#chain.length > this.#maxWaitingBytes) this.flush();
  }

  /** Writes what was sent in this turn. */
  flush(): void {
    const chain = this.#chain;
    const callbacks = this.#callbacks;
    this.#chain = undefined;
    this.#callbacks = undefined;
    if (chain === undefined) return;
    if (this.#isClosed) return callAll(callbacks, false);
    const onWritten = callbacks === undefined ? undefined : (written: boolean) => callAll(callbacks, written);
    if (!this.#sink.write(chain.bytes, onWritten)) this.#isBlocked = true;
  }

  /** The receiver has read what was written: what waits goes next. */
  drained(): void {
    this.#isBlocked = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    for (const { frame, ...options } of waiting ?? []) this.push(frame, options);
    this.flush();
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const { onWritten } of waiting ?? []) onWritten?.(false);
  }

  #wait(frame: WaitingFrame): void {
    const policy = this.#policy;
    this.#waiting ??= [];
    if (policy === 'latest-only' && frame.key !== undefined) this.#drop(this.#waiting.findIndex(({ key }) => key === frame.key));
    this.#waiting.push(frame);
    this.#waitingBytes += frame.frame.length;
    while (policy !== 'cut' && this.#waitingBytes > this.#maxWaitingBytes) {
      if (!this.#drop(this.#waiting.findIndex(({ key }) => key !== undefined))) break;
    }
    if (this.#waitingBytes <= this.#maxWaitingBytes) return;
    this.#schedule.cut += 1;
    this.close();
    this.#sink.cut();
  }

  #drop(index: number): boolean {
    const [dropped] = index < 0 ? [] : (this.#waiting?.splice(index, 1) ?? []);
    if (dropped === undefined) return false;
    this.#waitingBytes -= dropped.frame.length;
    const policy = this.#policy;
    if (policy !== 'cut') this.#schedule.droppedBy[policy] += 1;
    dropped.onWritten?.(false);
    return true;
  }
}

function callAll(callbacks: readonly ((written: boolean) => void)[] | undefined, written: boolean): void {
  for (const callback of callbacks ?? []) callback(written);
}
