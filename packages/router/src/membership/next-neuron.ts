import type { KnownNeuron } from './events.ts';

/** Neurons whose load differs by no more than this are about as busy. */
const LOAD_MARGIN = 0.2;

/** What {@link nextNeuron} goes by. */
export interface NextNeuronWish {
  /** The neuron that sends its clients elsewhere. */
  readonly from: string;
  /** Its region: neurons there come first. */
  readonly region?: string;
  /** How many clients have been sent to which neuron so far; the choice is added to it. */
  readonly sent: Map<string, number>;
}

/**
 * The neuron that the next client of a neuron that goes away is sent to, `undefined` where none takes clients: of those that are about as little busy as the least loaded the one with
 * the fewest clients, those that were sent there included, so that a crowd is spread. Those that drain or do not answer are not chosen.
 */
export function nextNeuron(neurons: Iterable<KnownNeuron>, { from, region, sent }: NextNeuronWish): KnownNeuron | undefined {
  const takers = [...neurons].filter(({ neuron, draining, suspect }) => neuron !== from && !draining && !suspect);
  const near = takers.filter((taker) => region !== undefined && taker.region === region);
  const candidates = near.length > 0 ? near : takers;
  const leastLoad = Math.min(...candidates.map(({ load }) => load));
  const clientsOf = ({ neuron, clients }: KnownNeuron) => clients + (sent.get(neuron) ?? 0);
  const [chosen] = candidates.filter(({ load }) => load <= leastLoad + LOAD_MARGIN).toSorted((left, right) => clientsOf(left) - clientsOf(right) || left.load - right.load || (left.neuron < right.neuron ? -1 : 1));
  if (chosen !== undefined) sent.set(chosen.neuron, (sent.get(chosen.neuron) ?? 0) + 1);
  return chosen;
}
