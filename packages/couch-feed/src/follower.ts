import { CouchError, codeOfStatus, DEFAULT_BACKOFF_MAX_MS, isCouchError, parseRetryAfter, type Clock, type CouchDatabase, type Random, type Timer, type TransportResponse } from '@xir/couch-client';
import { ChangesParser, DEFAULT_MAX_LINE_BYTES, type ParsedChanges } from './changes-parser.ts';
import { changesQuery, type RowShape } from './changes-query.ts';
import { DEFAULT_CHECKPOINT_INTERVAL_MS, DEFAULT_MAX_CHECKPOINT_AGE_MS, type Checkpoint } from './checkpoint.ts';
import { Checkpointer } from './checkpointer.ts';
import { Connection, type ConnectionListener } from './connection.ts';
import { FeedError } from './errors.ts';
import type { FeedCounters, FeedEvent } from './events.ts';
import { failureEvent } from './failure.ts';
import type { ChangeFeed, FreshnessProof, ProbeResult, ProveOptions } from './feed.ts';
import { DEFAULT_MAX_BATCH_ROWS, DEFAULT_MAX_QUEUE_BYTES, DEFAULT_MAX_QUEUE_ROWS, FeedQueue } from './feed-queue.ts';
import { iterateQueue } from './iterate-queue.ts';
import { INITIAL_FOLLOWER_STATE, type FeedMode, type FeedObstacle, type FeedWarning, type FollowerAction, type FollowerEvent, type FollowerState } from './follower-state.ts';
import { followerTransition } from './follower-transition.ts';
import { IncludeDocsSwitch } from './include-docs-switch.ts';
import { Inspector, type Inspection } from './inspector.ts';
import { LowWaterMark } from './low-water-mark.ts';
import {
  DEADLINE_HEARTBEATS,
  DEFAULT_HEARTBEAT_MS,
  DEFAULT_INSPECT_INTERVAL_MS,
  DEFAULT_RETRY_CONTINUOUS_MS,
  PROBE_DEADLINE_MS,
  type FollowOptions,
} from './options.ts';
import { Prober } from './prober.ts';
import { Prover, type ProvableFeed } from './prover.ts';
import { SignsOfLife } from './signs-of-life.ts';
import { Upkeep, type UpkeptFeed } from './upkeep.ts';
import { withDeadline } from './with-deadline.ts';

