import type { LinkHandler, LinkOutcome, LinkTransport } from '../link.ts';
import type { LiveNeuron, Membership, NeuronLife } from '../membership.ts';

/** One neuron's part of an {@link InMemoryNetwork}. */
export interface InMemoryNeuron {
  readonly membership: Membership;
  readonly links: LinkTransport;
}

interface Node extends InMemoryNeuron {
  life: NeuronLife;
  alive: boolean;
  handler: LinkHandler | undefined;
}

/**
 * Membership and links of several neurons in one process: for tests, and for a system of one. Messages are handed over in the microtask after the call, together; a
 * neuron that was killed is reported dead to the others at once unless told otherwise.
 */
export class InMemoryNetwork {
  readonly #nodes = new Map<string, Node>();
  readonly #cut = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #lives = 0;

  /** Adds a neuron, or lets one come back in another life. */
  start(neuron: string): InMemoryNeuron {
    this.#lives += 1;
    const life = { neuron, incarnation: String(this.#lives).padStart(12, '0') };
    const node: Node = { life, alive: true, handler: undefined, membership: this.#membershipOf(() => node.life), links: this.#linksOf(() => node) };
    this.#nodes.set(neuron, node);
    this.#tell();
    return node;
  }

  /** Ends a neuron: it receives nothing any more. With `unnoticed` the others count it as alive until {@link InMemoryNetwork.bury}. */
  kill(neuron: string, { unnoticed = false }: { readonly unnoticed?: boolean } = {}): void {
    const node = this.#nodes.get(neuron);
    if (node === undefined) return;
    node.alive = false;
    node.handler = undefined;
    if (!unnoticed) this.bury(neuron);
  }

  /** The others notice that a neuron is dead. */
  bury(neuron: string): void {
    this.#nodes.delete(neuron);
    this.#tell();
  }

  /** A neuron that was taken for dead goes on, in another life. */
  reincarnate(neuron: string): void {
    const node = this.#nodes.get(neuron);
    if (node === undefined) return;
    this.#lives += 1;
    node.life = { neuron, incarnation: String(this.#lives).padStart(12, '0') };
    this.#tell();
  }

  /** From now on nothing gets from one neuron to the other, in that direction. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from}/${to}`);
  }

  /** Everything gets everywhere again. */
  heal(): void {
    this.#cut.clear();
  }

  #membershipOf(self: () => NeuronLife): Membership {
    return {
      get self() {
        return self();
      },
      isLive: (neuron, incarnation) => this.#nodes.get(neuron)?.life.incarnation === incarnation,
      neurons: (): Iterable<LiveNeuron> => [...this.#nodes.values()].map(({ life }) => life),
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
    };
  }

  #linksOf(from: () => Node): LinkTransport {
    let batches = new Map<string, { readonly message: string; readonly onOutcome: (outcome: LinkOutcome) => void }[]>();
    const flush = () => {
      const leaving = batches;
      batches = new Map();
      for (const [to, batch] of leaving) {
        const { life, alive } = from();
        const target = this.#nodes.get(to);
        const arrives = alive && target?.handler !== undefined && !this.#cut.has(`${life.neuron}/${to}`);
        if (arrives) target?.handler?.(life.neuron, batch.map(({ message }) => message));
        for (const { onOutcome } of batch) onOutcome(arrives ? 'delivered' : 'undelivered');
      }
    };
    return {
      send: (neuron, message, onOutcome) => {
        if (batches.size === 0) queueMicrotask(flush);
        const batch = batches.get(neuron) ?? [];
        batches.set(neuron, batch);
        batch.push({ message, onOutcome });
      },
      onMessages: (handler) => {
        const node = from();
        node.handler = handler;
        return () => {
          if (node.handler === handler) node.handler = undefined;
        };
      },
    };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
