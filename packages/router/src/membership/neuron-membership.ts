import { systemClock, type Clock, type Random, type Timer } from '@xir/couch-client';
import type { Kv4Store } from '@xir/kv4-core';
import type { Membership, NeuronLife } from '../membership.ts';
import { noteCleanUp } from './clean-up-log.ts';
import type { KnownNeuron, MembershipAction, MembershipEvent, NeuronEvidence, NeuronState } from './events.ts';
import { HouseKeeping, type CleanUp } from './house-keeping.ts';
import type { NeuronFacts } from './lease.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LeaseStore } from './lease-store.ts';
import { LeaseWatch } from './lease-watch.ts';
import { MembershipMachine } from './membership-machine.ts';
import { PingRounds } from './ping-rounds.ts';
import type { Pinger } from './pinger.ts';
import { DEFAULT_MEMBERSHIP_TIMES, type MembershipTimes } from './times.ts';

/** How a neuron joins the others. */
export interface MembershipOptions {
  readonly store: Pick<Kv4Store, 'get' | 'put' | 'delete' | 'watch'>;
  readonly pinger: Pinger;
  /** Name of this neuron: 1 to 24 characters `[a-z0-9]`. */
  readonly neuron: string;
  /** Differs from process to process. */
  readonly process: string;
  /** What the lease says of this neuron; asked at each renewal. */
  readonly facts: () => NeuronFacts;
  /** Deletes what a life has left, that of a later one never; resolves to the number of documents. Runs by one neuron at a time, may run again. */
  readonly tidy?: (life: NeuronLife) => Promise<number>;
  readonly times?: Partial<MembershipTimes>;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Is told of what failed and is tried again. */
  readonly onError?: (error: unknown) => void;
}

/** How the membership of a neuron stands. */
export interface MembershipStats {
  readonly state: NeuronState;
  readonly self: NeuronLife;
  readonly neurons: readonly KnownNeuron[];
  /** Milliseconds since the state began. */
  readonly stateAgeMs: number;
  /** Milliseconds since the own lease was last written. */
  readonly renewedAgeMs: number;
  /** How old what is known of each other neuron is. */
  readonly evidence: readonly NeuronEvidence[];
  readonly databaseReachable: boolean;
  /** More than half of all vanished at once: nothing is cleaned up for a while. */
  readonly manyVanished: boolean;
  readonly renewals: number;
  readonly rebirths: number;
  readonly pings: number;
  readonly missedPings: number;
  /** Whom this neuron cleaned up behind, the last ones. */
  readonly cleanUps: readonly CleanUp[];
  readonly cleanUpCount: number;
  /** Documents that its clean-ups deleted. */
  readonly cleanedDocuments: number;
}

/**
 * A neuron's membership: holds its lease, pings the others, and knows who is alive. Use {@link joinMembership}.
 */
export class NeuronMembership implements Membership, AsyncDisposable {
  readonly #options: MembershipOptions;
  readonly #times: MembershipTimes;
  readonly #clock: Clock;
  readonly #machine: MembershipMachine;
  readonly #keeper: LeaseKeeper;
  readonly #houseKeeping: HouseKeeping;
  readonly #leases: LeaseStore;
  readonly #watch: LeaseWatch;
  readonly #listeners = new Set<() => void>();
  readonly #pings: PingRounds;
  readonly #confirming = new Set<string>();
  readonly #timers = new Set<Timer>();
  readonly #stopAnswering: () => void;
  #closed: Promise<void> | undefined;
  #lookedAtMs: number;
  #renewedAtMs: number;
  #stateSinceMs: number;
  #someAreGone = false;
  #complete: () => void = () => {};

