import type { Clock, CouchDatabase, DatabaseInfo } from '@xir/couch-client';
import type { Checkpoint, CheckpointStore } from './checkpoint.ts';
import { isCheckpointExpired } from './checkpoint.ts';
import type { ResetReason } from './events.ts';
import { compareDatabase, type IdentityCheck, type IdentityResult, type RememberedDatabase } from './identity.ts';
import { readPurgedIds } from './purged-documents.ts';

/** What a look at the database leads to. */
export interface Inspection {
  readonly info: DatabaseInfo;
  /** Set when everything learnt before must be forgotten. */
  readonly reset: ResetReason | undefined;
  /** Documents that were purged meanwhile. */
  readonly purgedIds: readonly string[];
  /** Set by the first look: the position of a checkpoint that can be trusted. */
  readonly resumeSeq: string | undefined;
}

export interface InspectorOptions {
  readonly database: CouchDatabase;
  readonly clock: Clock;
  readonly checkpoint: CheckpointStore | undefined;
  readonly identity: IdentityCheck | undefined;
  readonly maxCheckpointAgeMs: number;
}

/** Looks at the database before every connection and remembers what it was like. */
export class Inspector {
  readonly #options: InspectorOptions;
  #remembered: RememberedDatabase | undefined;
  #loaded = false;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  /** What is remembered of the database; `undefined` before the first look. */
  get remembered(): RememberedDatabase | undefined {
    return this.#remembered;
  }

  /** Reads the database's information and judges it. Rejects with a `CouchError`, or what the checkpoint store rejects with; then nothing is remembered. */
  async inspect(signal: AbortSignal): Promise<Inspection> {
    const { database, clock, maxCheckpointAgeMs } = this.#options;
    const checkpoint = await this.#load();
    const info = await database.info(signal);
    const before = this.#remembered ?? checkpoint;
    const findings = compareDatabase(before, info);
    const expired = checkpoint !== undefined && isCheckpointExpired(checkpoint, clock.now(), maxCheckpointAgeMs);
    const proof = await this.#prove(findings.verdict === 'recreated' ? undefined : before?.identity, signal);
    let reset: ResetReason | undefined;
    if (findings.verdict === 'recreated' || proof?.verdict === 'recreated') reset = 'recreated';
    else if (proof?.verdict === 'restored') reset = 'restored';
    else if (expired) reset = 'checkpoint-expired';
    let purgedIds: readonly string[] = [];
    if (reset === undefined && findings.purged) {
      const ids = await readPurgedIds(database, signal);
      if (ids === undefined) reset = 'purged';
      else purgedIds = ids;
    }
    this.#loaded = true;
    this.#remembered = {
      instanceStartTime: info.instanceStartTime,
      purgeSeq: info.purgeSeq,
      ...(proof === undefined ? {} : { identity: proof.identity }),
    };
    return { info, reset, purgedIds, resumeSeq: reset === undefined ? checkpoint?.seq : undefined };
  }

  /** Whether the database looks as it did; a cheap look between connections. Rejects with a `CouchError`. */
  async looksTheSame(signal: AbortSignal): Promise<boolean> {
    const info = await this.#options.database.info(signal);
    const { verdict, purged } = compareDatabase(this.#remembered, info);
    return verdict === 'same' && !purged;
  }

  /** Renews what the identity check leaves in the database. Rejects with a `CouchError`. Answers whether there is something new to remember. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const remembered = this.#remembered;
    const refresh = this.#options.identity?.refresh;
    if (remembered === undefined || refresh === undefined) return false;
    const identity = await refresh.call(this.#options.identity, signal);
    this.#remembered = { ...this.#remembered, instanceStartTime: remembered.instanceStartTime, purgeSeq: remembered.purgeSeq, identity };
    return true;
  }

  #load(): Promise<Checkpoint | undefined> {
    return this.#loaded || this.#options.checkpoint === undefined ? Promise.resolve(undefined) : this.#options.checkpoint.load();
  }

  #prove(remembered: unknown, signal: AbortSignal): Promise<IdentityResult | undefined> {
    const { identity } = this.#options;
    return identity === undefined ? Promise.resolve(undefined) : identity.check(remembered, signal);
  }
}
