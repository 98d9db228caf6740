import { backoffDelayMs, type Clock, type Random, type Timer } from '@xir/couch-client';

import type { Webhook, WebhookFailure, WebhookLimits, WebhookRequest } from './options.ts';
import { signBody, SIGNATURE_HEADER, TIMESTAMP_HEADER } from './signature.ts';

/** What the queues of all webhooks share. */
export interface HookQueueParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly randomUuid: () => string;
  readonly limits: WebhookLimits;
  readonly send: (request: WebhookRequest) => Promise<number>;
  readonly onFailure: (failure: WebhookFailure) => void;
}

/** What waits for one webhook: one request is on its way at a time, and those of a turn travel together (SPEC, W3 to W6). */
export class HookQueue {
  /** To whom is sent from now on. */
  hook: Webhook;
  readonly #parts: HookQueueParts;
  #events: string[] = [];
  #characters = 0;
  #sending: Promise<void> | undefined;
  #isClosed = false;
  readonly #stop = new AbortController();
  sent = 0;
  dropped = 0;
  givenUp = 0;
  failed = 0;
  retried = 0;

  constructor(hook: Webhook, parts: HookQueueParts) {
    this.hook = hook;
    this.#parts = parts;
  }

  /** Events that wait. */
  get size(): number {
    return this.#events.length;
  }

  push(event: string): void {
    const { maxQueuedEvents, maxQueuedCharacters } = this.#parts.limits;
    if (this.#isClosed || this.#events.length >= maxQueuedEvents || this.#characters + event.length > maxQueuedCharacters) {
      this.dropped += 1;
      return;
    }
    this.#events.push(event);
    this.#characters += event.length;
    // Together with what else happens in this turn.
    this.#sending ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#sendAll());
  }

  /** Sends what waits, for a while, and no more. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { clock, limits } = this.#parts;
    const timer = clock.schedule(limits.drainMs, () => this.#stop.abort());
    await this.#sending;
    timer.cancel();
  }

  async #sendAll(): Promise<void> {
    while (this.#events.length > 0) {
      const events = this.#events.splice(0, this.#parts.limits.maxBatchEvents);
      for (const { length } of events) this.#characters -= length;
      if (await this.#deliver(events)) this.sent += events.length;
      else {
        this.dropped += events.length;
        this.givenUp += events.length;
      }
    }
    this.#sending = undefined;
  }

  /** False: it was given up. */
  async #deliver(events: readonly string[]): Promise<boolean> {
    const { clock, random, randomUuid, limits, onFailure } = this.#parts;
    const body = `{"events":[${events.join(',')}]}`;
    const id = randomUuid();
    const beganAtMs = clock.monotonic();
    for (let attempt = 1; ; attempt += 1) {
      const reason = await this.#try(body, id, attempt);
      if (reason === undefined) return true;
      this.failed += 1;
      const delayMs = backoffDelayMs(attempt - 1, random, { baseMs: 500, maxMs: 60_000 });
      const isGivenUp = this.#stop.signal.aborted || clock.monotonic() + delayMs - beganAtMs > limits.maxAgeMs;
      onFailure({ origin: new URL(this.hook.url).origin, reason, attempt, isGivenUp });
      if (isGivenUp) return false;
      await this.#wait(delayMs);
      this.retried += 1;
    }
  }

  /** `undefined`: it was taken. */
  async #try(body: string, id: string, attempt: number): Promise<WebhookFailure['reason'] | undefined> {
    const { clock, limits, send } = this.#parts;
    const timestamp = Math.floor(clock.now() / 1000);
    const timeout = new AbortController();
    const timer = clock.schedule(limits.timeoutMs, () => timeout.abort());
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'xir-webhooks',
      'x-xir-delivery': id,
      'x-xir-attempt': String(attempt),
      [TIMESTAMP_HEADER]: String(timestamp),
      [SIGNATURE_HEADER]: signBody(this.hook.secret, timestamp, body),
    };
    try {
      const status = await send({ url: this.hook.url, headers, body, signal: AbortSignal.any([timeout.signal, this.#stop.signal]) });
      return status >= 200 && status < 300 ? undefined : status;
    } catch {
      // The error of `fetch` names the URL, which may hold a secret.
      return timeout.signal.aborted ? 'timeout' : 'unreachable';
    } finally {
      timer.cancel();
    }
  }

  #wait(delayMs: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer: Timer = this.#parts.clock.schedule(delayMs, done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}
