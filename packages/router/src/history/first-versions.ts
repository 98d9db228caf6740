import { versionTimeMs } from '@xir/kv4-core';

import type { Message } from '../routing/message.ts';
import { repeatedAs } from '../routing/message-id.ts';

/** Ids of one channel that are remembered at most. */
const MAX_IDS = 10_000;

/** When something is looked at, by the clocks of this host. */
export interface LookedAt {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** When a message was stored, by each clock that says something of it. */
interface Moment {
  /** By the clock of the neuron that stored it, or of one before it whose clock is ahead. */
  readonly versionMs: number;
  /** By the clock of the neuron that it was sent through. */
  readonly sentMs: number;
  /** By the monotonic clock of this host: what was stored is read late, or at once. */
  readonly ownMs: number;
}

interface First extends Moment {
  readonly position: string;
}

/**
 * Where a channel's messages with an id were stored first: what comes again with the same id, within the window, is a repetition. A host whose clock is set anew takes the times of versions
 * along, so that it is within the window what is so by any of the clocks. Pure.
 */
export class FirstVersions {
  readonly #windowMs: number;
  /** Oldest first. */
  readonly #firsts = new Map<string, First>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Notes a message, at its position; true: it is a repetition. */
  isRepetition(message: Message, { monotonicMs, wallMs }: LookedAt): boolean {
    const { position, sentAtMs } = message;
    const name = repeatedAs(message);
    if (name === undefined || position === undefined) return false;
    const versionMs = versionTimeMs(position);
    const moment: Moment = { versionMs, sentMs: sentAtMs, ownMs: monotonicMs - Math.max(0, wallMs - versionMs) };
    const first = this.#firsts.get(name);
    const isNear = first !== undefined && this.#isNear(first, moment);
    if (isNear && first.position < position) return true;
    // What is read of before goes in front of what it is near to, and takes the place of nothing else.
    if (first === undefined || first.position < position || (isNear && first.position > position)) this.#add(name, { ...moment, position });
    return false;
  }

  #add(name: string, first: First): void {
    this.#firsts.delete(name);
    this.#firsts.set(name, first);
    for (const [oldest, each] of this.#firsts) {
      if (this.#firsts.size <= MAX_IDS && this.#isNear(each, first)) return;
      this.#firsts.delete(oldest);
    }
  }

  #isNear(first: Moment, { versionMs, sentMs, ownMs }: Moment): boolean {
    const windowMs = this.#windowMs;
    return Math.abs(versionMs - first.versionMs) < windowMs || Math.abs(sentMs - first.sentMs) < windowMs || Math.abs(ownMs - first.ownMs) < windowMs;
  }
}
