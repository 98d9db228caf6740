import type { KeyAddress } from '@xir/kv4-core';

import { addressText, type WatchedKey } from './transaction.ts';

/** Under EXEC: the first write to a watched key happens only if the key is what it was. */
export class ExecutionGuard {
  readonly #watched: Map<string, WatchedKey>;
  /** Something was written already. */
  hasWritten = false;
  /** A watched key had changed when it was written. */
  isBroken = false;

  constructor(watched: ReadonlyMap<string, WatchedKey>) {
    this.#watched = new Map(watched);
  }

  /** What the key has to be; `undefined`: anything. */
  watchedOf(address: KeyAddress): WatchedKey | undefined {
    return this.#watched.size === 0 ? undefined : this.#watched.get(addressText(address));
  }

  /** A write has succeeded: from now on the key may be what this transaction made of it. */
  wrote(address: KeyAddress): void {
    this.hasWritten = true;
    if (this.#watched.size > 0) this.#watched.delete(addressText(address));
  }
}
