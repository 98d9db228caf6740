import { CouchError, codeOfStatus, isCouchError, parseRetryAfter, type Clock, type CouchDatabase, type Random, type Timer, type TransportResponse } from '@xir/couch-client';
import { ChangesParser, DEFAULT_MAX_LINE_BYTES, type ParsedChanges } from './changes-parser.ts';
import { changesQuery, type RowShape } from './changes-query.ts';
import { DEFAULT_CHECKPOINT_INTERVAL_MS, DEFAULT_MAX_CHECKPOINT_AGE_MS, type Checkpoint } from './checkpoint.ts';
import { Checkpointer } from './checkpointer.ts';
import { FeedError } from './errors.ts';
import type { FeedCounters, FeedEvent } from './events.ts';
import { failureEvent } from './failure.ts';
import type { ChangeFeed, FreshnessProof, ProbeResult, ProveOptions } from './feed.ts';
import { DEFAULT_MAX_BATCH_ROWS, DEFAULT_MAX_QUEUE_BYTES, DEFAULT_MAX_QUEUE_ROWS, FeedQueue } from './feed-queue.ts';
import { iterateQueue } from './iterate-queue.ts';
import { INITIAL_FOLLOWER_STATE, type FeedMode, type FeedWarning, type FollowerAction, type FollowerEvent, type FollowerState } from './follower-state.ts';
import { followerTransition } from './follower-transition.ts';
import { decideIncludeDocs, measureChanges, NO_MEASURE } from './include-docs.ts';
import { Inspector, type Inspection } from './inspector.ts';
import { LowWaterMark } from './low-water-mark.ts';
import {
  DEADLINE_HEARTBEATS,
  DEFAULT_HEARTBEAT_MS,
  DEFAULT_INSPECT_INTERVAL_MS,
  DEFAULT_RETRY_CONTINUOUS_MS,
  INCLUDE_DOCS_DWELL_MS,
  type FollowOptions,
} from './options.ts';
import { Prober } from './prober.ts';
import { Prover, type ProvableFeed } from './prover.ts';

/** One request in flight: a look at the database or a connection to its feed. */
interface Attempt {
  readonly abort: AbortController;
  /** Monotonic time the deadline counts from: the last byte, or the end of a pause. */
  aliveAtMs: number;
  paused: boolean;
}