/** The edge of the follower: carries out what the pure table decides. See SPEC.md. */
export class Follower implements ChangeFeed, ProvableFeed, UpkeptFeed, ConnectionListener {
  readonly #options: FollowOptions;
  readonly #database: CouchDatabase;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #heartbeatMs: number;
  readonly #queue: FeedQueue;
  readonly #mark: LowWaterMark;
  readonly #inspector: Inspector;
  readonly #prober: Prober;
  readonly #prover: Prover;
  readonly #checkpointer: Checkpointer | undefined;
  readonly #counters = {
    rows: 0,
    rowBytes: 0,
    wantedRows: 0,
    quarantined: 0,
    conflicted: 0,
    heartbeats: 0,
    bytes: 0,
    connections: 0,
    resets: 0,
    probes: 0,
    purged: 0,
    pausedMs: 0,
  };
  #state: FollowerState = INITIAL_FOLLOWER_STATE;
  #connection: Connection | undefined;
  #position: string | undefined;
  #life = 0;
  /** Whether the consumer has finished what the last look at the database led to. */
  #settled = false;
  readonly #signs: SignsOfLife;
  #needsCaughtUp = true;
  #iterated = false;
  readonly #includeDocs: IncludeDocsSwitch;
  /** Whether documents came with the rows of this connection. */
  #withDocs = false;
  #waitTimer: Timer | undefined;
  readonly #upkeep: Upkeep;
  #refreshed = false;
  #progressWaiters: (() => void)[] = [];
  #closing: Promise<void> | undefined;
  readonly #background = new AbortController();
  readonly #onAbort = () => void this.close();

  constructor(options: FollowOptions) {
    const { database } = options;
    this.#options = options;
    this.#database = database;
    this.#clock = options.clock ?? database.client.clock;
    this.#random = options.random ?? database.client.random;
    this.#heartbeatMs = options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS;
    this.#signs = new SignsOfLife(this.#heartbeatMs);
    this.#includeDocs = new IncludeDocsSwitch(options.includeDocs ?? 'auto', this.#clock.monotonic());
    this.#queue = new FeedQueue({
      maxQueueRows: options.maxQueueRows ?? DEFAULT_MAX_QUEUE_ROWS,
      maxQueueBytes: options.maxQueueBytes ?? DEFAULT_MAX_QUEUE_BYTES,
      maxBatchRows: options.maxBatchRows ?? DEFAULT_MAX_BATCH_ROWS,
    });
    this.#mark = new LowWaterMark(undefined, () => this.#requestCheckpoint());
    this.#inspector = new Inspector({
      database,
      clock: this.#clock,
      checkpoint: options.checkpoint,
      identity: options.identity,
      maxCheckpointAgeMs: options.maxCheckpointAgeMs ?? DEFAULT_MAX_CHECKPOINT_AGE_MS,
    });
    this.#prober = new Prober({ database, wanted: options.wanted, passed: options.passed, maxLineBytes: options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES });
    this.#prover = new Prover(this, this.#clock, this.#random);
    if (options.checkpoint !== undefined) {
      this.#checkpointer = new Checkpointer(options.checkpoint, this.#clock, options.checkpointIntervalMs ?? DEFAULT_CHECKPOINT_INTERVAL_MS, (error) =>
        this.warn('checkpoint-failed', error),
      );
    }
    this.#upkeep = new Upkeep(this, {
      clock: this.#clock,
      inspector: this.#inspector,
      identity: options.identity,
      inspectIntervalMs: options.inspectIntervalMs ?? DEFAULT_INSPECT_INTERVAL_MS,
      deadlineMs: this.#heartbeatMs * DEADLINE_HEARTBEATS,
    });
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted) void this.close();
    else this.#dispatch({ type: 'start' });
  }

  get state() {
    return this.#state.kind;
  }

  get obstacle(): FeedObstacle | undefined {
    return this.#state.obstacle;
  }

  get lastAppliedSeq(): string | undefined {
    return this.#mark.seq;
  }

  get lastSignMs(): number | undefined {
    return this.#signs.lastMs;
  }

  get counters(): FeedCounters {
    return { ...this.#counters, checkpoints: this.#checkpointer?.saves ?? 0 };
  }

  get life(): number {
    return this.#life;
  }

  get waitingRows(): number {
    return this.#queue.rows;
  }

  get connected(): boolean {
    return this.#position !== undefined && (this.#state.kind === 'connecting' || this.#state.kind === 'streaming' || this.#state.kind === 'polling');
  }

  get position(): string | undefined {
    return this.#position;
  }

  get paused(): boolean {
    return this.#connection?.paused ?? false;
  }

  ageMs(): number {
    return this.lastSignMs === undefined ? Infinity : this.#clock.monotonic() - this.lastSignMs;
  }

  prove(options?: ProveOptions): Promise<FreshnessProof> {
    return this.#prover.prove(options);
  }

  async probe(signal?: AbortSignal): Promise<ProbeResult> {
    const since = this.#position;
    if (since === undefined || this.#closing !== undefined) throw new FeedError('FEED_CLOSED', 'the feed is not open');
    const life = this.#life;
    const startedAtMs = this.#clock.monotonic();
    this.#counters.probes += 1;
    const parent = signal ?? this.#background.signal;
    const { rows, found, pending } = await withDeadline(this.#clock, PROBE_DEADLINE_MS, parent, (each) => this.#prober.probe(since, this.#shape(), each));
    if (life !== this.#life) return { startedAtMs, pending: Infinity, rows: 0 };
    this.#queue.pushRows(rows, undefined, this.#mark);
    if (pending === 0) this.#signs.proved(startedAtMs);
    return { startedAtMs, pending, rows: found };
  }

  async inspect(): Promise<void> {
    if (this.#closing !== undefined) throw new FeedError('FEED_CLOSED', 'the feed is closed');
    if (this.connected) await this.#upkeep.look();
  }

  whenApplied(run: (applied: boolean) => void): void {
    this.#mark.whenFinished(run);
  }

  whenProgressed(run: () => void): void {
    this.#progressWaiters.push(run);
  }

  [Symbol.asyncIterator](): AsyncIterator<FeedEvent, undefined> {
    if (this.#iterated) throw new TypeError('a feed can be iterated once');
    this.#iterated = true;
    return iterateQueue(this.#queue, this.#options.acknowledge ?? 'next', () => this.close());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#dispatch({ type: 'close' });
    this.#stop();
    this.#queue.end();
    await this.#checkpointer?.close();
  }

  #stop(): void {
    this.#waitTimer?.cancel();
    this.#background.abort();
    this.#upkeep.close();
    this.#prover.close();
  }

  /** Feeds one event to the table and carries out what it answers. */
  #dispatch(event: FollowerEvent): void {
    const before = this.#state;
    const { state, actions } = followerTransition(before, event, {
      nowMs: this.#clock.monotonic(),
      random: this.#random(),
      heartbeatMs: this.#heartbeatMs,
      onMissing: this.#options.onMissing ?? 'wait',
      onUnauthorized: this.#options.onUnauthorized ?? 'fail',
      retryContinuousMs: this.#options.retryContinuousMs ?? DEFAULT_RETRY_CONTINUOUS_MS,
      maxBackoffMs: this.#options.maxBackoffMs ?? DEFAULT_BACKOFF_MAX_MS,
    });
    this.#state = state;
    if (state.kind !== before.kind || state.mode !== before.mode) {
      this.#queue.pushInformative({ type: 'status', state: state.kind, mode: state.mode });
      if (state.kind === 'backing-off' || state.kind === 're-authenticating') this.#interrupted();
    }
    for (const action of actions) this.#perform(action, event);
  }

  #perform(action: FollowerAction, cause: FollowerEvent): void {
    switch (action.type) {
      case 'identify':
        void this.#identify();
        break;
      case 'connect':
        void this.#connect(action.mode);
        break;
      case 'abort':
        this.#connection?.abandon();
        this.#connection = undefined;
        this.#interrupted();
        break;
      case 'wait':
        this.#waitTimer?.cancel();
        this.#waitTimer = this.#clock.schedule(action.delayMs, () => this.#dispatch({ type: 'timer' }));
        break;
      case 'warn':
        this.warn(action.warning, `after ${cause.type}`);
        break;
      case 'fail':
        this.#fail(new FeedError(action.code, action.code === 'FEED_UNAUTHORIZED' ? 'the server refused the credentials twice' : 'the database does not exist'));
        break;
    }
  }

  #fail(error: FeedError): void {
    this.#stop();
    this.#queue.end(error);
  }

  warn(warning: FeedWarning, detail: unknown): void {
    const message = detail instanceof Error ? detail.message : String(detail);
    this.#queue.pushInformative({ type: 'warning', warning, message: `${warning}: ${message}` });
  }

  announce(event: FeedEvent): void {
    this.#queue.pushEvent(event);
  }

  reconnect(): void {
    this.#dispatch({ type: 'reconnect' });
  }

  remembered(): void {
    this.#requestCheckpoint();
  }

  #newConnection(): Connection {
    this.#connection?.abandon();
    const connection = new Connection(this.#clock, this.#heartbeatMs * DEADLINE_HEARTBEATS, this);
    this.#connection = connection;
    return connection;
  }

  /** The connection failed. Quiet when it had been given up. */
  #failed(connection: Connection, error: unknown): void {
    if (connection.over) return;
    connection.end();
    this.#connection = undefined;
    this.#interrupted();
    this.#dispatch(failureEvent(error));
  }

  async #identify(): Promise<void> {
    const connection = this.#newConnection();
    try {
      const inspection = await this.#inspector.inspect(connection.signal);
      if (connection.over) return;
      connection.end();
      this.#adopt(inspection);
      this.#dispatch({ type: 'identified' });
    } catch (error) {
      if (!connection.over && !isCouchError(error)) this.warn('identity-failed', error);
      this.#failed(connection, error);
    }
  }

  #adopt({ info, reset, purgedIds, resumeSeq }: Inspection): void {
    const { since = 'now' } = this.#options;
    if (reset !== undefined) {
      const to = this.#options.resetTo ?? (since === '0' ? '0' : 'now');
      this.#restart(to === 'now' ? info.updateSeq : '0');
      this.#counters.resets += 1;
      this.#queue.pushEvent({ type: 'reset', reason: reset, since: this.#position ?? '0', purgeSeq: info.purgeSeq, ack: this.#mark.open(undefined) });
    } else if (this.#position === undefined) {
      this.#restart(resumeSeq ?? (since === 'now' ? info.updateSeq : since));
    }
    if (purgedIds.length > 0) {
      this.#counters.purged += purgedIds.length;
      this.#queue.pushEvent({ type: 'purged', ids: purgedIds, purgeSeq: info.purgeSeq, ack: this.#mark.open(undefined) });
    }
    // What the database is like now belongs into a checkpoint only when the consumer has finished what that led to.
    this.#settled = false;
    const { life } = this;
    this.#mark.whenFinished((applied) => {
      if (!applied || life !== this.#life) return;
      this.#settled = true;
      this.#requestCheckpoint();
    });
    if (!this.#refreshed || reset !== undefined) {
      this.#refreshed = true;
      void this.#upkeep.refresh();
    }
  }

  /** Rows may have been missed. */
  #interrupted(): void {
    this.#needsCaughtUp = true;
    this.#signs.disturbed();
  }

  #restart(position: string): void {
    this.#life += 1;
    this.#position = position;
    this.#interrupted();
    this.#queue.clear();
    this.#mark.restart(position);
  }

  async #connect(mode: FeedMode): Promise<void> {
    const connection = this.#newConnection();
    this.#counters.connections += 1;
    const shape = this.#shape();
    this.#withDocs = shape.includeDocs;
    try {
      const response = await this.#database.request({
        path: '/_changes',
        query: changesQuery(this.#position ?? '0', mode, this.#heartbeatMs, shape),
        signal: connection.signal,
        headersTimeoutMs: 0,
        bodyTimeoutMs: 0,
        streaming: mode === 'continuous',
      });
      if (connection.over) {
        await response.discard();
        return;
      }
      if (response.status !== 200) throw await this.#refusal(response);
      this.#dispatch({ type: 'opened' });
      this.#progressed();
      if (this.#needsCaughtUp) {
        this.#needsCaughtUp = false;
        void this.#upkeep.announceCaughtUp();
      }
      const parser = new ChangesParser({ skip: this.#options.skip, wanted: this.#options.wanted, passed: this.#options.passed, maxLineBytes: this.#options.maxLineBytes });
      if (!(await connection.read(response, parser))) return;
      connection.end();
      this.#connection = undefined;
      this.#dispatch({ type: 'ended' });
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  async #refusal(response: TransportResponse): Promise<CouchError> {
    const { status, headers } = response;
    const retryAfter = headers['retry-after'];
    await response.discard();
    return new CouchError(codeOfStatus(status), `_changes was answered with ${status}`, {
      status,
      retryAfterMs: parseRetryAfter(typeof retryAfter === 'string' ? retryAfter : undefined, this.#clock.now()),
    });
  }

  bytes(count: number, atMs: number): void {
    this.#counters.bytes += count;
    this.#signs.heard(atMs);
  }

  silent(): void {
    this.#dispatch({ type: 'deadline' });
  }

  full(): boolean {
    return this.#queue.full;
  }

  room(): Promise<void> {
    return this.#queue.room();
  }

  /** Time spent not reading is counted: it explains an age. */
  pausedFor(durationMs: number): void {
    this.#counters.pausedMs += durationMs;
  }

  changes(changes: ParsedChanges): void {
    const counters = this.#counters;
    counters.rows += changes.scanned;
    counters.rowBytes += changes.scannedBytes;
    counters.wantedRows += changes.rows.length;
    counters.heartbeats += changes.heartbeats;
    if (changes.quarantined > 0) {
      counters.quarantined += changes.quarantined;
      this.warn('quarantined', `${changes.quarantined} lines could not be read`);
    }
    this.#signs.took(changes);
    const seq = changes.end?.lastSeq ?? changes.seq;
    if (seq !== undefined) this.#position = seq;
    if (changes.rows.length > 0) {
      for (const row of changes.rows) if (row.revs.length > 1) counters.conflicted += 1;
      this.#queue.pushRows(changes.rows, seq, this.#mark);
    } else if (seq !== undefined) {
      this.#mark.pass(seq);
    }
    this.#dispatch({ type: 'bytes', rows: changes.scanned > 0 });
    if (changes.scanned > 0) this.#progressed();
    void this.#countBehind();
    if (this.#includeDocs.measured(changes, this.#withDocs, this.#clock.monotonic())) this.reconnect();
  }

  #shape(): RowShape {
    return { includeDocs: this.#includeDocs.on, style: this.#options.style ?? 'all_docs' };
  }

  /** Asks how many rows wait in the database, where what comes does not tell. Never rejects. */
  async #countBehind(): Promise<void> {
    const since = this.#position;
    const count = since === undefined ? undefined : this.#signs.beginCount();
    if (since === undefined || count === undefined) return;
    this.#counters.probes += 1;
    try {
      this.#signs.counted(count, await withDeadline(this.#clock, PROBE_DEADLINE_MS, this.#background.signal, (signal) => this.#prober.count(since, signal)));
    } catch {
      // The stream meets what keeps it from being answered, and reports it.
      this.#signs.counted(count, undefined);
    }
  }

  #progressed(): void {
    const waiters = this.#progressWaiters;
    this.#progressWaiters = [];
    for (const run of waiters) run();
  }

  #requestCheckpoint(): void {
    this.#checkpointer?.request(() => this.#makeCheckpoint());
  }

  #makeCheckpoint(): Checkpoint | undefined {
    const { remembered } = this.#inspector;
    const seq = this.#mark.seq;
    if (remembered === undefined || seq === undefined || !this.#settled) return undefined;
    return { seq, savedAtMs: this.#clock.now(), ...remembered };
  }
}
