import type { StoredLease } from '../../src/membership/lease.ts';
import { EventQueue } from './event-queue.ts';

/** A change of a lease, as the feed tells it. */
export type LeaseRow = { readonly neuron: string; readonly lease?: StoredLease };

/** The database and the network between modelled neurons, with their faults. */
export class ModelledWorld {
  readonly queue = new EventQueue();
  readonly random: () => number;
  readonly leases = new Map<string, StoredLease>();
  readonly log: LeaseRow[] = [];
  /** Links that let nothing through, `from to`; or neurons that cannot reach the database. */
  readonly cutLinks = new Set<string>();
  readonly withoutDatabase = new Set<string>();
  /** Share of packets that are lost. */
  loss = 0;
  readonly violations: string[] = [];
  #version = 0;

  constructor(random: () => number) {
    this.random = random;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Writes by compare-and-set, `undefined` where another was first; without a lease it deletes. */
  write(neuron: string, expected: string | undefined, lease: Omit<StoredLease, 'version'> | undefined): StoredLease | 'removed' | undefined {
    if (this.leases.get(neuron)?.version !== expected) return undefined;
    if (lease === undefined) {
      this.leases.delete(neuron);
      this.log.push({ neuron });
      return 'removed';
    }
    this.#version += 1;
    const stored = { ...lease, version: String(this.#version).padStart(8, '0') };
    this.leases.set(neuron, stored);
    this.log.push({ neuron, lease: stored });
    return stored;
  }

  /** Whether a packet gets there. */
  passes(from: string, to: string): boolean {
    return !this.cutLinks.has(`${from} ${to}`) && this.random() >= this.loss;
  }

  /** Whether everything gets there, both ways. */
  isOpen(one: string, other: string): boolean {
    return this.loss === 0 && !this.cutLinks.has(`${one} ${other}`) && !this.cutLinks.has(`${other} ${one}`);
  }

  /** Notes that a rule was broken. */
  violate(rule: string): void {
    this.violations.push(`at ${this.queue.nowMs} ms: ${rule}`);
  }
}