  /** Use {@link joinMembership}. */
  constructor(options: MembershipOptions, keeper: LeaseKeeper) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#times = { ...DEFAULT_MEMBERSHIP_TIMES, ...options.times };
    this.#keeper = keeper;
    this.#lookedAtMs = this.#renewedAtMs = this.#stateSinceMs = this.#clock.monotonic();
    this.#leases = new LeaseStore(options.store);
    this.#machine = new MembershipMachine({ self: keeper.life, times: this.#times, atMs: this.#clock.monotonic(), wallMs: this.#clock.now() });
    this.#houseKeeping = new HouseKeeping({ leases: this.#leases, tidy: options.tidy ?? (async () => 0), note: (cleanUp) => noteCleanUp(options.store, cleanUp), onError: (error) => this.#report(error), now: () => this.#clock.now() });
    this.#watch = new LeaseWatch(options.store, this.#clock, {
      lease: (lease) => this.#step({ type: 'lease', lease, atMs: this.#clock.monotonic() }),
      gone: (neuron) => this.#step({ type: 'lease-gone', neuron, atMs: this.#clock.monotonic() }),
      complete: (neurons) => this.#keepOnly(neurons),
      failed: (error) => this.#report(error),
    });
    this.#pings = new PingRounds({ machine: this.#machine, pinger: options.pinger, timeoutMs: this.#times.pingTimeoutMs, clock: this.#clock, step: (event) => this.#step(event) });
    this.#stopAnswering = options.pinger.onPing((question) => this.#pings.answer(question));
  }

  get self(): NeuronLife {
    return this.#machine.self;
  }

  /** How this neuron stands by its own judgement. What that means for clients, a `ServingGate` decides. */
  get state(): NeuronState {
    return this.#machine.state;
  }

  /** Notices a standstill of this process that has just ended, before a timer does: what lay in sockets meanwhile is read first. */
  look(): void {
    if (this.#clock.monotonic() - this.#lookedAtMs >= this.#times.standstillMs) this.#tick();
  }

  isLive(neuron: string, incarnation: string): boolean {
    return this.#machine.isLive(neuron, incarnation);
  }

  *neurons(): Generator<KnownNeuron> {
    yield { ...this.#options.facts(), ...this.#machine.self, suspect: this.#machine.state !== 'serving' };
    yield* this.#machine.live();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Figures for operators. */
  stats(): MembershipStats {
    const { self, state, databaseReachable, manyVanished } = this.#machine;
    const { renewals, rebirths } = this.#keeper;
    const atMs = this.#clock.monotonic();
    return {
      state,
      self,
      stateAgeMs: atMs - this.#stateSinceMs,
      renewedAgeMs: atMs - this.#renewedAtMs,
      evidence: [...this.#machine.evidence(atMs)],
      databaseReachable,
      manyVanished,
      renewals,
      rebirths,
      neurons: [...this.neurons()],
      pings: this.#pings.sent,
      missedPings: this.#pings.missed,
      cleanUps: this.#houseKeeping.recent,
      cleanUpCount: this.#houseKeeping.count,
      cleanedDocuments: this.#houseKeeping.documents,
    };
  }

  /** Begins to follow, to renew and to ping; resolves once all leases that there are are known. */
  async open(): Promise<void> {
    const complete = new Promise<void>((resolve) => (this.#complete = resolve));
    this.#watch.open();
    await complete;
    this.#repeat(this.#times.pingIntervalMs / 2, () => this.#tick());
    this.#repeat(this.#times.pingIntervalMs, () => {
      this.#letGo();
      this.#pings.begin();
    });
    this.#repeat(this.#times.renewIntervalMs, () => void this.#renew());
    this.#pings.begin();
  }

  /** Renews the lease at once, so that others learn what changed in the facts (draining). Never rejects. */
  async announce(): Promise<void> {
    await this.#renew();
  }

  /** Leaves in good order: says so in the lease, then cleans up behind itself, for as long as that takes no longer than a lease lasts. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#leaveInTime();
    return this.#closed;
  }

  /** While the database does not answer, the others see the lease grow stale, and one of them cleans up. */
  #leaveInTime(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    return new Promise((resolve) => {
      const limit = this.#clock.schedule(this.#times.leaseTtlMs, resolve);
      void this.#leave().then(() => {
        limit.cancel();
        resolve();
      });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #leave(): Promise<void> {
    this.#stopAnswering();
    await this.#watch.close();
    await this.#houseKeeping.close();
    if (this.#machine.state === 'superseded') return;
    try {
      const left = await this.#keeper.leave();
      if (left === undefined) return;
      await this.#options.tidy?.(this.#machine.self);
      await this.#leases.remove(left);
    } catch (error) {
      // The others see the lease grow stale, and one of them cleans up.
      this.#report(error);
    }
  }

  #step(event: MembershipEvent): void {
    if (this.#closed !== undefined) return;
    if (event.type === 'lease-gone') this.#someAreGone = true;
    let changed = false;
    const { state } = this.#machine;
    for (const action of this.#machine.step(event)) {
      if (action.type === 'changed') changed = true;
      else this.#act(action);
    }
    if (this.#machine.state !== state) this.#stateSinceMs = event.atMs;
    if (changed) for (const listener of [...this.#listeners]) listener();
  }

  #act(action: Exclude<MembershipAction, { readonly type: 'changed' }>): void {
    switch (action.type) {
      case 'confirm':
        return void this.#confirm(action.neuron);
      case 'verify':
        return void this.#renew();
      case 'rebirth':
        return void this.#beReborn();
      case 'clean-up':
        return this.#houseKeeping.begin(action.lease, this.#machine.self);
    }
  }

  #tick(): void {
    this.#lookedAtMs = this.#clock.monotonic();
    this.#step({ type: 'tick', atMs: this.#clock.monotonic(), wallMs: this.#clock.now() });
  }

  async #renew(): Promise<void> {
    const begunAtMs = this.#clock.monotonic();
    const outcome = await this.#patiently(this.#keeper.renew(this.#options.facts()));
    if (outcome === undefined) return;
    const atMs = this.#clock.monotonic();
    if (outcome.type === 'renewed') {
      this.#renewedAtMs = atMs;
      this.#step({ type: 'renewed', begunAtMs, atMs });
    }
    if (outcome.type === 'lost' || outcome.type === 'superseded') this.#step({ type: outcome.type === 'lost' ? 'lease-lost' : 'superseded', atMs });
  }

  async #beReborn(): Promise<void> {
    const begunAtMs = this.#clock.monotonic();
    const outcome = await this.#patiently(this.#keeper.beReborn(this.#options.facts()));
    const atMs = this.#clock.monotonic();
    if (outcome?.type === 'superseded') return this.#step({ type: 'superseded', atMs });
    if (outcome?.type !== 'reborn') return;
    this.#renewedAtMs = atMs;
    this.#step({ type: 'database', reachable: true, atMs });
    this.#step({ type: 'reborn', incarnation: outcome.life.incarnation, begunAtMs, atMs });
  }

  async #confirm(neuron: string): Promise<void> {
    if (this.#confirming.has(neuron)) return;
    this.#confirming.add(neuron);
    try {
      const lease = await this.#patiently(this.#leases.read(neuron).then((found) => ({ found })));
      if (lease === undefined) return;
      const atMs = this.#clock.monotonic();
      if (lease.found === undefined) return this.#step({ type: 'lease-gone', neuron, atMs });
      this.#step({ type: 'lease', lease: lease.found, atMs });
      this.#step({ type: 'lease-confirmed', neuron, version: lease.found.version, atMs });
    } finally {
      this.#confirming.delete(neuron);
    }
  }

  /** Waits for the database; where it fails, or takes longer than a lease is renewed, it counts as out of reach. What comes late still counts. */
  async #patiently<Result>(work: Promise<Result>): Promise<Result | undefined> {
    const slow = this.#schedule(this.#times.renewIntervalMs, () => this.#step({ type: 'database', reachable: false, atMs: this.#clock.monotonic() }));
    try {
      return await work;
    } catch (error) {
      this.#report(error);
      this.#step({ type: 'database', reachable: false, atMs: this.#clock.monotonic() });
      return undefined;
    } finally {
      this.#cancel(slow);
    }
  }

  #keepOnly(neurons: ReadonlySet<string>): void {
    for (const { neuron } of [...this.#machine.known()]) {
      if (!neurons.has(neuron)) this.#step({ type: 'lease-gone', neuron, atMs: this.#clock.monotonic() });
    }
    this.#complete();
  }

  /** What is kept of neurons whose leases are gone is let go. */
  #letGo(): void {
    if (!this.#someAreGone) return;
    this.#someAreGone = false;
    this.#options.pinger.keepOnly?.(new Set([...this.#machine.known()].map(({ neuron }) => neuron)));
  }

  #repeat(everyMs: number, run: () => void): void {
    this.#schedule(everyMs, () => {
      this.#repeat(everyMs, run);
      run();
    });
  }

  #schedule(delayMs: number, run: () => void): Timer {
    const timer = this.#clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      if (this.#closed === undefined) run();
    });
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: Timer): void {
    timer.cancel();
    this.#timers.delete(timer);
  }

  #report(error: unknown): void {
    if (this.#closed === undefined) this.#options.onError?.(error);
  }
}

/** Registers a neuron under a new incarnation, and joins the others. Rejects with a `Kv4Error` where the database cannot be reached. */
export async function joinMembership(options: MembershipOptions): Promise<NeuronMembership> {
  const keeper = await LeaseKeeper.claim(options);
  const membership = new NeuronMembership(options, keeper);
  await membership.open();
  return membership;
}
