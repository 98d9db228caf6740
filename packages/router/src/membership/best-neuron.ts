import type { KnownNeuron } from './events.ts';

/** Between whom a neuron is wanted: those who are in a channel already, or the region that was asked in. */
export interface BestNeuronWish {
  /** The region of the caller. */
  readonly region?: string;
  /** The neuron that the callee is connected to. */
  readonly callee?: string;
}

/**
 * The neuron that a client had best connect to, `undefined` where none takes clients: the callee's own where it is in the caller's region or in none, else one in a region of
 * either, the caller's first; of equals the least loaded. Those that drain or do not answer are not chosen. Pure.
 */
export function bestNeuron(neurons: Iterable<KnownNeuron>, wish: BestNeuronWish = {}): KnownNeuron | undefined {
  const all = [...neurons];
  const callee = wish.callee === undefined ? undefined : all.find(({ neuron }) => neuron === wish.callee);
  const takers = all.filter(({ draining, suspect }) => !draining && !suspect);
  const scored = takers.map((taker) => ({ taker, score: nearness(taker, wish, callee) }));
  scored.sort((left, right) => right.score - left.score || left.taker.load - right.taker.load || left.taker.clients - right.taker.clients || (left.taker.neuron < right.taker.neuron ? -1 : 1));
  return scored[0]?.taker;
}

function nearness(taker: KnownNeuron, wish: BestNeuronWish, callee: KnownNeuron | undefined): number {
  const nearCaller = wish.region !== undefined && taker.region === wish.region;
  const nearCallee = callee?.region !== undefined && taker.region === callee.region;
  const isCallees = callee !== undefined && taker.neuron === callee.neuron && (wish.region === undefined || taker.region === undefined || nearCaller);
  return (nearCaller ? 4 : 0) + (isCallees ? 2 : 0) + (nearCallee ? 1 : 0);
}
