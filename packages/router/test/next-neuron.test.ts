import { describe, expect, it } from 'vitest';
import { nextNeuron, type KnownNeuron } from '../src/index.ts';

const neuron = (name: string, facts: Partial<KnownNeuron> = {}): KnownNeuron => ({ neuron: name, incarnation: '1', load: 0.5, clients: 0, draining: false, suspect: false, ...facts });

/** How many of so many clients are sent where. */
function spread(neurons: readonly KnownNeuron[], count: number, region?: string): Record<string, number> {
  const sent = new Map<string, number>();
  for (let client = 0; client < count; client += 1) nextNeuron(neurons, { from: 'a', sent, ...(region === undefined ? {} : { region }) });
  return Object.fromEntries(sent);
}

describe('where the clients of a neuron that goes away are sent', () => {
  it('E16: to the least loaded other one that takes clients and answers; nowhere where there is none', () => {
    expect(spread([neuron('a', { load: 0 }), neuron('b', { load: 0.9 }), neuron('c', { load: 0.4 })], 10)).toEqual({ c: 10 });
    expect(spread([neuron('b', { load: 0, draining: true }), neuron('c', { load: 0, suspect: true }), neuron('d')], 3)).toEqual({ d: 3 });
    expect(spread([neuron('a'), neuron('b', { draining: true })], 1)).toEqual({});
  });

  it('E16: a crowd is spread over those that are about as busy, so that they have as many each', () => {
    const others = [neuron('b', { load: 0.02, clients: 100 }), neuron('c', { load: 0.05, clients: 0 }), neuron('d', { load: 0.1, clients: 50 })];
    expect(spread(others, 1050)).toEqual({ b: 300, c: 400, d: 350 });
  });

  it('E16: within its own region where there is one', () => {
    const others = [neuron('b', { region: 'us', load: 0 }), neuron('c', { region: 'eu', load: 0.9 })];
    expect(spread(others, 2, 'eu')).toEqual({ c: 2 });
    expect(spread(others, 2, 'asia')).toEqual({ b: 2 });
  });
});
