/** Where to go on, and what the database was like there. Plain JSON. */
export interface Checkpoint {
  /** Position behind everything the consumer finished. Opaque. */
  readonly seq: string;
  /** `instance_start_time` of the database. */
  readonly instanceStartTime: string;
  /** `purge_seq` of the database. */
  readonly purgeSeq: string;
  /** Wall-clock milliseconds at which it was saved. */
  readonly savedAtMs: number;
  /** What the identity check wants to remember. JSON. */
  readonly identity?: unknown;
}

/** Keeps one checkpoint. */
export interface CheckpointStore {
  /** The checkpoint saved last, or `undefined` when there is none or it cannot be trusted. Rejects only when it cannot be known whether there is one. */
  load(): Promise<Checkpoint | undefined>;
  /** Replaces the checkpoint. After it resolves, `load` answers this one or a later one, even after a crash. */
  save(checkpoint: Checkpoint): Promise<void>;
}

/** Age at which a checkpoint is no longer trusted, in milliseconds: half of the seven days for which tombstones are kept at least. */
export const DEFAULT_MAX_CHECKPOINT_AGE_MS = 302_400_000;
/** Shortest time between two saves, in milliseconds. */
export const DEFAULT_CHECKPOINT_INTERVAL_MS = 1000;

/** Reads a checkpoint from parsed JSON, or `undefined` when it is not one. Pure. */
export function readCheckpoint(value: unknown): Checkpoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { seq, instanceStartTime, purgeSeq, savedAtMs, identity } = value as Record<string, unknown>;
  if (typeof seq !== 'string' || typeof instanceStartTime !== 'string' || typeof purgeSeq !== 'string' || typeof savedAtMs !== 'number') return undefined;
  return { seq, instanceStartTime, purgeSeq, savedAtMs, ...(identity === undefined ? {} : { identity }) };
}

/**
 * Whether a checkpoint is too old to resume from: deletions older than the server keeps tombstones leave no row. A clock that was set back makes
 * it look like one from the future, which is not trusted beyond the same age either. Pure.
 */
export function isCheckpointExpired(checkpoint: Checkpoint, nowMs: number, maxAgeMs: number): boolean {
  return Math.abs(nowMs - checkpoint.savedAtMs) > maxAgeMs;
}

/** A checkpoint in memory, for tests and for feeds that need to resume within one process only. */
export function memoryCheckpointStore(initial?: Checkpoint): CheckpointStore {
  let kept = initial === undefined ? undefined : JSON.stringify(initial);
  return {
    load: () => Promise.resolve(kept === undefined ? undefined : readCheckpoint(JSON.parse(kept))),
    save: (checkpoint) => {
      kept = JSON.stringify(checkpoint);
      return Promise.resolve();
    },
  };
}
