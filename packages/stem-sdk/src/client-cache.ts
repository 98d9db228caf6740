import { coverOf, headId, Kv4Error, type KeyAddress, type Kv4Record, type PathAddress, type ReadOptions, type WriteResult } from '@xir/kv4-core';

import { checkCacheOptions, type CacheOptions, type CheckedCacheOptions } from './cache-options.ts';
import { CacheState, type CacheStatistics } from './cache-state.ts';
import type { Operations } from './operations.ts';
import type { WatchTiming } from './remote-watch.ts';
import { retryPauseMs } from './retry-pause.ts';

/** What a cache works with. */
export interface ClientCacheParts {
  readonly neuron: Operations;
  readonly bucket: string;
  readonly timing: WatchTiming;
  readonly options: CacheOptions;
}

/** Answers of a neuron that are given again while a watch keeps them true; watches begin with the first read of what they cover. */
export class ClientCache {
  readonly #neuron: Operations;
  readonly #timing: WatchTiming;
  readonly #options: CheckedCacheOptions;
  readonly #state: CacheState;
  readonly #kept = new Set<number>();

  /** Throws `KV4_BAD_OPTION`, `KV4_BAD_ADDRESS`. */
  constructor({ neuron, bucket, timing, options }: ClientCacheParts) {
    this.#neuron = neuron;
    this.#timing = timing;
    this.#options = checkCacheOptions(bucket, options);
    this.#state = new CacheState(
      this.#options.scopes.map(({ cover }) => cover),
      this.#options,
    );
  }

  get statistics(): CacheStatistics {
    return this.#state.statistics;
  }

  /** The value of a key: at once where it is known, and nothing is asked about its age. */
  async get(address: KeyAddress, options: ReadOptions): Promise<Kv4Record | undefined> {
    const id = headId(address);
    const scope = this.#state.scopeOf(id);
    if (scope < 0) return this.#neuron.get(address, options);
    if (!this.#kept.has(scope)) void this.#keep(scope);
    if (options.fresh !== true && (options.maxAgeMs ?? Infinity) === Infinity) {
      const known = this.#state.look(id, scope, this.#options.nowMs());
      if (known.found) return known.record;
    }
    const ticket = this.#state.begin(id, scope);
    try {
      const record = await this.#neuron.get(address, options);
      this.#state.read(ticket, record, this.#options.nowMs());
      return record;
    } finally {
      this.#state.end(ticket);
    }
  }

  /** Writes or deletes a key, and knows what came of it before the caller does. */
  async write<Result extends WriteResult | undefined>(address: KeyAddress, work: () => Promise<Result>): Promise<Result> {
    const id = headId(address);
    const scope = this.#state.scopeOf(id);
    if (scope < 0) return work();
    const ticket = this.#state.begin(id, scope);
    try {
      const result = await work();
      if (result === undefined) this.#state.forget(id);
      else this.#state.wrote(ticket, result, this.#options.nowMs());
      return result;
    } catch (error) {
      this.#state.forget(id);
      throw error;
    } finally {
      this.#state.end(ticket);
    }
  }

  /** Deletes many keys. */
  async clear(type: 'path' | 'subtree', address: PathAddress, work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } finally {
      this.#state.forgetAll(coverOf({ type, address }));
    }
  }

  /** Watches a scope until the client closes. What was known is forgotten with every connection that is lost: a new one knows nothing of what it missed. */
  async #keep(scope: number): Promise<void> {
    this.#kept.add(scope);
    const { closed } = this.#neuron;
    // With every version, since a key that came and went between two looks would be no event otherwise.
    const source = this.#neuron.watchSource((this.#options.scopes[scope] as CheckedCacheOptions['scopes'][number]).scope, { initial: false, history: true });
    for (let attempts = 1; !closed.aborted; attempts += 1) {
      let isRefused = false;
      try {
        for await (const event of source.open({ after: undefined, initial: false })) {
          if (event === 'open') {
            this.#state.stand(scope);
            continue;
          }
          attempts = 1;
          this.#state.tell(scope, event, this.#options.nowMs());
        }
      } catch (error) {
        // Reads go to the neuron and are told what is wrong there.
        isRefused = !(error instanceof Kv4Error) || error.code !== 'KV4_UNAVAILABLE';
      } finally {
        this.#state.fall(scope);
      }
      await this.#timing.wait(retryPauseMs(this.#timing, isRefused ? Infinity : attempts), AbortSignal.any([closed]));
    }
  }
}
