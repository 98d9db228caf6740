/** One life of one neuron. */
export interface NeuronLife {
  readonly neuron: string;
  /** Compared as a text, greater than that of every earlier life of this neuron. */
  readonly incarnation: string;
}

/** A neuron that counts as alive. */
export interface LiveNeuron extends NeuronLife {
  /** It takes no new clients, and will go soon. */
  readonly draining?: boolean;
}

/**
 * Who is alive, as the router needs to know it. Answers come from memory.
 *
 * What is promised: of one neuron at most one life is live at a time; what a dead life has left counts for nothing from the call of the listeners on; a life that was
 * given up does not come back. The neuron's own life is always live.
 */
export interface Membership {
  /** This neuron, in its present life: another incarnation after it was taken for dead and has come back, which is told like any change. */
  readonly self: NeuronLife;
  isLive(neuron: string, incarnation: string): boolean;
  /** Those alive, this neuron included. */
  neurons(): Iterable<LiveNeuron>;
  /** Calls the listener after each change, {@link Membership.self} included. Gives back how to stop that. */
  onChange(listener: () => void): () => void;
}