/** The edge of the follower: carries out what the pure table decides. See SPEC.md. */
export class Follower implements ChangeFeed, ProvableFeed {
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
  #attempt: Attempt | undefined;
  #position: string | undefined;
  #life = 0;
  /** Whether the consumer has finished what the last look at the database led to. */
  #settled = false;
  #lastSignMs: number | undefined;
  #needsCaughtUp = true;
  #iterated = false;
  #includeDocs: boolean;
  #includeDocsSinceMs: number;
  #measure = NO_MEASURE;
  /** Position at which a probe found rows the stream had not brought. */
  #suspectPosition: string | undefined;
  #waitTimer: Timer | undefined;
  #deadlineTimer: Timer | undefined;
  #inspectTimer: Timer | undefined;
  #caughtUpTimer: Timer | undefined;
  #refreshTimer: Timer | undefined;
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
    this.#includeDocs = options.includeDocs !== 'never';
    this.#includeDocsSinceMs = this.#clock.monotonic();
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
    this.#prober = new Prober({ database, wanted: options.wanted, maxLineBytes: options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES });
    this.#prover = new Prover(this, this.#clock, this.#random);
    if (options.checkpoint !== undefined) {
      this.#checkpointer = new Checkpointer(options.checkpoint, this.#clock, options.checkpointIntervalMs ?? DEFAULT_CHECKPOINT_INTERVAL_MS, (error) =>
        this.#warn('checkpoint-failed', error),
      );
    }
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted) void this.close();
    else this.#begin();
  }

  get state() {
    return this.#state.kind;
  }

  get lastAppliedSeq(): string | undefined {
    return this.#mark.seq;
  }

  get lastSignMs(): number | undefined {
    return this.#lastSignMs;
  }

  get counters(): FeedCounters {
    return { ...this.#counters, checkpoints: this.#checkpointer?.saves ?? 0 };
  }

  get life(): number {
    return this.#life;
  }

  get connected(): boolean {
    return this.#position !== undefined && (this.#state.kind === 'connecting' || this.#state.kind === 'streaming' || this.#state.kind === 'polling');
  }

  ageMs(): number {
    return this.#lastSignMs === undefined ? Infinity : this.#clock.monotonic() - this.#lastSignMs;
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
    const { rows, found, pending } = await this.#prober.probe(since, this.#shape(), signal ?? this.#background.signal);
    if (life !== this.#life) return { startedAtMs, pending: Infinity, rows: 0 };
    this.#queue.pushRows(rows, undefined, this.#mark);
    if (pending === 0) this.#sign(startedAtMs);
    return { startedAtMs, pending, rows: found };
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
    this.#stopTimers();
    this.#background.abort();
    this.#prover.close();
    this.#queue.end();
    await this.#checkpointer?.close();
  }

  #begin(): void {
    this.#dispatch({ type: 'start' });
    this.#scheduleInspection();
  }

  #stopTimers(): void {
    for (const timer of [this.#waitTimer, this.#deadlineTimer, this.#inspectTimer, this.#caughtUpTimer, this.#refreshTimer]) timer?.cancel();
  }

  /** Feeds one event to the table and carries out what it answers. */
  #dispatch(event: FollowerEvent): void {
    const before = this.#state;
    const { state, actions } = followerTransition(before, event, {
      nowMs: this.#clock.monotonic(),
      random: this.#random(),
      heartbeatMs: this.#heartbeatMs,
      onMissing: this.#options.onMissing ?? 'wait',
      retryContinuousMs: this.#options.retryContinuousMs ?? DEFAULT_RETRY_CONTINUOUS_MS,
    });
    this.#state = state;
    if (state.kind !== before.kind || state.mode !== before.mode) {
      this.#queue.pushInformative({ type: 'status', state: state.kind, mode: state.mode });
      if (state.kind === 'backing-off' || state.kind === 're-authenticating') this.#needsCaughtUp = true;
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
        this.#attempt?.abort.abort();
        this.#attempt = undefined;
        this.#needsCaughtUp = true;
        break;
      case 'wait':
        this.#waitTimer?.cancel();
        this.#waitTimer = this.#clock.schedule(action.delayMs, () => this.#dispatch({ type: 'timer' }));
        break;
      case 'warn':
        this.#warn(action.warning, `after ${cause.type}`);
        break;
      case 'fail':
        this.#fail(new FeedError(action.code, action.code === 'FEED_UNAUTHORIZED' ? 'the server refused the credentials twice' : 'the database does not exist'));
        break;
    }
  }

  #fail(error: FeedError): void {
    this.#stopTimers();
    this.#background.abort();
    this.#prover.close();
    this.#queue.end(error);
  }

  #warn(warning: FeedWarning, detail: unknown): void {
    const message = detail instanceof Error ? detail.message : String(detail);
    this.#queue.pushInformative({ type: 'warning', warning, message: `${warning}: ${message}` });
  }

  #newAttempt(): Attempt {
    this.#attempt?.abort.abort();
    const attempt: Attempt = { abort: new AbortController(), aliveAtMs: this.#clock.monotonic(), paused: false };
    this.#attempt = attempt;
    this.#armDeadline(attempt, this.#heartbeatMs * DEADLINE_HEARTBEATS);
    return attempt;
  }

  /** One timer per connection looks whether bytes came, instead of one timer per byte. */
  #armDeadline(attempt: Attempt, delayMs: number): void {
    this.#deadlineTimer?.cancel();
    this.#deadlineTimer = this.#clock.schedule(delayMs, () => {
      if (this.#attempt !== attempt) return;
      const limitMs = this.#heartbeatMs * DEADLINE_HEARTBEATS;
      const idleMs = attempt.paused ? 0 : this.#clock.monotonic() - attempt.aliveAtMs;
      if (idleMs >= limitMs) this.#dispatch({ type: 'deadline' });
      else this.#armDeadline(attempt, limitMs - idleMs);
    });
  }

  async #identify(): Promise<void> {
    const attempt = this.#newAttempt();
    try {
      const inspection = await this.#inspector.inspect(attempt.abort.signal);
      if (this.#attempt !== attempt) return;
      this.#adopt(inspection);
      this.#dispatch({ type: 'identified' });
    } catch (error) {
      if (this.#attempt !== attempt) return;
      this.#attempt = undefined;
      if (!isCouchError(error)) this.#warn('identity-failed', error);
      this.#dispatch(failureEvent(error));
    }
  }

  #adopt({ info, reset, purgedIds, resumeSeq }: Inspection): void {
    const { since = 'now' } = this.#options;
    if (reset !== undefined) {
      const to = this.#options.resetTo ?? (since === '0' ? '0' : 'now');
      this.#restart(to === 'now' ? info.updateSeq : '0');
      this.#counters.resets += 1;
      this.#queue.pushEvent({ type: 'reset', reason: reset, since: this.#position ?? '0', ack: this.#mark.open(undefined) });
    } else if (this.#position === undefined) {
      this.#restart(resumeSeq ?? (since === 'now' ? info.updateSeq : since));
    }
    if (purgedIds.length > 0) {
      this.#counters.purged += purgedIds.length;
      this.#queue.pushEvent({ type: 'purged', ids: purgedIds, ack: this.#mark.open(undefined) });
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
      void this.#refresh();
    }
  }

  #restart(position: string): void {
    this.#life += 1;
    this.#position = position;
    this.#needsCaughtUp = true;
    this.#suspectPosition = undefined;
    this.#queue.clear();
    this.#mark.restart(position);
  }

  async #connect(mode: FeedMode): Promise<void> {
    const attempt = this.#newAttempt();
    this.#counters.connections += 1;
    const shape = this.#shape();
    try {
      const response = await this.#database.request({
        path: '/_changes',
        query: changesQuery(this.#position ?? '0', mode, this.#heartbeatMs, shape),
        signal: attempt.abort.signal,
        headersTimeoutMs: 0,
        bodyTimeoutMs: 0,
      });
      if (this.#attempt !== attempt) {
        await response.discard();
        return;
      }
      if (response.status !== 200) throw await this.#refusal(response);
      this.#dispatch({ type: 'opened' });
      this.#progressed();
      if (this.#needsCaughtUp) void this.#announceCaughtUp();
      await this.#read(response, attempt, shape);
    } catch (error) {
      if (this.#attempt !== attempt) return;
      this.#attempt = undefined;
      this.#needsCaughtUp = true;
      this.#dispatch(failureEvent(error));
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

  /** Reads a connection to its end. Leaves quietly when the connection was given up meanwhile. */
  async #read(response: TransportResponse, attempt: Attempt, shape: RowShape): Promise<void> {
    const parser = new ChangesParser({ wanted: this.#options.wanted, maxLineBytes: this.#options.maxLineBytes });
    for await (const piece of response.body) {
      if (this.#attempt !== attempt) return;
      if (piece.length === 0) continue;
      this.#counters.bytes += piece.length;
      attempt.aliveAtMs = this.#clock.monotonic();
      this.#sign(attempt.aliveAtMs);
      this.#take(parser.push(piece), shape);
      if (this.#attempt !== attempt) return;
      if (this.#queue.full) await this.#pause(attempt);
      if (this.#attempt !== attempt) return;
    }
    if (this.#attempt !== attempt) return;
    this.#take(parser.end(), shape);
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    this.#dispatch({ type: 'ended' });
  }

  /** Not reading is what holds the server back (TCP); meanwhile silence proves nothing. */
  async #pause(attempt: Attempt): Promise<void> {
    const sinceMs = this.#clock.monotonic();
    attempt.paused = true;
    await this.#queue.room();
    attempt.paused = false;
    attempt.aliveAtMs = this.#clock.monotonic();
    this.#counters.pausedMs += attempt.aliveAtMs - sinceMs;
  }

  #take(changes: ParsedChanges, shape: RowShape): void {
    const counters = this.#counters;
    counters.rows += changes.scanned;
    counters.rowBytes += changes.scannedBytes;
    counters.wantedRows += changes.rows.length;
    counters.heartbeats += changes.heartbeats;
    if (changes.quarantined > 0) {
      counters.quarantined += changes.quarantined;
      this.#warn('quarantined', `${changes.quarantined} lines could not be read`);
    }
    const seq = changes.end?.lastSeq ?? changes.seq;
    if (seq !== undefined) this.#position = seq;
    if (changes.rows.length > 0) {
      for (const row of changes.rows) if (row.revs.length > 1) counters.conflicted += 1;
      this.#queue.pushRows(changes.rows, seq, this.#mark);
    } else if (seq !== undefined) {
      this.#mark.pass(seq);
    }
    this.#dispatch({ type: 'bytes', rows: changes.scanned > 0 });
    if (changes.scanned === 0) return;
    this.#progressed();
    this.#measure = measureChanges(this.#measure, changes, shape.includeDocs);
    this.#decideShape();
  }

  #decideShape(): void {
    const now = this.#clock.monotonic();
    if (now - this.#includeDocsSinceMs < INCLUDE_DOCS_DWELL_MS) return;
    const decided = decideIncludeDocs(this.#options.includeDocs ?? 'auto', this.#includeDocs, this.#measure);
    if (decided === this.#includeDocs) return;
    this.#includeDocs = decided;
    this.#includeDocsSinceMs = now;
    this.#dispatch({ type: 'reconnect' });
  }

  #shape(): RowShape {
    return { includeDocs: this.#includeDocs, style: this.#options.style ?? 'all_docs' };
  }

  #sign(atMs: number): void {
    if (this.#lastSignMs === undefined || atMs > this.#lastSignMs) this.#lastSignMs = atMs;
  }

  #progressed(): void {
    const waiters = this.#progressWaiters;
    this.#progressWaiters = [];
    for (const run of waiters) run();
  }

  /** Tells the consumer when everything up to now has been queued for it. */
  async #announceCaughtUp(): Promise<void> {
    this.#needsCaughtUp = false;
    const { life } = this;
    for (let failures = 0; life === this.#life && !this.#needsCaughtUp && this.#closing === undefined; failures += 1) {
      try {
        const { startedAtMs, pending } = await this.probe();
        if (life !== this.#life) return;
        if (pending === 0) {
          this.#queue.pushEvent({ type: 'caught-up', asOfMs: startedAtMs });
          return;
        }
      } catch {
        // The stream meets the same obstacle and reports it; the probe is repeated until the next disturbance begins this anew.
      }
      await new Promise<void>((resolve) => {
        this.#caughtUpTimer?.cancel();
        this.#caughtUpTimer = this.#clock.schedule(Math.min(50 * 2 ** failures, 2000), resolve);
      });
    }
  }

  #scheduleInspection(): void {
    if (this.#closing !== undefined) return;
    this.#inspectTimer = this.#clock.schedule(this.#options.inspectIntervalMs ?? DEFAULT_INSPECT_INTERVAL_MS, () => {
      void this.#inspectBetween().finally(() => this.#scheduleInspection());
    });
  }

  /** Between connections: has the database changed behind the feed's back, or does the stream stand still although there are rows? */
  async #inspectBetween(): Promise<void> {
    if (!this.connected) return;
    const { signal } = this.#background;
    try {
      if (!(await this.#inspector.looksTheSame(signal))) {
        this.#dispatch({ type: 'reconnect' });
        return;
      }
      const position = this.#position;
      const { rows } = await this.probe(signal);
      const stands = rows > 0 && position === this.#position && this.#attempt?.paused === false;
      if (stands && this.#suspectPosition === position) {
        this.#warn('stalled', 'the stream brings no rows although there are some');
        this.#suspectPosition = undefined;
        this.#dispatch({ type: 'reconnect' });
      } else {
        this.#suspectPosition = stands ? position : undefined;
      }
    } catch (error) {
      if (!signal.aborted && isCouchError(error, 'COUCH_NOT_FOUND')) this.#dispatch({ type: 'reconnect' });
    }
  }

  #scheduleRefresh(): void {
    const refreshMs = this.#options.identity?.refreshMs;
    if (refreshMs === undefined || this.#options.identity?.refresh === undefined) return;
    this.#refreshTimer?.cancel();
    this.#refreshTimer = this.#clock.schedule(refreshMs, () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    if (this.#options.identity?.refresh === undefined) return;
    try {
      if (await this.#inspector.refresh(this.#background.signal)) this.#requestCheckpoint();
    } catch (error) {
      if (!this.#background.signal.aborted) this.#warn('identity-failed', error);
    }
    if (this.#closing === undefined) this.#scheduleRefresh();
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
