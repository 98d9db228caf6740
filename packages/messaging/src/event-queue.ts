import type { SlowReceiverPolicy } from '@xir/router';

/** Something that waits to be sent. */
export interface QueuedEvent {
  readonly text: string;
  /** What it is about, for `latest-only`. Absent: it is never dropped. */
  readonly key?: string | undefined;
  /** Where the receiver stands in the channel's history once it has this. */
  readonly position?: string | undefined;
  /** Called once: true when it was written or acknowledged, false when it never will be. */
  readonly onWritten?: ((written: boolean) => void) | undefined;
}

/** How a queue is made. */
export interface EventQueueOptions {
  readonly policy: SlowReceiverPolicy;
  readonly maxBytes: number;
  /** More waits than may: nothing is taken any more. */
  readonly onCut: () => void;
  readonly onDropped: (policy: SlowReceiverPolicy) => void;
}

/** Bytes that an event counts with beyond its text. */
const OVERHEAD_BYTES = 64;

/** Events that wait for one receiver: a bounded number of bytes, then the policy decides (SPEC, Q1). */
export class EventQueue {
  readonly #options: EventQueueOptions;
  #events: QueuedEvent[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  #isEnded = false;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  /** Nothing is taken any more; what waits can still be had. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  push(event: QueuedEvent): void {
    if (this.#isEnded) return event.onWritten?.(false);
    const { policy, maxBytes, onCut } = this.#options;
    if (policy === 'latest-only' && event.key !== undefined) this.#drop(this.#events.findIndex(({ key }) => key === event.key));
    this.#events.push(event);
    this.#bytes += bytesOf(event);
    while (policy !== 'cut' && this.#bytes > maxBytes && this.#drop(this.#events.findIndex(({ key }) => key !== undefined)));
    if (this.#bytes > maxBytes) {
      this.end();
      this.clear();
      onCut();
    }
    this.#wake?.();
  }

  /** Takes what waits. */
  take(): QueuedEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    return events;
  }

  /** Resolves when something waits, or never will. One may wait at a time; it is told when another does. */
  async filled(signal: AbortSignal): Promise<void> {
    this.#wake?.();
    if (!this.isEmpty || this.#isEnded || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        signal.removeEventListener('abort', settle);
        if (this.#wake === settle) this.#wake = undefined;
        resolve();
      };
      this.#wake = settle;
      signal.addEventListener('abort', settle, { once: true });
    });
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Gives up what waits. */
  clear(): void {
    for (const { onWritten } of this.take()) onWritten?.(false);
  }

  #drop(index: number): boolean {
    const [dropped] = index < 0 ? [] : this.#events.splice(index, 1);
    if (dropped === undefined) return false;
    this.#bytes -= bytesOf(dropped);
    this.#options.onDropped(this.#options.policy);
    dropped.onWritten?.(false);
    return true;
  }
}

function bytesOf({ text }: QueuedEvent): number {
  return Buffer.byteLength(text) + OVERHEAD_BYTES;
}
