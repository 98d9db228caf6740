import { nextIncarnation } from '../../src/membership/incarnation.ts';
import type { StoredLease } from '../../src/membership/lease.ts';
import { MembershipMachine } from '../../src/membership/membership-machine.ts';
import type { MembershipAction, MembershipEvent } from '../../src/membership/events.ts';
import { DEFAULT_MEMBERSHIP_TIMES, type MembershipTimes } from '../../src/membership/times.ts';
import type { PingAnswer, PingQuestion, PingResult } from '../../src/index.ts';
import type { ModelledWorld } from './modelled-world.ts';

/** Times of the model: the defaults, with a shorter wait after many have vanished. */
export const MODEL_TIMES: MembershipTimes = { ...DEFAULT_MEMBERSHIP_TIMES, massHoldMs: 15_000 };

/** How long a neuron may go on serving in a life whose lease was taken over, where nothing hinders it from noticing. */
const NOTICE_MS = 4000;
const TIDY_MS = 400;

/** A neuron of the model: the real machine, with a modelled database and network around it. */
export class ModelledNeuron {
  readonly name: string;
  readonly #world: ModelledWorld;
  readonly #all: Map<string, ModelledNeuron>;
  readonly #process: string;
  #machine!: MembershipMachine;
  #held!: StoredLease;
  #cursor = 0;
  #waiting: (() => void)[] = [];
  #writing = false;
  readonly #tidying = new Set<string>();
  readonly #pinging = new Set<string>();
  #wallOffsetMs = 0;
  #unhinderedSinceMs = 0;
  isKilled = false;
  isFrozen = false;

  constructor(name: string, world: ModelledWorld, all: Map<string, ModelledNeuron>) {
    this.name = name;
    this.#world = world;
    this.#all = all;
    this.#process = `${name} ${world.below(1e9)}`;
    all.set(name, this);
    this.#claim();
    const { queue } = world;
    this.#machine = new MembershipMachine({ self: { neuron: name, incarnation: this.#held.incarnation }, times: MODEL_TIMES, atMs: queue.nowMs, wallMs: this.#wallMs() });
    for (const lease of world.leases.values()) this.#machine.step({ type: 'lease', lease, atMs: queue.nowMs });
    this.#cursor = world.log.length;
    this.#every(500, () => this.#tick());
    this.#every(MODEL_TIMES.pingIntervalMs, () => this.#pingAll());
    this.#every(MODEL_TIMES.renewIntervalMs, () => this.#renew());
    this.#every(100, () => this.#readFeed());
  }

  get machine(): MembershipMachine {
    return this.#machine;
  }

