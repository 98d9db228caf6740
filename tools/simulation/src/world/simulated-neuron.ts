import { CouchClient } from '@xir/couch-client';
import { openMemory, type Memory, type MemoryOptions } from '@xir/kv4';
import type { FakeCluster } from '../cluster/fake-cluster.ts';
import { Link } from '../network/link.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { HostClock, type SimulatedClock } from '../time/simulated-clock.ts';

/** The database of every schedule. */
export const DATABASE = 'db';
/** Age from which a simulated neuron calls itself unhealthy, in milliseconds. */
export const HEALTHY_AGE_MS = 3_500;
/** Milliseconds between two heartbeats of its feed. */
export const HEARTBEAT_MS = 1_000;

/** What a neuron of the simulation is made of. */
export interface SimulatedNeuronOptions {
  readonly name: string;
  readonly cluster: FakeCluster;
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly skewMs?: number;
  readonly memory?: Partial<MemoryOptions>;
}

/** A neuron as far as memory goes: a memory with a network, a clock and randomness of its own. */
export class SimulatedNeuron {
  readonly name: string;
  readonly clock: HostClock;
  link: Link;
  memory: Memory | undefined;
  incarnation = 0;
  readonly #options: SimulatedNeuronOptions;
  #opening: Promise<Memory> | undefined;

  constructor(options: SimulatedNeuronOptions) {
    this.#options = options;
    this.name = options.name;
    this.clock = new HostClock(options.clock, options.skewMs ?? 0);
    this.link = this.#newLink();
  }

  /** Name and incarnation: memory does not outlive a process. */
  get life(): string {
    return `${this.name}.${this.incarnation}`;
  }

  /** Opens the memory, once. Rejects with `Kv4Error`. */
  open(): Promise<Memory> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<Memory> {
    const { random, memory: overrides } = this.#options;
    const { incarnation } = this;
    const client = new CouchClient({ url: 'http://cluster.invalid:5984', transport: this.link, clock: this.clock, random: random.next });
    try {
      const memory = await openMemory({
        client,
        database: DATABASE,
        neuron: this.name,
        clock: this.clock,
        random: random.next,
        heartbeatMs: HEARTBEAT_MS,
        healthyAgeMs: HEALTHY_AGE_MS,
        inspectIntervalMs: 2_000,
        barrierIntervalMs: 3_000,
        auditIntervalMs: 2_500,
        auditSample: 4,
        freshTimeoutMs: 2_000,
        openTimeoutMs: 8_000,
        feedMaxBackoffMs: 1_000,
        ...overrides,
      });
      if (incarnation !== this.incarnation) {
        void memory.close();
        throw new Error('the process ended while it opened');
      }
      this.memory = memory;
      return memory;
    } catch (error) {
      if (incarnation === this.incarnation) this.#opening = undefined;
      throw error;
    }
  }

  /** The process ends without warning: nothing of it is heard any more, what it had sent may still arrive. */
  kill(): void {
    const { memory, link } = this;
    this.incarnation += 1;
    this.memory = undefined;
    this.#opening = undefined;
    const { conditions, onAnswer } = link;
    void link.close();
    void memory?.close();
    this.link = this.#newLink();
    this.link.conditions = conditions;
    this.link.onAnswer = onAnswer;
  }

  async close(): Promise<void> {
    await this.memory?.close();
    await this.link.close();
  }

  #newLink(): Link {
    const { cluster, clock, random } = this.#options;
    return new Link({ cluster, clock, random });
  }
}
