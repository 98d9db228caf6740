import type { Clock, Random } from '@xir/couch-client';
import type { Kv4Store, WatchEvent } from '@xir/kv4-core';

import type { Channel } from '../channel.ts';
import type { Message } from '../routing/message.ts';
import { followStored } from './follow-stored.ts';
import { readStoredMessage } from './stored-message.ts';

/** Channels beneath one place whose last position is remembered. */
const MAX_REMEMBERED_CHANNELS = 100_000;

/** What a {@link SubtreeHistory} works with. */
export interface SubtreeHistoryParts {
  readonly store: Kv4Store;
  readonly base: Channel;
  readonly layer: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onMessage: (message: Message) => void;
  /** Messages may have been missed. */
  readonly onMissed: () => void;
  readonly onError: (error: unknown) => void;
}

/** The histories of all channels at a path and beneath it, in one layer, followed while somebody listens there (SPEC, N5). */
export class SubtreeHistory {
  readonly #parts: SubtreeHistoryParts;
  readonly #stop = new AbortController();
  /** Resolves when what is stored from now on is told. */
  readonly ready: Promise<void>;
  #becomeReady: () => void = () => undefined;
  #running: Promise<void>;
  #isInitial = true;
  /** The newest position of each channel that was seen. */
  readonly #seen = new Map<string, string>();
  #waiters: { readonly path: string; readonly position: string; readonly act: () => void }[] = [];

  get layer(): string {
    return this.#parts.layer;
  }

  constructor(parts: SubtreeHistoryParts) {
    this.#parts = parts;
    this.ready = new Promise((resolve) => (this.#becomeReady = resolve));
    this.#running = followStored(parts, { type: 'subtree', address: { ...parts.base, layer: parts.layer } }, { onEvent: (event) => this.#apply(event), onBreak: () => this.#missed(), signal: this.#stop.signal });
  }

  /** Whether everything on a channel up to a position was handed on here. */
  isAt(path: string, position: string): boolean {
    const seen = this.#seen.get(path);
    return seen !== undefined && seen >= position;
  }

  /** Calls `act` when everything on a channel up to a position was handed on here, and before anything behind it is; at once where it was. */
  behind(path: string, position: string, act: () => void): void {
    if (this.isAt(path, position)) act();
    else this.#waiters.push({ path, position, act });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const { act } of this.#waiters.splice(0)) act();
    this.#becomeReady();
    await this.#running;
  }

  #apply(event: WatchEvent): void {
    switch (event.type) {
      case 'reset':
        return this.#missed();
      case 'end-of-initial':
        this.#isInitial = false;
        return this.#becomeReady();
      case 'delete':
        return;
      case 'put':
        return this.#put(event.record);
    }
  }

  /** What is told next is told again from the beginning, as what is there. */
  #missed(): void {
    if (!this.#isInitial) this.#parts.onMissed();
    this.#isInitial = true;
  }

  #put(record: Parameters<typeof readStoredMessage>[0]): void {
    const { version, address } = record;
    const { path } = address;
    const before = this.#seen.get(path);
    if (before !== undefined && version <= before) return;
    // Those for whose message the feed, behind, told this later one instead.
    this.#goOn(path, (position) => position < version);
    this.#remember(path, version);
    const message = this.#isInitial && before === undefined ? undefined : readStoredMessage(record);
    if (message !== undefined) this.#parts.onMessage(this.#isInitial || before === undefined ? message : { ...message, previous: before });
    this.#goOn(path, (position) => position <= version);
  }

  #goOn(path: string, isReached: (position: string) => boolean): void {
    if (this.#waiters.length === 0) return;
    const isDue = (waiter: { readonly path: string; readonly position: string }) => waiter.path === path && isReached(waiter.position);
    const due = this.#waiters.filter(isDue);
    this.#waiters = this.#waiters.filter((waiter) => !isDue(waiter));
    for (const { position, act } of due.toSorted((a, b) => (a.position === b.position ? 0 : a.position < b.position ? -1 : 1))) {
      if (!this.isAt(path, position)) this.#remember(path, position);
      act();
    }
  }

  #remember(path: string, position: string): void {
    this.#seen.delete(path);
    this.#seen.set(path, position);
    if (this.#seen.size <= MAX_REMEMBERED_CHANNELS) return;
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
  }
}
