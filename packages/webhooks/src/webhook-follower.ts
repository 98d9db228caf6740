import { systemClock, type Clock } from '@xir/couch-client';
import type { Kv4Record, Kv4Store } from '@xir/kv4-core';
import { followScope } from '@xir/router';

import type { Webhook } from './options.ts';
import { decodeWebhook, MAX_STORED_WEBHOOKS, WEBHOOK_LAYER } from './stored-webhook.ts';

/** Milliseconds until a watch that ended is begun again. */
export const WEBHOOK_WATCH_PAUSE_MS = 1_000;

/** How stored webhooks are followed. */
export interface WebhookFollowerOptions {
  readonly store: Pick<Kv4Store, 'watch'>;
  /** That with which they were stored. */
  readonly systemSecret: string;
  /** Told of all stored webhooks, by where they are stored; one that was not changed is the same object. */
  readonly onChange: (hooks: ReadonlyMap<string, Webhook>) => void;
  /** Told of watches that ended, and of what is stored and cannot be used; without secrets. */
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock;
}

/** Follows the webhooks that are stored in KV4 (SPEC, W8). */
export class WebhookFollower implements AsyncDisposable {
  readonly #options: WebhookFollowerOptions;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #isKnown: () => void = () => undefined;

  constructor(options: WebhookFollowerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Begins; resolves when all that are stored are told. */
  open(): Promise<void> {
    return new Promise((resolve) => {
      this.#isKnown = resolve;
      this.#running ??= this.#run();
    });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const { store, onError } = this.#options;
    let hooks = new Map<string, Webhook>();
    let isWhole = false;
    const begin = () => {
      hooks = new Map();
      isWhole = false;
    };
    await followScope(
      { store, clock: this.#clock, onError },
      { type: 'layer', bucket: '$sys', layer: WEBHOOK_LAYER },
      {
        latestOnly: true,
        signal: this.#abort.signal,
        pauseMs: () => WEBHOOK_WATCH_PAUSE_MS,
        onBegin: begin,
        onEvent: (event) => {
          if (event.type === 'reset') begin();
          else if (event.type === 'end-of-initial') isWhole = true;
          else if (event.type === 'delete') hooks.delete(idOf(event.address));
          else this.#take(hooks, event.record);
          if (!isWhole) return;
          this.#options.onChange(this.#bounded(hooks));
          this.#isKnown();
        },
      },
    );
  }

  #take(hooks: Map<string, Webhook>, { address, value }: Kv4Record): void {
    const hook = decodeWebhook(address.path, value, this.#options.systemSecret);
    if (hook !== undefined) return void hooks.set(idOf(address), hook);
    hooks.delete(idOf(address));
    this.#options.onError(new TypeError(`what is stored as the webhook ${address.key} of ${address.path} cannot be used: it is none, or was stored with another system secret`));
  }

  #bounded(hooks: ReadonlyMap<string, Webhook>): ReadonlyMap<string, Webhook> {
    if (hooks.size <= MAX_STORED_WEBHOOKS) return new Map(hooks);
    this.#options.onError(new TypeError(`there are ${hooks.size} webhooks, and ${MAX_STORED_WEBHOOKS} are told`));
    return new Map([...hooks].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_STORED_WEBHOOKS));
  }
}

function idOf({ path, key }: { readonly path: string; readonly key: string }): string {
  return `${path}\n${key}`;
}
