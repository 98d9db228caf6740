import { silentLogger } from '@xir/operations';
import { describe, expect, it } from 'vitest';
import { runUntilSignal, type EndSignal, type ProcessHost } from '../src/process-life.ts';

function fakeHost() {
  const listeners = new Map<EndSignal, (signal: EndSignal) => void>();
  const exits: number[] = [];
  const host: ProcessHost = { on: (signal, listener) => listeners.set(signal, listener), exit: (status) => void exits.push(status) };
  return { host, exits, send: (signal: EndSignal) => listeners.get(signal)?.(signal) };
}

const SIGNALS: readonly EndSignal[] = ['SIGTERM', 'SIGINT'];
const options = { drainMs: 60_000, logger: silentLogger };

describe('the life of the process', () => {
  it.each(SIGNALS)('ends with status 0 after %s, when everything is closed, whatever is left open', async (signal) => {
    const { host, exits, send } = fakeHost();
    let closed = 0;
    const done = runUntilSignal(async () => ({ close: async () => void (closed += 1) }), host, options);
    await Promise.resolve();
    expect(closed).toBe(0);
    send(signal);
    await done;
    expect([closed, exits]).toEqual([1, [0]]);
  });

  it('waits for the start when the signal comes during it, and closes then', async () => {
    const { host, send } = fakeHost();
    const events: string[] = [];
    let started: () => void = () => {};
    const starting = new Promise<void>((resolve) => (started = resolve));
    const start = async () => {
      await starting;
      events.push('started');
      return { close: async () => void events.push('closed') };
    };
    const done = runUntilSignal(start, host, options);
    send('SIGTERM');
    started();
    await done;
    expect(events).toEqual(['started', 'closed']);
  });

  it.each<[EndSignal, number]>([['SIGINT', 130], ['SIGTERM', 143]])('ends at once on a second signal: %s is status %i', async (second, status) => {
    const { host, exits, send } = fakeHost();
    let release: () => void = () => {};
    const closing = new Promise<void>((resolve) => (release = resolve));
    const done = runUntilSignal(async () => ({ close: () => closing }), host, options);
    send('SIGTERM');
    send(second);
    expect(exits).toEqual([status]);
    release();
    await done;
  });

  it('closes what cannot go on, and ends with its error', async () => {
    const { host, exits, send } = fakeHost();
    let closed = 0;
    const failure = new Error('another runs');
    const done = runUntilSignal(async () => ({ close: async () => void (closed += 1), failed: Promise.resolve(failure) }), host, options);
    await expect(done).rejects.toBe(failure);
    expect(closed).toBe(1);
    send('SIGTERM');
    expect(exits).toEqual([]);
  });
});
