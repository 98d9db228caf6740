import type { Kv4Record, Kv4Store, OperationOptions } from '@xir/kv4-core';
import type { NeuronLife } from '../membership.ts';
import { EndedLives } from './ended-lives.ts';
import { nextIncarnation } from './incarnation.ts';
import { isRefused } from './is-refused.ts';
import { decodeLease, encodeLease, leaseAddress, type Lease, type NeuronFacts, type StoredLease } from './lease.ts';

/** The part of a store that leases need. */
export type LeaseKv4 = Pick<Kv4Store, 'get' | 'put' | 'delete'>;

/** Rounds in which a lease that others write at the same time is claimed. */
const MAX_CLAIM_ROUNDS = 8;

/** What the renewal of the own lease brought. */
export type Renewal =
  | { readonly type: 'renewed'; readonly lease: StoredLease }
  /** Taken over, or gone. */
  | { readonly type: 'lost' }
  /** In the hands of another process with this neuron's name. */
  | { readonly type: 'superseded' };

/** Who claims a lease. */
export interface Claimant {
  readonly neuron: string;
  readonly process: string;
  readonly nowMs: number;
  /** In `[0, 1)`. */
  readonly random: number;
  /** The life of this process that was given up, if there was one. */
  readonly after?: string;
}

/** Leases in the database; every change is a compare-and-set. Rejects with a `Kv4Error` where the database cannot be reached. */
export class LeaseStore {
  readonly #store: LeaseKv4;
  readonly #ended: EndedLives;

  constructor(store: LeaseKv4) {
    this.#store = store;
    this.#ended = new EndedLives(store);
  }

  /** The lease as the database has it now. */
  async read(neuron: string, options: OperationOptions = {}): Promise<StoredLease | undefined> {
    const record = await this.#store.get(leaseAddress(neuron), { fresh: true, ...options });
    return record === undefined ? undefined : storedLease(record);
  }

  /**
   * Takes the lease of a neuron for a new life of it, above whatever is stored, and above every life whose lease was removed. `undefined` where it is a further life of the same process (`after`), and another process of
   * that name holds the lease by now. Rejects with `KV4_VERSION_CONFLICT` where others write it without end.
   */
  async claim({ neuron, process, nowMs, random, after }: Claimant, facts: NeuronFacts): Promise<StoredLease | undefined> {
    for (let round = 1; ; round += 1) {
      const [record, ended] = await Promise.all([this.#store.get(leaseAddress(neuron), { fresh: true }), this.#ended.latest()]);
      const stored = record === undefined ? undefined : decodeLease(neuron, record.value);
      if (stored !== undefined && after !== undefined && isOfAnother(stored, process, after)) return undefined;
      const before = later(later(stored?.incarnation, after), ended);
      const lease: Lease = { ...facts, neuron, process, incarnation: nextIncarnation(before, nowMs, random), renewal: 1, left: false };
      try {
        return await this.#write(lease, record?.version);
      } catch (error) {
        if (!isRefused(error) || round === MAX_CLAIM_ROUNDS) throw error;
      }
    }
  }

  /** Renews a lease that is held. */
  async renew(held: StoredLease, facts: NeuronFacts): Promise<Renewal> {
    const { neuron, incarnation, process, renewal } = held;
    const next: Lease = { ...facts, neuron, incarnation, process, renewal: renewal + 1, left: false };
    try {
      return { type: 'renewed', lease: await this.#write(next, held.version) };
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
    const stored = await this.read(neuron);
    if (stored === undefined || stored.takenBy !== undefined || stored.incarnation < incarnation) return { type: 'lost' };
    if (stored.process !== process) return { type: 'superseded' };
    if (stored.incarnation !== incarnation) return { type: 'lost' };
    // An earlier renewal whose answer was lost.
    return { type: 'renewed', lease: await this.#write({ ...next, renewal: stored.renewal + 1 }, stored.version) };
  }

  /** Says that a life ended in good order. `undefined` where the lease is not held any more. */
  async leave(held: StoredLease): Promise<StoredLease | undefined> {
    return this.#writeIfHeld({ ...held, left: true, renewal: held.renewal + 1 }, held.version);
  }

  /** Takes over the lease of a dead neuron as it was seen. `undefined` where it was changed meanwhile: the neuron lives, or another was first. */
  async takeOver(seen: StoredLease, by: NeuronLife): Promise<StoredLease | undefined> {
    return this.#writeIfHeld({ ...seen, takenBy: by }, seen.version);
  }

  /** Deletes a lease as it was left. False where it was changed meanwhile: somebody has registered again. */
  async remove({ neuron, incarnation, version }: StoredLease): Promise<boolean> {
    await this.#ended.note(incarnation);
    try {
      return (await this.#store.delete(leaseAddress(neuron), { condition: { type: 'version', version } })) !== undefined;
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
  }

  async #writeIfHeld(lease: Lease, version: string): Promise<StoredLease | undefined> {
    try {
      return await this.#write(lease, version);
    } catch (error) {
      if (isRefused(error)) return undefined;
      throw error;
    }
  }

  async #write(lease: Lease, version: string | undefined): Promise<StoredLease> {
    const condition = version === undefined ? ({ type: 'absent' } as const) : ({ type: 'version', version } as const);
    const result = await this.#store.put(leaseAddress(lease.neuron), encodeLease(lease), { condition });
    return { ...lease, version: result.version };
  }
}

/** The lease of a record; `undefined` where its value is none. */
export function storedLease({ address, value, version }: Kv4Record): StoredLease | undefined {
  const lease = decodeLease(address.key, value);
  return lease === undefined ? undefined : { ...lease, version };
}

function isOfAnother({ process, incarnation, takenBy, left }: Lease, own: string, after: string): boolean {
  return process !== own && incarnation > after && takenBy === undefined && !left;
}

function later(first: string | undefined, second: string | undefined): string | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return first > second ? first : second;
}
