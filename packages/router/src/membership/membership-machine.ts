import type { NeuronLife } from '../membership.ts';
import type { KnownNeuron, MembershipAction, MembershipEvent, NeuronEvidence, NeuronState } from './events.ts';
import type { StoredLease } from './lease.ts';
import { MassVanishing } from './mass-vanishing.ts';
import { beginAnew, isSeen, judge, newOther, noteMiss, noteSign, type JudgementContext, type OtherNeuron } from './other-neuron.ts';
import type { MembershipTimes } from './times.ts';

/** What a machine begins with. */
export interface MembershipMachineOptions {
  readonly self: NeuronLife;
  readonly times: MembershipTimes;
  /** Monotonic and wall-clock time of the beginning. */
  readonly atMs: number;
  readonly wallMs: number;
}

/**
 * Decides who is alive, from leases, pings and the word of others: pure, without clock, sockets or chance. See SPEC.md for the rules.
 */
export class MembershipMachine {
  readonly #times: MembershipTimes;
  readonly #others = new Map<string, OtherNeuron>();
  readonly #vanished: MassVanishing;
  #self: NeuronLife;
  #state: NeuronState = 'serving';
  #mustBeReborn = false;
  /** When the last standstill ended, and how long it was. */
  #wokeAtMs = Number.NEGATIVE_INFINITY;
  #stoodStillMs = 0;
  #doubtSinceMs = Number.NEGATIVE_INFINITY;
  #databaseReachable = true;
  /** Since when neither the database nor any other neuron was seen; `undefined`: one of them is. */
  #aloneSinceMs: number | undefined;
  #lastTickMs: number;
  #lastWallMs: number;
  #lastRebirthAskedMs = Number.NEGATIVE_INFINITY;
  #actions: MembershipAction[] = [];
  #shown = '';

  constructor({ self, times, atMs, wallMs }: MembershipMachineOptions) {
    this.#self = { neuron: self.neuron, incarnation: self.incarnation };
    this.#times = times;
    this.#vanished = new MassVanishing(times.massHoldMs);
    this.#lastTickMs = atMs;
    this.#lastWallMs = wallMs;
    this.#shown = this.#appearance();
  }

  /** This neuron in its present life. */
  get self(): NeuronLife {
    return this.#self;
  }

  get state(): NeuronState {
    return this.#state;
  }

  /** More than half of all neurons vanished at once, a short time ago: nothing is cleaned up. */
  get manyVanished(): boolean {
    return this.#vanished.isHeld(this.#lastTickMs);
  }

  /** Whether the database could be reached when it was last tried. */
  get databaseReachable(): boolean {
    return this.#databaseReachable;
  }

