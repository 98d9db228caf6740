import type { Kv4Record, Kv4Store, WatchEvent, WatchOptions, WatchScope } from '@xir/kv4-core';
import { within } from './eventually.ts';
import { watchViolations } from './watch-violations.ts';

/** A recorded watch that is also waited on. */
export interface WatchRecorderOptions extends WatchOptions {
  /** Longest wait for an event, in milliseconds. */
  readonly patienceMs: number;
}

interface Waiter {
  readonly matches: (event: WatchEvent) => boolean;
  readonly resolve: (event: WatchEvent) => void;
  readonly reject: (failure: Error) => void;
}

/** Follows a watch in the background and keeps what it yields. */
export class WatchRecorder {
  readonly events: WatchEvent[] = [];
  /** Resolves when the watch has ended; to the error it ended with, if any. */
  readonly ended: Promise<Error | undefined>;
  readonly #controller = new AbortController();
  readonly #patienceMs: number;
  readonly #waiters = new Set<Waiter>();
  #over: Error | undefined;

  constructor(store: Kv4Store, scope: WatchScope, options: WatchRecorderOptions) {
    const { patienceMs, ...watchOptions } = options;
    this.#patienceMs = patienceMs;
    this.ended = this.#follow(store.watch(scope, { ...watchOptions, signal: this.#controller.signal }));
  }

  async #follow(events: AsyncIterable<WatchEvent>): Promise<Error | undefined> {
    let failure: Error | undefined;
    try {
      for await (const event of events) this.#record(event);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#over = failure ?? new Error('the watch has ended');
    for (const waiter of this.#waiters) waiter.reject(this.#over);
    return failure;
  }

  #record(event: WatchEvent): void {
    this.events.push(event);
    for (const waiter of [...this.#waiters]) {
      if (waiter.matches(event)) {
        this.#waiters.delete(waiter);
        waiter.resolve(event);
      }
    }
  }

  /** The first event, recorded or to come, that matches. */
  async until(matches: (event: WatchEvent) => boolean, what: string): Promise<WatchEvent> {
    const recorded = this.events.find(matches);
    if (recorded !== undefined) return recorded;
    if (this.#over !== undefined) throw new Error(`waited for ${what}, but: ${this.#over.message}`);
    const coming = new Promise<WatchEvent>((resolve, reject) => {
      this.#waiters.add({ matches, resolve, reject });
    });
    return within(coming, this.#patienceMs, what);
  }

  /** The end of the initial values. */
  async live(): Promise<WatchEvent> {
    return this.until((event) => event.type === 'end-of-initial', 'the end of the initial values');
  }

  /** The event of a version. */
  async version(version: string): Promise<WatchEvent> {
    return this.until((event) => versionOf(event) === version, `the event of version ${version}`);
  }

  /** The records put so far, in order. */
  get puts(): Kv4Record[] {
    return this.events.flatMap((event) => (event.type === 'put' ? [event.record] : []));
  }

  /** What of the guarantees of a watch the recording contradicts. */
  violations(): string[] {
    return watchViolations(this.events);
  }

  /** Ends the watch by its signal and waits until it has ended; resolves to the error it ended with, if any. */
  async stop(): Promise<Error | undefined> {
    this.#controller.abort();
    return within(this.ended, this.#patienceMs, 'the watch to end');
  }
}

/** The version that an event is about, where it says so. */
export function versionOf(event: WatchEvent): string | undefined {
  if (event.type === 'put') return event.record.version;
  return event.type === 'delete' ? event.version : undefined;
}
