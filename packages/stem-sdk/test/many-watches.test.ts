import { getEventListeners, setMaxListeners } from 'node:events';

import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';
import { MessageChannel } from '../src/message-channel.ts';
import { messageWatchSource } from '../src/message-watch.ts';
import { socketWire } from '../src/socket-line.ts';
import { tcpWire } from '../src/tcp-line.ts';
import { platformTcp, tcpTarget } from '../src/tcp-socket.ts';
import { TEST_SECRET } from './rest-neuron.ts';
import { startSocketNeuron, testSocket } from './socket-neuron.ts';
import { startTcpNeuron } from './tcp-neuron.ts';

const WATCHES = 10_000;
/** Watches that are open at a time. */
const AT_ONCE = 100;

const limits = { credentials: { account: '$sys', secret: TEST_SECRET }, silenceMs: 45_000, maxAnswerBytes: 1_000_000 };

it.each([
  { carrier: 'WebSocket', start: startSocketNeuron, wireTo: (url: string) => socketWire({ url: `${url}/ws`, open: testSocket, ...limits }) },
  { carrier: 'TCP connection', start: startTcpNeuron, wireTo: (url: string) => tcpWire({ target: tcpTarget(url), open: platformTcp(), ...limits }) },
])(`${WATCHES} watches that are opened and cancelled on one $carrier leave no listener and no watch behind`, { timeout: 60_000 }, async ({ start, wireTo }) => {
  await using memory = new MemoryReferenceStore();
  await using neuron = await start(memory);
  const channel = new MessageChannel({ wire: wireTo(neuron.url.replace(/\/ws$/, '')), requestTimeoutMs: 35_000 });
  const signal = new AbortController().signal;
  // How many watches share a caller's signal is the caller's business; the client's own is never listened to that often.
  setMaxListeners(AT_ONCE, signal);
  const listeners = () => getEventListeners(channel.closed, 'abort').length + getEventListeners(signal, 'abort').length;
  const scope = { type: 'path', address: { bucket: '$sys', layer: '*data', path: '/a' } } as const;
  const line = await channel.open('watch');
  const before = { listeners: listeners(), watches: memory.watchCount };
  for (let round = 0; round < WATCHES / AT_ONCE; round += 1) {
    const source = messageWatchSource(channel, scope, { signal, initial: false });
    const watches = Array.from({ length: AT_ONCE }, () => source.open({ after: undefined, initial: false }));
    expect(await Promise.all(watches.map((watch) => watch.next()))).toEqual(watches.map(() => ({ value: 'open', done: false })));
    expect(listeners()).toBe(before.listeners + AT_ONCE);
    await Promise.all(watches.map((watch) => watch.return()));
    expect(listeners()).toBe(before.listeners);
  }
  expect(await channel.open('watch')).toBe(line);
  // The last ones are stopped at the neuron when their messages have come.
  await expect.poll(() => neuron.watches(), { interval: 1 }).toBe(0);
  await expect.poll(() => memory.watchCount, { interval: 1 }).toBe(before.watches);
  channel.close();
});
