import { expect, it } from 'vitest';

import { ownSignalUrl } from '../src/own-signal.ts';

it('who asks where to connect is sent to the address that it has asked', () => {
  expect(ownSignalUrl({ host: '127.0.0.1:4006' }, false)).toBe('ws://127.0.0.1:4006/ws');
  expect(ownSignalUrl({ host: 'neuron.example' }, true)).toBe('wss://neuron.example/ws');
  expect(ownSignalUrl({ host: '[::1]:4006' }, false)).toBe('ws://[::1]:4006/ws');
});

it('what a proxy says of TLS counts', () => {
  expect(ownSignalUrl({ host: 'neuron.example', 'x-forwarded-proto': 'https' }, false)).toBe('wss://neuron.example/ws');
  expect(ownSignalUrl({ host: 'neuron.example', 'x-forwarded-proto': 'https, http' }, false)).toBe('wss://neuron.example/ws');
  expect(ownSignalUrl({ host: 'neuron.example', 'x-forwarded-proto': 'http' }, true)).toBe('ws://neuron.example/ws');
});

it('a request that names no host, or none that can be one, gets no answer', () => {
  for (const host of [undefined, '', 'a b', 'a/b', 'user@host', 'host:port', 'host:123456', '[', '[::1', 'x'.repeat(300), '"><script>']) {
    expect(ownSignalUrl(host === undefined ? {} : { host }, false)).toBeUndefined();
  }
});
