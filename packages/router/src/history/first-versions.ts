import { versionTimeMs } from '@xir/kv4-core';

import { DedupWindow } from '../routing/dedup-window.ts';
import type { Message } from '../routing/message.ts';
import { repeatedAs } from '../routing/message-id.ts';

/** Ids of one channel that are remembered at most. */
const MAX_IDS = 10_000;

/** Where a channel's messages with an id were stored first: what comes again with the same id, within the window, is a repetition. Times are those of the versions. Pure. */
export class FirstVersions {
  readonly #firsts: DedupWindow<string>;

  constructor(windowMs: number) {
    this.#firsts = new DedupWindow(MAX_IDS, windowMs);
  }

  /** Notes a message, at its position; true: it is a repetition. */
  isRepetition(message: Message): boolean {
    const { position } = message;
    const name = repeatedAs(message);
    if (name === undefined || position === undefined) return false;
    const timeMs = versionTimeMs(position);
    const first = this.#firsts.find(name, timeMs);
    if (first !== undefined && first < position) return true;
    if (first !== position) this.#firsts.add(name, timeMs, position);
    return false;
  }
}
