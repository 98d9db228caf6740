import { describe, expect, it } from 'vitest';
import type { SignalWish } from '../src/index.ts';
import { openNeuron } from './neuron-fixture.ts';

describe('_host?type=signal', () => {
  it('asks who knows the neurons, telling it channel and peer, and falls back to what is configured', async () => {
    const wishes: SignalWish[] = [];
    const chooseSignal = (wish: SignalWish) => {
      wishes.push(wish);
      return wish.key === 'nobody' ? undefined : 'wss://chosen.example/ws';
    };
    await using neuron = await openNeuron({ rest: { hosts: { chooseSignal, signal: ['wss://configured.example/ws'] } } });
    expect((await neuron.call('GET', '/_host/Some/channel?type=signal&k=zoe')).v).toBe('wss://chosen.example/ws');
    expect((await neuron.call('GET', '/_host/best/signal')).v).toBe('wss://chosen.example/ws');
    expect((await neuron.call('GET', '/_host?type=signal&k=nobody')).v).toBe('wss://configured.example/ws');
    expect(wishes.map(({ path, key }) => [path, key])).toEqual([['/Some/channel', 'zoe'], ['/', undefined], ['/', 'nobody']]);
  });

  it('answers where the request came in where no other is known, unless that is not wanted', async () => {
    const ownSignal = ({ host }: { readonly host?: string | undefined }) => (host === undefined ? undefined : `ws://${host}/ws`);
    await using neuron = await openNeuron({ rest: { hosts: { ownSignal } } });
    expect((await neuron.call('GET', '/_host?type=signal')).v).toMatch(/^ws:\/\/[\d.]+:\d+\/ws$/);
    expect((await neuron.call('GET', '/_host?type=signal&own=0')).v).toBe('not_found');
    expect((await neuron.call('GET', '/_host?type=turn')).v).toBe('not_found');
    await using configured = await openNeuron({ rest: { hosts: { ownSignal, signal: ['wss://configured.example/ws'] } } });
    expect((await configured.call('GET', '/_host?type=signal')).v).toBe('wss://configured.example/ws');
  });
});
