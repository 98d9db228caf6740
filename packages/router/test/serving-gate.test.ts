import { describe, expect, it } from 'vitest';
import { ServingGate, type NeuronState, type Standing } from '../src/index.ts';
import { ManualClock } from './support/manual-clock.ts';

/** A membership that is told how it stands. */
class ToldMembership {
  self = { neuron: 'a', incarnation: '1' };
  state: NeuronState = 'serving';
  looks = 0;
  #listener: () => void = () => {};

  look(): void {
    this.looks += 1;
  }

  onChange(listener: () => void): () => void {
    this.#listener = listener;
    return () => (this.#listener = () => {});
  }

  become(state: NeuronState, incarnation = this.self.incarnation): void {
    this.state = state;
    this.self = { neuron: 'a', incarnation };
    this.#listener();
  }
}

function opened(registered: () => Promise<void> = async () => {}) {
  const membership = new ToldMembership();
  const clock = new ManualClock();
  const gate = new ServingGate({ membership, registered, clock, patienceMs: 1000 });
  const seen: Standing[] = [];
  gate.onChange((standing) => void seen.push(standing));
  return { membership, clock, gate, seen };
}

describe('what a neuron is to its clients', () => {
  it('E12: while its lease is in doubt what they send waits; once it proved to be held they are served again', async () => {
    const { membership, clock, gate, seen } = opened();
    expect(gate.standing).toBe('serving');
    membership.become('doubtful');
    expect(gate.standing).toBe('holding');
    await clock.advance(999);
    membership.become('serving');
    await clock.advance(10_000);
    expect(seen).toEqual(['holding', 'serving']);
  });

  it('E12: in a new life they are served once all of them are stored in it, and not before', async () => {
    let stored: () => void = () => {};
    const { membership, clock, seen } = opened(() => new Promise((resolve) => (stored = resolve)));
    membership.become('doubtful');
    membership.become('serving', '2');
    await clock.advance(500);
    expect(seen).toEqual(['holding']);
    stored();
    await clock.advance(0);
    expect(seen).toEqual(['holding', 'serving']);
  });

  it('E12: of two lives that follow one another the later counts', async () => {
    const registrations: (() => void)[] = [];
    const { membership, clock, gate, seen } = opened(() => new Promise((resolve) => registrations.push(resolve)));
    membership.become('serving', '2');
    await clock.advance(0);
    membership.become('serving', '3');
    await clock.advance(0);
    registrations[0]?.();
    await clock.advance(0);
    expect(gate.standing).toBe('holding');
    registrations[1]?.();
    await clock.advance(0);
    expect(seen).toEqual(['holding', 'serving']);
  });

  it('E12: one that is cut off serves those who are there among themselves, and takes nobody', async () => {
    const { membership, clock, seen } = opened();
    membership.become('isolated');
    await clock.advance(500);
    membership.become('doubtful');
    await clock.advance(100);
    membership.become('serving');
    expect(seen).toEqual(['isolated', 'holding', 'serving']);
  });

  it('E12: when it lasts too long they are sent away, however often the reason changes; those who come later are served', async () => {
    const { membership, clock, gate, seen } = opened();
    membership.become('isolated');
    await clock.advance(600);
    membership.become('doubtful');
    await clock.advance(399);
    expect(gate.standing).toBe('holding');
    await clock.advance(1);
    expect(gate.standing).toBe('away');
    membership.become('isolated');
    expect(gate.standing).toBe('away');
    membership.become('serving');
    expect(seen).toEqual(['isolated', 'holding', 'away', 'serving']);
  });

  it('E12: another process of the same name sends them away at once, for good', async () => {
    const { membership, clock, gate, seen } = opened();
    membership.become('superseded');
    await clock.advance(10_000);
    expect(seen).toEqual(['away']);
    expect(gate.standing).toBe('away');
  });

  it('E12: whoever asks notices a standstill before timers do; a closed gate decides no more', async () => {
    const { membership, gate, seen } = opened();
    expect(gate.standing).toBe('serving');
    expect(membership.looks).toBe(1);
    await gate.close();
    membership.become('superseded');
    expect(seen).toEqual([]);
  });
});
