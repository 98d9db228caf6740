/** Upper bounds of the latency buckets, in milliseconds; the last bucket has none. */
export const LATENCY_BUCKETS_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000] as const;

const SERVICES = ['ns', 'data', 'acc', 'auth', 'ds', 'stats', 'host', 'token', 'turn', 'subs', 'messages', 'peer', 'other'] as const;
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'other'] as const;
const OUTCOMES = ['ok', 'error', 'aborted'] as const;
const SLOTS = LATENCY_BUCKETS_MS.length + 2;

/** What came of a request. */
export type RequestOutcome = (typeof OUTCOMES)[number];

/** The counters of one service, method and outcome. */
export interface RequestCounts {
  readonly service: string;
  readonly method: string;
  readonly outcome: RequestOutcome;
  readonly count: number;
  /** Sum of the durations, in milliseconds. */
  readonly totalMs: number;
  /** Requests per bucket of {@link LATENCY_BUCKETS_MS}, not cumulative, and those beyond. */
  readonly buckets: readonly number[];
}

/** All counters of the face at a moment. */
export interface RestMetricsSnapshot {
  readonly requests: readonly RequestCounts[];
  /** Requests under way, watches not counted. */
  readonly activeRequests: number;
  readonly activeWatches: number;
  /** Watches that were cut off because their reader was too slow. */
  readonly slowWatchesCut: number;
  /** GETs answered from the cache without a promise. */
  readonly cachedAnswers: number;
  /** PUTs that went the short way. */
  readonly plainWrites: number;
  /** Measurements that were refused or given up. */
  readonly droppedMeasurements: number;
}

/** Counts requests in one flat array: nothing is allocated while counting. */
export class RestMetrics {
  readonly #slots = new Float64Array(SERVICES.length * METHODS.length * OUTCOMES.length * SLOTS);
  activeRequests = 0;
  activeWatches = 0;
  slowWatchesCut = 0;
  cachedAnswers = 0;
  plainWrites = 0;
  droppedMeasurements = 0;

  /** Counts a finished request. */
  record(service: string, method: string, outcome: RequestOutcome, durationMs: number): void {
    this.recordAt(this.slotOf(service, method, outcome), durationMs);
  }

  /** Where the requests of a kind are counted, for {@link recordAt}. */
  slotOf(service: string, method: string, outcome: RequestOutcome): number {
    return slotBase(indexIn(SERVICES, service), indexIn(METHODS, method), OUTCOMES.indexOf(outcome));
  }

  /** Counts a finished request of a kind that was looked up before. */
  recordAt(base: number, durationMs: number): void {
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_MS.length && durationMs > (LATENCY_BUCKETS_MS[bucket] ?? Infinity)) bucket += 1;
    this.#slots[base] = (this.#slots[base] ?? 0) + durationMs;
    this.#slots[base + 1 + bucket] = (this.#slots[base + 1 + bucket] ?? 0) + 1;
  }

  /** The counters that are not zero. */
  snapshot(): RestMetricsSnapshot {
    const requests: RequestCounts[] = [];
    for (const [serviceIndex, service] of SERVICES.entries()) {
      for (const [methodIndex, method] of METHODS.entries()) {
        for (const [outcomeIndex, outcome] of OUTCOMES.entries()) {
          const base = slotBase(serviceIndex, methodIndex, outcomeIndex);
          const buckets = Array.from(this.#slots.subarray(base + 1, base + SLOTS));
          const count = buckets.reduce((sum, one) => sum + one, 0);
          if (count > 0) requests.push({ service, method, outcome, count, totalMs: this.#slots[base] ?? 0, buckets });
        }
      }
    }
    const { activeRequests, activeWatches, slowWatchesCut, cachedAnswers, plainWrites, droppedMeasurements } = this;
    return { requests, activeRequests, activeWatches, slowWatchesCut, cachedAnswers, plainWrites, droppedMeasurements };
  }
}

function slotBase(service: number, method: number, outcome: number): number {
  return ((service * METHODS.length + method) * OUTCOMES.length + outcome) * SLOTS;
}

function indexIn(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  return index < 0 ? names.length - 1 : index;
}
