import type { NeuronLife } from '../membership.ts';
import type { StoredLease } from './lease.ts';
import type { LeaseStore } from './lease-store.ts';

/** Most clean-ups that are remembered. */
export const MAX_REMEMBERED_CLEAN_UPS = 32;

/** One clean-up behind a life that ended. */
export interface CleanUp {
  readonly dead: NeuronLife;
  readonly janitor: NeuronLife;
  /** Documents that were deleted. */
  readonly documents: number;
  /** Wall clock, in milliseconds since 1970 UTC. */
  readonly endedAtMs: number;
}

/** What cleaning up needs. */
export interface HouseKeepingOptions {
  readonly leases: Pick<LeaseStore, 'takeOver' | 'remove'>;
  readonly tidy: (life: NeuronLife) => Promise<number>;
  /** Writes a clean-up down where all neurons see it. */
  readonly note: (cleanUp: CleanUp) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly now: () => number;
}

/** Cleans up behind dead neurons: takes the lease over by compare-and-set, tidies, then deletes the lease, unless somebody has registered again meanwhile. */
export class HouseKeeping {
  readonly #options: HouseKeepingOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  #recent: readonly CleanUp[] = [];
  #count = 0;
  #documents = 0;

  constructor(options: HouseKeepingOptions) {
    this.#options = options;
  }

  /** The last clean-ups of this neuron, newest last. */
  get recent(): readonly CleanUp[] {
    return this.#recent;
  }

  /** All clean-ups of this neuron. */
  get count(): number {
    return this.#count;
  }

  /** Documents that they deleted. */
  get documents(): number {
    return this.#documents;
  }

  /** Begins, unless a clean-up behind that neuron is under way. */
  begin(lease: StoredLease, janitor: NeuronLife): void {
    if (this.#underWay.has(lease.neuron)) return;
    const work = this.#cleanUp(lease, janitor)
      .catch(this.#options.onError)
      .finally(() => this.#underWay.delete(lease.neuron));
    this.#underWay.set(lease.neuron, work);
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  async #cleanUp(lease: StoredLease, janitor: NeuronLife): Promise<void> {
    const { leases, tidy, note, now } = this.#options;
    const taken = await leases.takeOver(lease, janitor);
    if (taken === undefined) return;
    const dead = { neuron: lease.neuron, incarnation: lease.incarnation };
    const documents = await tidy(dead);
    await leases.remove(taken);
    const cleanUp: CleanUp = { dead, janitor, documents, endedAtMs: now() };
    this.#count += 1;
    this.#documents += documents;
    this.#recent = [...this.#recent, cleanUp].slice(-MAX_REMEMBERED_CLEAN_UPS);
    await note(cleanUp);
  }
}