  /** Whether this life of another neuron counts as alive, or is our own. */
  isLive(neuron: string, incarnation: string): boolean {
    if (neuron === this.#self.neuron) return incarnation === this.#self.incarnation;
    const other = this.#others.get(neuron);
    return other !== undefined && other.diedAtMs === undefined && other.life.incarnation === incarnation;
  }

  /** Whether this life was given up here, so that its holder has to be told. */
  isGivenUp({ neuron, incarnation }: NeuronLife): boolean {
    const other = this.#others.get(neuron);
    return other !== undefined && other.diedAtMs !== undefined && other.life.incarnation === incarnation;
  }

  /** Whether there is an answer of this neuron of a short time ago: what is told to others that ask. */
  sees(neuron: string, atMs: number): boolean {
    const other = this.#others.get(neuron);
    return other !== undefined && isSeen(other, atMs, this.#times);
  }

  /** The other neurons that count as alive. */
  *live(): Generator<KnownNeuron> {
    for (const other of this.#others.values()) {
      if (other.diedAtMs === undefined) yield known(other);
    }
  }

  /** How old what is known of the others that count as alive is. */
  *evidence(atMs: number): Generator<NeuronEvidence> {
    for (const { life, diedAtMs, misses, leaseChangedAtMs, answeredAtMs } of this.#others.values()) {
      if (diedAtMs !== undefined) continue;
      yield { ...life, suspect: misses > 0, leaseAgeMs: atMs - leaseChangedAtMs, ...(answeredAtMs === undefined ? {} : { answerAgeMs: atMs - answeredAtMs }) };
    }
  }

  /** All whose lease is there, the dead too: these are pinged. */
  *known(): Generator<NeuronLife & { readonly lease: StoredLease | undefined }> {
    for (const { life, lease } of this.#others.values()) yield { ...life, lease };
  }

  /** Neurons that others are to be asked about. */
  suspects(): readonly string[] {
    return [...this.#others.values()].filter(({ misses, diedAtMs }) => misses > 0 && diedAtMs === undefined).map(({ life }) => life.neuron);
  }

  /** Takes in what happened, and says what is to be done about it. */
  step(event: MembershipEvent): readonly MembershipAction[] {
    this.#actions = [];
    this.#take(event);
    this.#standing(event.atMs);
    if (event.type === 'tick' || event.type === 'miss' || event.type === 'answer' || event.type === 'lease-confirmed') this.#judgeAll(event.atMs, event.type === 'tick');
    const shown = this.#appearance();
    if (shown !== this.#shown) this.#actions.push({ type: 'changed' });
    this.#shown = shown;
    return this.#actions;
  }

  #take(event: MembershipEvent): void {
    switch (event.type) {
      case 'lease':
        return this.#takeLease(event.lease, event.atMs);
      case 'lease-gone':
        return this.#loseLease(event.neuron, event.atMs);
      case 'lease-confirmed':
        return this.#confirm(event.neuron, event.version);
      case 'answer':
        return this.#takeAnswer(event.life, event.sees, event.atMs);
      case 'miss': {
        const other = this.#others.get(event.neuron);
        return other === undefined ? undefined : noteMiss(other, event.refused, event.atMs);
      }
      case 'given-up':
        return event.incarnation === this.#self.incarnation ? this.#loseLife(event.atMs) : undefined;
      case 'database':
        return this.#takeReach(event.reachable, event.atMs);
      case 'renewed':
        this.#takeReach(true, event.atMs);
        // A renewal that began before the doubt says nothing about what came after.
        if (this.#state === 'doubtful' && !this.#mustBeReborn && event.begunAtMs >= this.#doubtSinceMs) this.#state = 'serving';
        return undefined;
      case 'lease-lost':
        return this.#loseLife(event.atMs);
      case 'superseded':
        this.#state = 'superseded';
        return undefined;
      case 'reborn':
        return this.#beReborn(event.incarnation, event.begunAtMs);
      case 'tick':
        return this.#tick(event.atMs, event.wallMs);
    }
  }

  #takeLease(lease: StoredLease, atMs: number): void {
    const { neuron, incarnation } = lease;
    if (neuron === this.#self.neuron) return this.#seeOwnLease(lease, atMs);
    let other = this.#others.get(neuron);
    // What is older than what is known comes from a read that was overtaken. A lease that was removed and made again may have a lower version, by the clock of another host.
    if (other !== undefined && incarnation < other.life.incarnation) return;
    if (other?.lease?.incarnation === incarnation && other.lease.version >= lease.version) return;
    if (other === undefined || incarnation !== other.life.incarnation) {
      const renewed = other?.lease;
      other = newOther(lease, atMs);
      // The lease was rewritten in our time by a process that lives.
      other.proved = renewed !== undefined;
      this.#others.set(neuron, other);
    } else if (other.lease !== undefined && lease.renewal !== other.lease.renewal) {
      other.proved = true;
    }
    if (other.lease === undefined || lease.renewal !== other.lease.renewal) other.leaseChangedAtMs = atMs;
    other.lease = lease;
    if (lease.left || lease.takenBy !== undefined) this.#giveUp(other, atMs, lease.left);
  }

  /** The feed only hints; whether the own lease is still held is asked of the database. */
  #seeOwnLease({ incarnation, takenBy }: StoredLease, atMs: number): void {
    const { incarnation: own } = this.#self;
    if (incarnation > own || (incarnation === own && takenBy !== undefined)) this.#doubt(atMs);
  }

  #loseLease(neuron: string, atMs: number): void {
    if (neuron === this.#self.neuron) return this.#doubt(atMs);
    this.#others.delete(neuron);
    for (const { opinions } of this.#others.values()) opinions.delete(neuron);
  }

  #confirm(neuron: string, version: string): void {
    const other = this.#others.get(neuron);
    if (other?.lease?.version === version) other.confirmedVersion = version;
  }

  #takeAnswer(life: NeuronLife, sees: Readonly<Record<string, boolean>>, atMs: number): void {
    let other = this.#others.get(life.neuron);
    if (other === undefined) return;
    if (life.incarnation > other.life.incarnation) {
      other = newOther(life, atMs);
      this.#others.set(life.neuron, other);
    }
    if (life.incarnation !== other.life.incarnation || other.diedAtMs !== undefined) return;
    noteSign(other, atMs);
    for (const [neuron, isSeenThere] of Object.entries(sees)) this.#others.get(neuron)?.opinions.set(life.neuron, { sees: isSeenThere, atMs });
  }

  #takeReach(reachable: boolean, atMs: number): void {
    if (reachable && !this.#databaseReachable) {
      // Leases that could not be seen changing have not grown old by that.
      for (const other of this.#others.values()) other.leaseChangedAtMs = atMs;
    }
    this.#databaseReachable = reachable;
  }

  #loseLife(atMs: number): void {
    this.#doubt(atMs);
    this.#mustBeReborn = true;
  }

  #doubt(atMs: number): void {
    if (this.#state === 'superseded') return;
    this.#state = 'doubtful';
    this.#doubtSinceMs = atMs;
  }

  #beReborn(incarnation: string, begunAtMs: number): void {
    this.#self = { neuron: this.#self.neuron, incarnation };
    const slept = begunAtMs < this.#wokeAtMs;
    // A life that began before a standstill is no better than the one that stood still.
    this.#mustBeReborn = slept && this.#stoodStillMs >= this.#times.leaseTtlMs;
    if (slept) return;
    if (this.#state !== 'superseded') this.#state = 'serving';
  }

  #tick(atMs: number, wallMs: number): void {
    const stoodStillMs = atMs - this.#lastTickMs;
    // A machine that was suspended shows it in the wall clock alone.
    const jumpedMs = Math.abs(wallMs - this.#lastWallMs - stoodStillMs);
    this.#lastTickMs = atMs;
    this.#lastWallMs = wallMs;
    if (stoodStillMs >= this.#times.standstillMs || jumpedMs >= this.#times.leaseTtlMs) this.#wake(stoodStillMs, atMs);
  }

  #wake(stoodStillMs: number, atMs: number): void {
    for (const other of this.#others.values()) beginAnew(other, atMs);
    this.#wokeAtMs = atMs;
    this.#stoodStillMs = stoodStillMs;
    this.#doubt(atMs);
    // Whoever stood still for as long as a lease lasts has been given up by others, whether they have written that down or not.
    if (stoodStillMs >= this.#times.leaseTtlMs) this.#mustBeReborn = true;
  }

  /** The own state, and what is needed to leave it. */
  #standing(atMs: number): void {
    if (this.#state === 'superseded') return;
    const hasCompany = this.#voters(atMs).length > 0;
    const isAlone = !this.#databaseReachable && this.#hasOthers() && !hasCompany;
    if (!isAlone) this.#aloneSinceMs = undefined;
    else this.#aloneSinceMs ??= atMs;
    if (this.#state === 'serving' && this.#aloneSinceMs !== undefined && atMs - this.#aloneSinceMs >= this.#times.leaseTtlMs) this.#state = 'isolated';
    // Who was cut off may have been given up meanwhile.
    if (!isAlone && this.#state === 'isolated') this.#doubt(atMs);
    // With the database away, others that answer and do not say that they gave this life up are the best word there is.
    if (this.#state === 'doubtful' && !this.#mustBeReborn && !this.#databaseReachable && (hasCompany || !this.#hasOthers())) this.#state = 'serving';
    if (this.#state !== 'doubtful' || atMs - this.#lastRebirthAskedMs < this.#times.pingIntervalMs) return;
    this.#lastRebirthAskedMs = atMs;
    this.#actions.push({ type: this.#mustBeReborn ? 'rebirth' : 'verify' });
  }

  #judgeAll(atMs: number, isTick: boolean): void {
    if (this.#state !== 'serving') return;
    const voters = this.#voters(atMs);
    for (const other of this.#others.values()) {
      const context: JudgementContext = { atMs, times: this.#times, voters: voters.filter((voter) => voter !== other.life.neuron), databaseReachable: this.#databaseReachable };
      const judgement = judge(other, context);
      if (judgement === 'dead' && other.diedAtMs === undefined) this.#giveUp(other, atMs, false);
      if (judgement === 'confirm' && isTick) this.#actions.push({ type: 'confirm', neuron: other.life.neuron });
      if (isTick && this.#isOurTurn(other, atMs)) this.#actions.push({ type: 'clean-up', lease: other.lease as StoredLease });
    }
  }

  #giveUp(other: OtherNeuron, atMs: number, inGoodOrder: boolean): void {
    if (other.diedAtMs !== undefined) return;
    if (other.proved && !inGoodOrder) this.#vanished.note(other.life.neuron, [...this.live()].length + 1, atMs);
    other.diedAtMs = atMs;
  }

  /** Whether this neuron is to clean up: candidates take turns, and whoever has begun and lives is let alone. */
  #isOurTurn({ diedAtMs, lease }: OtherNeuron, atMs: number): boolean {
    if (diedAtMs === undefined || lease === undefined || !this.#databaseReachable || this.#vanished.isHeld(atMs)) return false;
    const { takenBy } = lease;
    if (takenBy !== undefined && takenBy.neuron !== this.#self.neuron && this.isLive(takenBy.neuron, takenBy.incarnation)) return false;
    const rank = [...this.live()].filter(({ neuron }) => neuron < this.#self.neuron).length;
    return atMs - diedAtMs >= rank * this.#times.janitorStepMs;
  }

  #voters(atMs: number): readonly string[] {
    return [...this.#others.values()].filter((other) => isSeen(other, atMs, this.#times)).map(({ life }) => life.neuron);
  }

  #hasOthers(): boolean {
    for (const other of this.#others.values()) if (other.diedAtMs === undefined) return true;
    return false;
  }

  /** What others of the neuron get to see. */
  #appearance(): string {
    const lives = [...this.live()].map(({ neuron, incarnation, draining }) => `${neuron} ${incarnation} ${draining}`).sort();
    return [this.#state, this.#self.incarnation, ...lives].join('\n');
  }
}

function known({ life, lease, misses }: OtherNeuron): KnownNeuron {
  const facts = lease ?? { load: 1, clients: 0, draining: false };
  const { link, signalUrls, region, load, clients, draining } = facts as StoredLease;
  return {
    ...life,
    load,
    clients,
    draining,
    suspect: misses > 0,
    ...(link === undefined ? {} : { link }),
    ...(signalUrls === undefined ? {} : { signalUrls }),
    ...(region === undefined ? {} : { region }),
  };
}

