import { systemClock, systemRandom, type Clock, type Random } from '@xir/couch-client';
import { Kv4Error } from '@xir/kv4-core';
import type { NeuronLife } from '../membership.ts';
import type { NeuronFacts, StoredLease } from './lease.ts';
import { LeaseStore, type LeaseKv4 } from './lease-store.ts';

/** Whose lease is kept, and where. */
export interface LeaseKeeperOptions {
  readonly store: LeaseKv4;
  readonly neuron: string;
  readonly process: string;
  readonly facts: () => NeuronFacts;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What a renewal or a rebirth brought; `busy` where one was under way. */
export type KeeperOutcome = { readonly type: 'renewed' | 'lost' | 'superseded' | 'busy' } | { readonly type: 'reborn'; readonly life: NeuronLife };

/** Holds the lease of this neuron: one write at a time, each a compare-and-set on the one before. */
export class LeaseKeeper {
  readonly #leases: LeaseStore;
  readonly #options: LeaseKeeperOptions;
  #held: StoredLease;
  #writing: Promise<unknown> | undefined;
  #renewals = 0;
  #rebirths = 0;

  private constructor(options: LeaseKeeperOptions, leases: LeaseStore, held: StoredLease) {
    this.#options = options;
    this.#leases = leases;
    this.#held = held;
  }

  /** Claims the lease for a new life. Rejects with a `Kv4Error`. */
  static async claim(options: LeaseKeeperOptions): Promise<LeaseKeeper> {
    const leases = new LeaseStore(options.store);
    const lease = await leases.claim(claimant(options), options.facts());
    if (lease === undefined) throw new Kv4Error('KV4_VERSION_CONFLICT', `the lease of ${options.neuron} could not be claimed`);
    return new LeaseKeeper(options, leases, lease);
  }

  /** The present life. */
  get life(): NeuronLife {
    return { neuron: this.#held.neuron, incarnation: this.#held.incarnation };
  }

  /** Renewals that succeeded. */
  get renewals(): number {
    return this.#renewals;
  }

  /** Lives after the first. */
  get rebirths(): number {
    return this.#rebirths;
  }

  /** Renews. Rejects with a `Kv4Error` where the database cannot be reached. */
  renew(facts: NeuronFacts): Promise<KeeperOutcome> {
    return this.#alone(async () => {
      const renewal = await this.#leases.renew(this.#held, facts);
      if (renewal.type !== 'renewed') return { type: renewal.type };
      this.#held = renewal.lease;
      this.#renewals += 1;
      return { type: 'renewed' };
    });
  }

  /** Registers under a new incarnation. */
  beReborn(facts: NeuronFacts): Promise<KeeperOutcome> {
    return this.#alone(async () => {
      const lease = await this.#leases.claim({ ...claimant(this.#options), after: this.#held.incarnation }, facts);
      if (lease === undefined) return { type: 'superseded' };
      this.#held = lease;
      this.#rebirths += 1;
      return { type: 'reborn', life: this.life };
    });
  }

  /** Says that this life ends, after whatever is being written. `undefined` where the lease is not held any more. */
  async leave(): Promise<StoredLease | undefined> {
    // What the write brought was told to who began it.
    await this.#writing?.catch(() => {});
    return this.#leases.leave(this.#held);
  }

  async #alone(work: () => Promise<KeeperOutcome>): Promise<KeeperOutcome> {
    if (this.#writing !== undefined) return { type: 'busy' };
    const writing = work();
    this.#writing = writing;
    try {
      return await writing;
    } finally {
      this.#writing = undefined;
    }
  }
}

function claimant({ neuron, process, clock = systemClock, random = systemRandom }: LeaseKeeperOptions) {
  return { neuron, process, nowMs: clock.now(), random: random() };
}
