import { describe, expect, it } from 'vitest';
import { bestNeuron, type KnownNeuron } from '../src/index.ts';

const neuron = (name: string, facts: Partial<KnownNeuron> = {}): KnownNeuron => ({ neuron: name, incarnation: '1', load: 0.5, clients: 0, draining: false, suspect: false, ...facts });
const best = (...parts: Parameters<typeof bestNeuron>) => bestNeuron(...parts)?.neuron;

describe('the neuron that a client had best connect to', () => {
  it('E11: is the least loaded, of equals the one with the fewest clients', () => {
    expect(best([neuron('a', { load: 0.3 }), neuron('b', { load: 0.2 }), neuron('c', { load: 0.9 })])).toBe('b');
    expect(best([neuron('a', { clients: 5 }), neuron('b', { clients: 4 })])).toBe('b');
    expect(best([neuron('b'), neuron('a')])).toBe('a');
  });

  it('E11: is none that drains or does not answer, and nobody where there is no other', () => {
    expect(best([neuron('a', { load: 0, draining: true }), neuron('b', { load: 0, suspect: true }), neuron('c')])).toBe('c');
    expect(best([neuron('a', { draining: true })])).toBe(undefined);
    expect(best([])).toBe(undefined);
  });

  it('E11: is in the region of the caller, then the one of the callee, then in the region of the callee', () => {
    const all = [neuron('a', { region: 'eu', load: 0.9 }), neuron('b', { region: 'eu' }), neuron('c', { region: 'us', load: 0.1 }), neuron('d', { region: 'us', load: 0.2 })];
    expect(best(all, { region: 'eu' })).toBe('b');
    expect(best(all, { region: 'eu', callee: 'a' })).toBe('a');
    expect(best(all, { region: 'eu', callee: 'd' })).toBe('b');
    expect(best(all, { callee: 'd' })).toBe('d');
    expect(best(all, { region: 'asia', callee: 'd' })).toBe('c');
    expect(best(all, { region: 'asia' })).toBe('c');
  });
});
