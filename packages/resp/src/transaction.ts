import type { KeyAddress } from '@xir/kv4-core';

import type { Command } from './command.ts';
import { RespError } from './errors.ts';

/** A request that waits for EXEC. */
export interface QueuedRequest {
  readonly command: Command;
  readonly args: readonly string[];
}

/** What stands between MULTI and EXEC. */
export class Transaction {
  readonly requests: QueuedRequest[] = [];
  readonly #maxRequests: number;
  #spoiled = false;

  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests;
  }

  /** A request could not be queued: EXEC will refuse. */
  get isSpoiled(): boolean {
    return this.#spoiled;
  }

  spoil(): void {
    this.#spoiled = true;
  }

  /** Throws `RESP_BUSY` where there are too many. */
  queue(command: Command, args: readonly string[]): void {
    if (this.requests.length >= this.#maxRequests) throw new RespError('RESP_BUSY', `more than ${this.#maxRequests} commands wait for EXEC`);
    this.requests.push({ command, args });
  }
}

/** A key under WATCH, and the version it had; `undefined`: it was not there. */
export interface WatchedKey {
  readonly address: KeyAddress;
  readonly version: string | undefined;
}

/** What a client watches. */
export class WatchedKeys {
  #keys: Map<string, WatchedKey> | undefined;

  get size(): number {
    return this.#keys?.size ?? 0;
  }

  /** A key that is watched already keeps the version it had first. */
  add(key: WatchedKey): void {
    this.#keys ??= new Map<string, WatchedKey>();
    const id = addressText(key.address);
    if (!this.#keys.has(id)) this.#keys.set(id, key);
  }

  /** Hands over everything and forgets it. */
  take(): ReadonlyMap<string, WatchedKey> {
    const keys = this.#keys ?? new Map<string, WatchedKey>();
    this.#keys = undefined;
    return keys;
  }
}

/** A text that stands for one key. Parts may hold anything: their lengths say where they end. */
export function addressText({ bucket, layer, path, key }: KeyAddress): string {
  return `${bucket.length} ${layer.length} ${path.length} ${bucket}${layer}${path}${key}`;
}
