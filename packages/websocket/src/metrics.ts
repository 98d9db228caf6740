/** Figures of the face since its start, and what is open now. */
export interface WebSocketMetricsSnapshot {
  readonly connections: number;
  readonly connectionsTotal: number;
  /** Connections that were refused since there were too many, or the neuron was closing. */
  readonly connectionsRefused: number;
  /** Connections that were cut since their reader was slow. */
  readonly slowReadersCut: number;
  /** Connections that were cut for frames that are none, too large or binary, or for too much input. */
  readonly badInputsCut: number;
  /** Connections that were cut since they gave no sign of life. */
  readonly silentCut: number;
  readonly loginsFailed: number;
  /** Requests answered, by operation (`other`: none) and outcome; those of batches too. */
  readonly requests: ReadonlyArray<{ readonly operation: string; readonly outcome: 'ok' | 'error'; readonly count: number }>;
  readonly requestsInFlight: number;
  /** Values answered from the cache at once. */
  readonly cachedAnswers: number;
  readonly watches: number;
  /** Events of watches sent. */
  readonly events: number;
  /** Bytes of messages that are being received. */
  readonly bufferedInputBytes: number;
}

/** Requests of one operation. */
export class OperationCount {
  readonly operation: string;
  ok = 0;
  error = 0;
  /** Where it is counted in statistics. */
  readonly entity: string;

  constructor(operation: string) {
    this.operation = operation;
    this.entity = `/ws/${operation}`;
  }
}

/** What the face counts. */
export class WebSocketMetrics {
  connections = 0;
  connectionsTotal = 0;
  connectionsRefused = 0;
  slowReadersCut = 0;
  badInputsCut = 0;
  silentCut = 0;
  loginsFailed = 0;
  requestsInFlight = 0;
  cachedAnswers = 0;
  watches = 0;
  events = 0;
  bufferedInputBytes = 0;
  readonly #operations = new Map<string, OperationCount>();

  /** The counter of an operation; operations are few, since unknown ones share one. */
  countOf(operation: string): OperationCount {
    let count = this.#operations.get(operation);
    if (count === undefined) {
      count = new OperationCount(operation);
      this.#operations.set(operation, count);
    }
    return count;
  }

  snapshot(): WebSocketMetricsSnapshot {
    const { connections, connectionsTotal, connectionsRefused, slowReadersCut, badInputsCut, silentCut, loginsFailed } = this;
    const { requestsInFlight, cachedAnswers, watches, events, bufferedInputBytes } = this;
    const requests = [...this.#operations.values()].flatMap(({ operation, ok, error }) => [
      ...(ok > 0 ? [{ operation, outcome: 'ok' as const, count: ok }] : []),
      ...(error > 0 ? [{ operation, outcome: 'error' as const, count: error }] : []),
    ]);
    return {
      connections,
      connectionsTotal,
      connectionsRefused,
      slowReadersCut,
      badInputsCut,
      silentCut,
      loginsFailed,
      requests,
      requestsInFlight,
      cachedAnswers,
      watches,
      events,
      bufferedInputBytes,
    };
  }
}
