/** How a write ended: it happened, it was refused, or nobody can say. */
export type Outcome = 'acknowledged' | 'nothing' | 'refused' | 'unknown';

/** What a write was asked to be. */
export type WriteKind = 'put' | 'create' | 'compare-and-set' | 'merge' | 'expire' | 'delete' | 'compare-and-delete';

/** One write, from its call to its answer. Times are monotonic milliseconds of the simulation; `order` counts calls and answers. */
export interface WriteEvent {
  readonly kind: WriteKind;
  /** The neuron with its incarnation. */
  readonly neuron: string;
  readonly key: string;
  readonly startMs: number;
  readonly startOrder: number;
  readonly endMs: number;
  readonly endOrder: number;
  readonly outcome: Outcome;
  readonly marker: string | undefined;
  readonly expected: string | undefined;
  readonly version: string | undefined;
  readonly durable: boolean;
  readonly code: string | undefined;
}

/** One read of one key, alone or in a listing. */
export interface ReadEvent {
  readonly kind: 'get' | 'list' | 'tree' | 'find';
  readonly neuron: string;
  readonly key: string;
  readonly startMs: number;
  readonly startOrder: number;
  readonly endMs: number;
  readonly endOrder: number;
  readonly fresh: boolean;
  /** Absent: nothing was there. */
  readonly version: string | undefined;
  readonly marker: string | undefined;
}

/** What a cache held of a key and said of its age, at one moment. */
export interface AgeSample {
  readonly neuron: string;
  readonly key: string;
  readonly atMs: number;
  readonly ageMs: number;
  readonly version: string | undefined;
  /** The network may have bytes under way for longer than its latency. */
  readonly exempt: boolean;
}

/** What health said while the simulator knew how long no byte of the feed had come. */
export interface HealthSample {
  readonly neuron: string;
  readonly atMs: number;
  readonly healthy: boolean;
  readonly silentMs: number;
}

/** An event of a watch. */
export interface WatchedEvent {
  readonly type: 'put' | 'delete' | 'end-of-initial' | 'reset';
  readonly atMs: number;
  readonly key: string | undefined;
  readonly version: string | undefined;
  readonly reason: string | undefined;
}

/** One watch, from its beginning to its end. */
export interface WatchHistory {
  readonly neuron: string;
  readonly name: string;
  readonly history: boolean;
  readonly latestOnly: boolean;
  readonly keys: readonly string[];
  readonly events: WatchedEvent[];
  ended: string | undefined;
  /** It still runs, or did when everything was over. */
  readonly lasted: boolean;
}

/** A database that became another one, or went back to an earlier state. */
export interface Upheaval {
  readonly kind: 'recreated' | 'restored';
  readonly atMs: number;
}

/** A violation of a promise, in words that let somebody find it. */
export interface Violation {
  readonly check: string;
  readonly what: string;
}
