/** Figures of the face since its start, and what is open now. */
export interface RespMetricsSnapshot {
  readonly connections: number;
  readonly connectionsTotal: number;
  /** Connections that were refused since there were too many. */
  readonly connectionsRefused: number;
  /** Connections that were cut since their reader was slow. */
  readonly slowReadersCut: number;
  /** Connections that were cut for bytes that are no requests, or too many. */
  readonly brokenInputsCut: number;
  /** Logins that failed. */
  readonly loginsFailed: number;
  /** Commands answered, by name (in capitals; unknown ones as `OTHER`) and outcome. */
  readonly commands: ReadonlyArray<{ readonly command: string; readonly outcome: 'ok' | 'error'; readonly count: number }>;
  /** Values answered from the cache at once. */
  readonly cachedAnswers: number;
  /** Names that are followed for client-side caches. */
  readonly trackedNames: number;
  /** Invalidations sent. */
  readonly invalidations: number;
  /** Subscriptions to channels and patterns. */
  readonly subscriptions: number;
  /** Messages sent to subscribers. */
  readonly messages: number;
  /** Bytes of requests that are being received. */
  readonly bufferedInputBytes: number;
}

/** Calls of one command. */
export class CommandCount {
  readonly command: string;
  /** Where it is counted in statistics. */
  readonly entity: string;
  ok = 0;
  error = 0;

  constructor(command: string) {
    this.command = command;
    this.entity = `/tcp/${command}`;
  }
}

/** What the face counts. */
export class RespMetrics {
  connections = 0;
  connectionsTotal = 0;
  connectionsRefused = 0;
  slowReadersCut = 0;
  brokenInputsCut = 0;
  loginsFailed = 0;
  cachedAnswers = 0;
  trackedNames = 0;
  invalidations = 0;
  subscriptions = 0;
  messages = 0;
  bufferedInputBytes = 0;
  readonly #commands = new Map<string, CommandCount>();

  /** The counter of a command; commands are few, since unknown ones share one. */
  countOf(command: string): CommandCount {
    let count = this.#commands.get(command);
    if (count === undefined) {
      count = new CommandCount(command);
      this.#commands.set(command, count);
    }
    return count;
  }

  snapshot(): RespMetricsSnapshot {
    const { connections, connectionsTotal, connectionsRefused, slowReadersCut, brokenInputsCut, loginsFailed } = this;
    const { cachedAnswers, trackedNames, invalidations, subscriptions, messages, bufferedInputBytes } = this;
    const commands = [...this.#commands.values()].flatMap(({ command, ok, error }) => [
      ...(ok > 0 ? [{ command, outcome: 'ok' as const, count: ok }] : []),
      ...(error > 0 ? [{ command, outcome: 'error' as const, count: error }] : []),
    ]);
    return {
      connections,
      connectionsTotal,
      connectionsRefused,
      slowReadersCut,
      brokenInputsCut,
      loginsFailed,
      commands,
      cachedAnswers,
      trackedNames,
      invalidations,
      subscriptions,
      messages,
      bufferedInputBytes,
    };
  }
}
