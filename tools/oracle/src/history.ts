/** What a read said of one key: its version and the marker in its value, or that there is nothing (`absent`). */
export type Seen = { readonly absent: true } | { readonly absent: false; readonly version: string; readonly marker: string };

/** How a write ended: it happened, it was refused, or nobody can say. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** What a write was asked to be. */
export type WriteKind = 'put' | 'create' | 'compare-and-set' | 'merge' | 'delete' | 'compare-and-delete' | 'delete-path' | 'conflict';

/** One write, from the request to its answer. Times are milliseconds of one monotonic clock. */
export interface WriteEvent {
  readonly type: 'write';
  readonly kind: WriteKind;
  /** The neuron and how often it had been started: memory does not outlive a process. */
  readonly neuron: string;
  readonly client: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The key, or for `delete-path` the path. */
  readonly key: string;
  readonly outcome: Outcome;
  /** What the value carries to be known again; absent for deletions. */
  readonly marker?: string;
  /** The version that a compare-and-set presented. */
  readonly expected?: string;
  /** The version that an acknowledged write made. */
  readonly version?: string;
  /** The acknowledgement said that fewer nodes than the quorum have it. */
  readonly durable?: false;
}

/** One read of one or several keys. */
export interface ReadEvent {
  readonly type: 'read';
  readonly kind: 'get' | 'list' | 'tree' | 'find' | 'refused-write';
  readonly neuron: string;
  readonly client: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Asked with `fresh=1`, or decided against the database. */
  readonly fresh: boolean;
  /** `X-KV4-Age-Ms`, as text. */
  readonly age?: string;
  readonly seen: ReadonlyMap<string, Seen>;
}

/** One event of a watch, or the fact that it was connected anew. */
export interface WatchedEvent {
  readonly type: 'put' | 'delete' | 'end-of-initial' | 'reset' | 'connected' | 'error';
  readonly atMs: number;
  readonly neuron: string;
  readonly key?: string;
  readonly version?: string;
  readonly id?: string;
  /** The reason of a reset, or the text of an error. */
  readonly reason?: string;
}

/** A watch, over all its connections. */
export interface WatchHistory {
  readonly name: string;
  readonly mode: 'plain' | 'latest' | 'history';
  /** The keys it covers. */
  readonly keys: readonly string[];
  readonly events: readonly WatchedEvent[];
}

/** A stretch of time in which neurons could hear nothing of the database. */
export interface Outage {
  /** A neuron's name with its start; absent: all of them. */
  readonly neuron?: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A version in a key's series, as the database itself holds it. */
export interface StoredVersion {
  readonly version: string;
  readonly deleted: boolean;
  readonly marker?: string;
}

/** What the database holds of a key. */
export interface StoredKey {
  /** Oldest first. */
  readonly series: readonly StoredVersion[];
  /** What a reader should be given. */
  readonly current: Seen;
  /** Leaves of its document, deleted ones included: more than one are the trace of revisions that were in conflict. */
  readonly leaves: number;
}

/** What one neuron serves of everything, without being asked to be fresh. */
export interface NeuronContents {
  readonly neuron: string;
  readonly form: string;
  readonly contents: ReadonlyMap<string, Seen>;
}

/** Something that must not happen at all: a process that died by itself, an `internal` answer. */
export interface Incident {
  readonly atMs: number;
  readonly what: string;
}

/** Everything that one run recorded; the checks read nothing else. */
export interface RunRecord {
  readonly writes: readonly WriteEvent[];
  readonly reads: readonly ReadEvent[];
  readonly watches: readonly WatchHistory[];
  readonly outages: readonly Outage[];
  readonly incidents: readonly Incident[];
  readonly database: ReadonlyMap<string, StoredKey>;
  readonly neurons: readonly NeuronContents[];
  /** The divergence counter of each neuron that runs at the end. */
  readonly divergences: ReadonlyMap<string, number>;
  /** Servers that are the database: more than one are a cluster. */
  readonly databaseNodes: number;
  /** Faults by name. */
  readonly faults: ReadonlyMap<string, number>;
}
