import { loginUser, type Login } from '@xir/accounts';

import type { StatsAccumulator } from './stats-accumulator.ts';

const MAX_LOGINS = 100_000;

/**
 * Counts requests per login, service and method for the measure `api:3`, and hands the counts over right before each
 * write. Counting is two look-ups and an addition.
 */
export class ApiCounter {
  readonly #stats: StatsAccumulator;
  readonly #onDropped: (count: number) => void;
  readonly #counts = new Map<Login, Map<string, number>>();

  constructor(stats: StatsAccumulator, onDropped: (count: number) => void) {
    this.#stats = stats;
    this.#onDropped = onDropped;
    stats.beforeFlush(() => this.#handOver());
  }

  /** Counts one request. */
  count(login: Login, entity: string): void {
    let counts = this.#counts.get(login);
    if (counts === undefined) {
      if (this.#counts.size >= MAX_LOGINS) {
        this.#onDropped(1);
        return;
      }
      this.#counts.set(login, (counts = new Map()));
    }
    counts.set(entity, (counts.get(entity) ?? 0) + 1);
  }

  #handOver(): void {
    for (const [login, counts] of this.#counts) {
      const { bucket } = login;
      for (const [entity, count] of counts) {
        const measures = { sum: count, min: 1, max: 1, count };
        const total = { bucket, measure: 'api:3', entity };
        const added = this.#stats.tryAdd(total, measures) && this.#stats.tryAdd({ ...total, key: loginUser(login) }, measures);
        if (!added) this.#onDropped(count);
      }
    }
    this.#counts.clear();
  }
}