  /** SIGSTOP, or SIGCONT: then everything that was waiting runs. */
  freeze(frozen: boolean): void {
    const { nowMs } = this.#world.queue;
    if (frozen && !this.isFrozen) this.#frozenAtMs = nowMs;
    this.isFrozen = frozen;
    this.#unhinderedSinceMs = nowMs;
    if (frozen) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) this.#run(run);
    this.#judgeWaking(nowMs - this.#frozenAtMs);
  }

  /** Who stood still serves only once its lease proved to be held; for longer than a lease lasts, only in another life. */
  #judgeWaking(frozenMs: number): void {
    const { state, databaseReachable, self } = this.#machine;
    if (this.isKilled || frozenMs < MODEL_TIMES.standstillMs + 500) return;
    if (state === 'serving' && databaseReachable) this.#world.violate(`${this.name} stood still for ${frozenMs} ms, and serves without having looked after its lease`);
    if (frozenMs >= MODEL_TIMES.leaseTtlMs + 500) this.#overslept = self.incarnation;
  }

  stepWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Something that hinders it has ended. */
  noteMended(): void {
    this.#unhinderedSinceMs = this.#world.queue.nowMs;
  }

  answer({ from, to, givenUp, about }: PingQuestion): PingAnswer {
    const atMs = this.#world.queue.nowMs;
    if (givenUp) this.#step({ type: 'given-up', incarnation: to.incarnation, atMs });
    this.#step({ type: 'answer', life: from, sees: {}, atMs });
    return { life: this.#machine.self, givenUp: this.#machine.isGivenUp(from), sees: Object.fromEntries(about.map((neuron) => [neuron, this.#machine.sees(neuron, atMs)])) };
  }

  /** Runs in this process, later: not at all once it is killed, afterwards while it is frozen. */
  later(delayMs: number, run: () => void): void {
    this.#world.queue.after(delayMs, () => this.#run(run));
  }

  #run(run: () => void): void {
    if (this.isKilled) return;
    if (this.isFrozen) this.#waiting.push(run);
    else run();
  }

  #every(everyMs: number, run: () => void): void {
    this.later(everyMs - this.#world.below(10), () => {
      this.#every(everyMs, run);
      run();
    });
  }

  #step(event: MembershipEvent): void {
    for (const action of this.#machine.step(event)) this.#act(action);
  }

  #act(action: MembershipAction): void {
    const { neuron } = this.#machine.self;
    if (action.type === 'verify') this.#renew();
    else if (action.type === 'rebirth') this.#beReborn();
    else if (action.type === 'confirm') this.#confirm(action.neuron);
    else if (action.type === 'clean-up') this.#cleanUp(action.lease, neuron);
  }

  /** Asks the database, if it can be reached; the work happens there at once, the answer takes its time. */
  #ask(work: () => (() => void) | void): void {
    const { queue } = this.#world;
    if (this.#world.withoutDatabase.has(this.name)) return this.later(800, () => this.#step({ type: 'database', reachable: false, atMs: queue.nowMs }));
    this.later(1 + this.#world.below(30), () => {
      const then = work();
      if (then !== undefined) this.later(1 + this.#world.below(30), then);
    });
  }

  #renew(): void {
    if (this.#writing) return;
    this.#writing = true;
    const begunAtMs = this.#world.queue.nowMs;
    this.later(900, () => (this.#writing = false));
    this.#ask(() => {
      const { version: _version, ...lease } = this.#held;
      const stored = this.#world.write(this.name, this.#held.version, { ...lease, renewal: lease.renewal + 1 });
      return () => {
        this.#writing = false;
        const atMs = this.#world.queue.nowMs;
        if (stored === undefined || stored === 'removed') return this.#step({ type: 'lease-lost', atMs });
        this.#held = stored;
        this.#step({ type: 'renewed', begunAtMs, atMs });
      };
    });
  }

  #beReborn(): void {
    if (this.#writing) return;
    this.#writing = true;
    const begunAtMs = this.#world.queue.nowMs;
    this.later(900, () => (this.#writing = false));
    this.#ask(() => {
      this.#claim();
      const { incarnation } = this.#held;
      return () => {
        this.#writing = false;
        const atMs = this.#world.queue.nowMs;
        this.#step({ type: 'database', reachable: true, atMs });
        this.#step({ type: 'reborn', incarnation, begunAtMs, atMs });
      };
    });
  }

  #claim(): void {
    const { leases, random } = this.#world;
    const stored = leases.get(this.name);
    const after = [stored?.incarnation, this.#held?.incarnation].filter((one) => one !== undefined).sort().at(-1);
    const lease = { neuron: this.name, incarnation: nextIncarnation(after, this.#wallMs(), random()), renewal: 1, process: this.#process, load: 0, clients: 0, draining: false, left: false };
    this.#held = this.#world.write(this.name, stored?.version, lease) as StoredLease;
  }

  #confirm(neuron: string): void {
    this.#ask(() => {
      const lease = this.#world.leases.get(neuron);
      return () => {
        const atMs = this.#world.queue.nowMs;
        if (lease === undefined) return this.#step({ type: 'lease-gone', neuron, atMs });
        this.#step({ type: 'lease', lease, atMs });
        this.#step({ type: 'lease-confirmed', neuron, version: lease.version, atMs });
      };
    });
  }

  #cleanUp(seen: StoredLease, janitor: string): void {
    if (this.#tidying.has(seen.neuron)) return;
    this.#tidying.add(seen.neuron);
    this.later(5000, () => this.#tidying.delete(seen.neuron));
    this.#ask(() => {
      const { version, ...lease } = seen;
      const taken = this.#world.write(seen.neuron, version, { ...lease, takenBy: this.#machine.self });
      if (taken === undefined || taken === 'removed') return;
      for (const other of this.#all.values()) {
        if (other.name !== janitor && other.#tidying.has(`${seen.neuron} ${seen.incarnation}`) && !other.isFrozen && !other.isKilled && other.#isUnhindered()) this.#world.violate(`${janitor} and ${other.name} clean up behind ${seen.neuron}`);
      }
      this.#tidying.add(`${seen.neuron} ${seen.incarnation}`);
      this.later(TIDY_MS, () => {
        this.#tidying.delete(`${seen.neuron} ${seen.incarnation}`);
        this.#ask(() => {
          this.#tidying.delete(seen.neuron);
          this.#world.write(seen.neuron, taken.version, undefined);
        });
      });
    });
  }

  #isUnhindered(): boolean {
    return this.#world.queue.nowMs - this.#unhinderedSinceMs > NOTICE_MS && !this.#world.withoutDatabase.has(this.name) && this.#world.loss === 0;
  }

  #tick(): void {
    const { nowMs } = this.#world.queue;
    this.#step({ type: 'tick', atMs: nowMs, wallMs: this.#wallMs() });
    const { self, state } = this.#machine;
    if (state === 'serving' && self.incarnation === this.#overslept) this.#world.violate(`${this.name} serves in the life in which it stood still for too long`);
    this.#judgeContradictions();
    const stored = this.#world.leases.get(this.name);
    const isHeld = stored?.incarnation === self.incarnation && stored.takenBy === undefined;
    if (isHeld) this.#heldAtMs = nowMs;
    else if (state === 'serving' && this.#isUnhindered() && nowMs - this.#heldAtMs > NOTICE_MS) this.#world.violate(`${this.name} serves in a life whose lease it has lost`);
  }

  #heldAtMs = 0;
  #frozenAtMs = 0;
  /** The life in which it stood still for longer than a lease lasts. */
  #overslept: string | undefined;
  /** Since when another that is in touch with it holds the life in which it serves for given up, by that other. */
  readonly #contradictedSinceMs = new Map<string, number>();

  /** Nobody goes on serving in a life that one it talks to has given up. */
  #judgeContradictions(): void {
    const { nowMs } = this.#world.queue;
    const { self, state } = this.#machine;
    for (const other of this.#all.values()) {
      const isInTouch = !other.isKilled && !other.isFrozen && this.#world.isOpen(this.name, other.name);
      if (state !== 'serving' || !isInTouch || !other.machine.isGivenUp(self)) this.#contradictedSinceMs.delete(other.name);
      else if (!this.#contradictedSinceMs.has(other.name)) this.#contradictedSinceMs.set(other.name, nowMs);
      else if (nowMs - (this.#contradictedSinceMs.get(other.name) ?? nowMs) > NOTICE_MS) this.#world.violate(`${this.name} serves in a life that ${other.name} has given up, though they talk`);
    }
  }

  #pingAll(): void {
    const about = this.#machine.suspects();
    for (const other of this.#machine.known()) {
      if (this.#pinging.has(other.neuron)) continue;
      const question: PingQuestion = { from: this.#machine.self, to: { neuron: other.neuron, incarnation: other.incarnation }, givenUp: this.#machine.isGivenUp(other), about: about.filter((name) => name !== other.neuron) };
      this.#ping(other.neuron, question);
    }
  }

  #ping(neuron: string, question: PingQuestion): void {
    this.#pinging.add(neuron);
    let isOver = false;
    const end = (result: PingResult) => {
      if (isOver) return;
      isOver = true;
      this.#pinging.delete(neuron);
      const atMs = this.#world.queue.nowMs;
      if (result.type !== 'answer') return this.#step({ type: 'miss', neuron, refused: result.type === 'refused', atMs });
      if (result.answer.givenUp) this.#step({ type: 'given-up', incarnation: question.from.incarnation, atMs });
      this.#step({ type: 'answer', life: result.answer.life, sees: result.answer.sees, atMs });
    };
    this.later(MODEL_TIMES.pingTimeoutMs, () => end({ type: 'silent' }));
    if (!this.#world.passes(this.name, neuron)) return;
    const delayMs = () => 1 + this.#world.below(this.#world.random() < 0.02 ? 1500 : 40);
    const other = this.#all.get(neuron);
    if (other === undefined || other.isKilled) return this.later(delayMs(), () => end({ type: 'refused' }));
    other.later(delayMs(), () => {
      const answer = other.answer(question);
      if (this.#world.passes(neuron, this.name)) this.later(delayMs(), () => end({ type: 'answer', answer }));
    });
  }

  /** A feed that lags by chance. */
  #readFeed(): void {
    if (this.#world.withoutDatabase.has(this.name) || this.#world.random() < 0.3) return;
    for (const atMs = this.#world.queue.nowMs; this.#cursor < this.#world.log.length; this.#cursor += 1) {
      const row = this.#world.log[this.#cursor];
      if (row === undefined) return;
      this.#step(row.lease === undefined ? { type: 'lease-gone', neuron: row.neuron, atMs } : { type: 'lease', lease: row.lease, atMs });
    }
  }

  #wallMs(): number {
    return 1_800_000_000_000 + this.#world.queue.nowMs + this.#wallOffsetMs;
  }
}
