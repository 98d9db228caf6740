import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { openNeuron, type Neuron } from './neuron-fixture.ts';
import { peekingStore } from './peeking-store.ts';

const open = () => openNeuron({ store: peekingStore(new MemoryReferenceStore()) });

/** An answer that came the short way, after the caches were warmed. */
async function short(neuron: Neuron, path: string, headers: Record<string, string> = {}) {
  for (let round = 0; round < 3; round += 1) await neuron.call('GET', path, { headers });
  const before = neuron.handler.metrics().cachedAnswers;
  const answer = await neuron.call('GET', path, { headers });
  return { answer, wasShort: neuron.handler.metrics().cachedAnswers === before + 1 };
}

describe('the short way of a cached read', () => {
  it('gives the same answer as the long way, headers included', async () => {
    await using neuron = await open();
    for (const [key, value] of Object.entries({ object: { n: 1, t: 'ü' }, empty: {}, text: 'x', list: [1], nothing: null })) {
      await neuron.call('PUT', '/_data/a/b', { body: { k: key, v: value } });
      const { answer, wasShort } = await short(neuron, `/_data/a/b?k=${key}`);
      const long = await neuron.call('GET', `/_data/a/b/?k=${key}`);
      expect(wasShort).toBe(true);
      expect(answer.text).toBe(long.text);
      expect({ ...answer.headers, date: '' }).toEqual({ ...long.headers, date: '' });
    }
    const { answer, wasShort } = await short(neuron, '/_data/a/b?k=missing');
    const long = await neuron.call('GET', '/_data/a/b/?k=missing');
    expect([wasShort, answer.text]).toEqual([true, long.text]);
  });

  it('states the age of the cache', async () => {
    await using neuron = await open();
    await neuron.call('PUT', '/_data/a', { body: { k: 'x', v: {} } });
    expect((await short(neuron, '/_data/a?k=x')).answer.headers['x-kv4-age-ms']).toBe('7');
  });

  it.each([
    ['another parameter', '/_data/a?k=x&fresh=1', {}],
    ['a conditional request', '/_data/a?k=x', { 'if-none-match': '"x"' }],
    ['a preference', '/_data/a?k=x', { prefer: 'status=http' }],
    ['an origin', '/_data/a?k=x', { origin: 'https://app.example' }],
    ['percent-encoding', '/_data/a?k=%78', {}],
    ['a double slash', '/_data//a?k=x', {}],
  ])('is not taken with %s', async (_title, path, headers) => {
    await using neuron = await open();
    await neuron.call('PUT', '/_data/a', { body: { k: 'x', v: { n: 1 } } });
    const { answer, wasShort } = await short(neuron, path, headers);
    expect([wasShort, answer.v.n]).toEqual([false, 1]);
  });

  it('heeds a ban, a changed secret and a deactivated account at once', async () => {
    await using neuron = await open();
    const read = async () => (await neuron.call('GET', '/_data/a?k=x')).v;
    await neuron.call('PUT', '/_data/a', { body: { k: 'x', v: { n: 1 } } });
    expect((await short(neuron, '/_data/a?k=x')).wasShort).toBe(true);
    await neuron.call('PUT', '/_auth/a', { body: { k: '127.0.0.1' } });
    expect(await read()).toBe('unauthorized');
    await neuron.call('DELETE', '/_auth/a?k=127.0.0.1&w=elena', { login: '$sys:secret' });
    expect((await read()).n).toBe(1);
    await neuron.call('POST', '/_acc/accounts', { login: '$sys:secret', body: { k: 'elena', v: { secret: 'changed' } } });
    expect(await read()).toBe('unauthorized');
  });

  it('reads its own writes', async () => {
    await using neuron = await open();
    for (let n = 0; n < 20; n += 1) {
      await neuron.call('PUT', '/_data/a', { body: { k: 'x', v: { n, _ver_: '_splat_' } } });
      expect((await neuron.call('GET', '/_data/a?k=x')).v.n).toBe(n);
      expect((await neuron.call('GET', '/_data/a?k=x')).v.n).toBe(n);
    }
  });
});
