import { SdkError } from '../errors.ts';

/** What is sent and answered under an id. */
export interface PendingRequest<Result> {
  readonly id: string;
  /** As it goes over the wire. */
  readonly text: string;
  readonly signal: AbortSignal | undefined;
  /** What it is, for messages. */
  readonly doing: string;
  /** Whether it matters that nobody knows what became of it. */
  readonly changes: boolean;
  readonly read: (answer: unknown) => Result;
}

interface Pending {
  readonly text: string;
  wasSent: boolean;
  settle(act: (pending: Settle) => void): void;
}

interface Settle {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  readonly doing: string;
}

/** What a {@link PendingRequests} works with. */
export interface PendingRequestsParts {
  readonly maxPending: number;
  readonly timeoutMs: number;
}

/** Requests that wait for their answers, in order. What was under way when a connection was lost is sent again over the next one, with the same id. */
export class PendingRequests {
  readonly #parts: PendingRequestsParts;
  readonly #pending = new Map<string, Pending>();
  #send: ((text: string) => void) | undefined;

  constructor(parts: PendingRequestsParts) {
    this.#parts = parts;
  }

  has(id: string): boolean {
    return this.#pending.has(id);
  }

  /** Sends a request as soon as there is a connection. Rejects with `SDK_BUSY`, `SDK_UNAVAILABLE`, `SDK_OUTCOME_UNKNOWN`, what {@link PendingRequests.refuse} is given, or the signal's reason. */
  run<Result>({ id, text, signal, doing, changes, read }: PendingRequest<Result>): Promise<Result> {
    const { maxPending, timeoutMs } = this.#parts;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#pending.size >= maxPending) return Promise.reject(new SdkError('SDK_BUSY', `${doing}: ${maxPending} wait for their answers already`));
    if (this.#pending.has(id)) return Promise.reject(new SdkError('SDK_BAD_OPTION', `${doing}: the id is that of one that waits for its answer`));
    return new Promise<Result>((resolve, reject) => {
      const settle: Pending['settle'] = (act) => {
        this.#pending.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        act({ resolve: (answer) => resolve(read(answer)), reject, doing });
      };
      const pending: Pending = { text, wasSent: false, settle };
      const onAbort = () => settle(() => reject(signal?.reason as Error));
      const timer = setTimeout(() => {
        const isUnknown = pending.wasSent && changes;
        settle(() => reject(new SdkError(isUnknown ? 'SDK_OUTCOME_UNKNOWN' : 'SDK_UNAVAILABLE', `${doing}: no answer in ${timeoutMs} ms${isUnknown ? '; it may have happened' : ''}`)));
      }, timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, pending);
      this.#go(pending);
    });
  }

  /** There is a connection: everything that waits goes over it, in order. */
  connected(send: (text: string) => void): void {
    this.#send = send;
    for (const pending of [...this.#pending.values()]) this.#go(pending);
  }

  /** The connection is lost. */
  disconnected(): void {
    this.#send = undefined;
  }

  answer(id: string, answer: unknown): void {
    this.#pending.get(id)?.settle(({ resolve }) => resolve(answer));
  }

  /** The neuron has refused it. */
  refuse(id: string, code: string): void {
    this.#pending.get(id)?.settle(({ reject, doing }) => reject(new SdkError('SDK_REFUSED', `${doing}: the neuron refused it (${code})`, code)));
  }

  /** Nothing is answered any more. */
  close(error: Error): void {
    this.#send = undefined;
    for (const pending of [...this.#pending.values()]) pending.settle(({ reject }) => reject(error));
  }

  #go(pending: Pending): void {
    if (this.#send === undefined) return;
    pending.wasSent = true;
    this.#send(pending.text);
  }
}
