import { VirtualClock } from '@xir/couch-testing';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { checkFacts } from './facts.ts';
import { openEvents } from './event-stream.ts';
import { openNeuron, type Neuron } from './neuron-fixture.ts';

checkFacts('watch=1', [
  [
    'sends what is there, end-of-initial, then puts and deletes as they happen',
    async (neuron) => {
      await neuron.call('PUT', '/_data/watch/path', { body: { k: 'a', v: { n: 1 } } });
      using events = await openEvents(neuron, '/_data/watch/path?watch=1');
      expect(await events.next()).toMatchObject({ event: 'put', data: { w: 'elena', l: '*data', p: '/watch/path', k: 'a', v: { n: 1 }, a: 'elena' } });
      expect(await events.next()).toMatchObject({ event: 'end-of-initial', data: {} });
      const put = await neuron.call('PUT', '/_data/watch/path', { body: { k: 'b', v: { n: 2 } } });
      expect(await events.next()).toMatchObject({ id: expect.any(String), event: 'put', data: { k: 'b', v: put.v, _id: put.v._ver_ } });
      await neuron.call('DELETE', '/_data/watch/path?k=b');
      expect(await events.next()).toMatchObject({ event: 'delete', data: { p: '/watch/path', k: 'b' } });
    },
  ],
  [
    'follows one key, or a subtree',
    async (neuron) => {
      using key = await openEvents(neuron, '/_data/watch/scopes?watch=1&k=a');
      using tree = await openEvents(neuron, '/_data/watch/scopes?watch=1&tree=1');
      expect([(await key.next())?.event, (await tree.next())?.event]).toEqual(['end-of-initial', 'end-of-initial']);
      await neuron.call('PUT', '/_data/watch/scopes', { body: { k: 'b', v: {} } });
      await neuron.call('PUT', '/_data/watch/scopes/below', { body: { k: 'c', v: {} } });
      await neuron.call('PUT', '/_data/watch/scopes', { body: { k: 'a', v: {} } });
      expect((await key.next())?.data.k).toBe('a');
      expect([(await tree.next())?.data.k, (await tree.next())?.data.k, (await tree.next())?.data.k]).toEqual(['b', 'c', 'a']);
    },
  ],
  [
    'resumes behind Last-Event-ID without a gap and without what was seen',
    async (neuron) => {
      const first = await openEvents(neuron, '/_data/watch/resume?watch=1');
      await first.next();
      await neuron.call('PUT', '/_data/watch/resume', { body: { k: 'a', v: {} } });
      const seen = await first.next();
      first[Symbol.dispose]();
      await neuron.call('PUT', '/_data/watch/resume', { body: { k: 'b', v: {} } });
      using second = await openEvents(neuron, '/_data/watch/resume?watch=1', { 'last-event-id': seen?.id ?? '' });
      expect(await second.next()).toMatchObject({ event: 'put', data: { k: 'b' } });
    },
  ],
  [
    'begins with reset where a gapless resume is not provable',
    async (neuron) => {
      using events = await openEvents(neuron, '/_data/watch/unknown?watch=1', { 'last-event-id': 'from-another-world' });
      expect(await events.next()).toMatchObject({ event: 'reset', data: { reason: expect.any(String) } });
    },
  ],
  [
    'initial=0 leaves out what is there',
    async (neuron) => {
      await neuron.call('PUT', '/_data/watch/noinitial', { body: { k: 'a', v: {} } });
      using events = await openEvents(neuron, '/_data/watch/noinitial?watch=1&initial=0');
      // The order of the opening against the next write is decided once the headers are here.
      await neuron.call('PUT', '/_data/watch/noinitial', { body: { k: 'b', v: {} } });
      const keys: unknown[] = [];
      while (!keys.includes('b')) keys.push((await events.next())?.data.k);
      expect(keys).not.toContain('a');
    },
  ],
  [
    '_subs: who comes and goes in a channel, whatever the topic; with k one user',
    async (neuron) => {
      const at = (path: string, key: string) => ({ bucket: 'elena', layer: '*subs', path, key });
      using all = await openEvents(neuron, '/_subs/watched?watch=1');
      using one = await openEvents(neuron, '/_subs/watched?watch=1&k=zoe');
      expect([(await all.next())?.event, (await one.next())?.event]).toEqual(['end-of-initial', 'end-of-initial']);
      await neuron.store.put(at('/watched/deeper/topic', 'far'), {});
      await neuron.store.put(at('/watched', 'bob'), {});
      await neuron.store.put(at('/watched/topic', 'zoe'), {});
      expect(await all.next()).toMatchObject({ event: 'put', data: { k: 'bob', p: '/watched', l: '*subs' } });
      expect(await all.next()).toMatchObject({ event: 'put', data: { k: 'zoe', p: '/watched/topic' } });
      expect(await one.next()).toMatchObject({ event: 'put', data: { k: 'zoe' } });
      await neuron.call('DELETE', '/_subs/watched?k=zoe');
      expect([await all.next(), await one.next()]).toMatchObject([{ event: 'delete', data: { k: 'zoe' } }, { event: 'delete', data: { k: 'zoe' } }]);
    },
  ],
  [
    '_ns: namespaces at and beneath a path as they are created and removed; _auth: bans of a path',
    async (neuron) => {
      using namespaces = await openEvents(neuron, '/_ns/Watched?watch=1');
      using bans = await openEvents(neuron, '/_auth/Watched?watch=1');
      expect([(await namespaces.next())?.event, (await bans.next())?.event]).toEqual(['end-of-initial', 'end-of-initial']);
      await neuron.call('PUT', '/_ns/Watched/room');
      await neuron.call('DELETE', '/_ns/Watched/room');
      await neuron.call('PUT', '/_auth/Watched', { body: { k: '203.0.113.77' } });
      expect([await namespaces.next(), await namespaces.next()]).toMatchObject([
        { event: 'put', data: { p: '/Watched/room' } },
        { event: 'delete', data: { p: '/Watched/room' } },
      ]);
      expect(await bans.next()).toMatchObject({ event: 'put', data: { p: '/Watched', k: '203.0.113.77' } });
    },
  ],
  [
    "does not show other accounts' data",
    async (neuron) => {
      using events = await openEvents(neuron, '/_data/watch/mine?watch=1');
      await events.next();
      await neuron.call('PUT', '/_data/watch/mine', { login: '$sys:secret', body: { k: 'theirs', v: {} } });
      await neuron.call('PUT', '/_data/watch/mine', { body: { k: 'mine', v: {} } });
      expect((await events.next())?.data.k).toBe('mine');
    },
  ],
]);

describe('a watch', () => {
  it('sends heartbeats as comments, every 15 seconds', async () => {
    const clock = new VirtualClock(Date.now());
    await using neuron = await openNeuron({ clock });
    using events = await openEvents(neuron, '/_data/beat?watch=1');
    expect((await events.next())?.event).toBe('end-of-initial');
    await clock.advance(15_000);
    expect((await events.next(true))?.comment).toMatch(/^heartbeat/);
    await clock.advance(15_000);
    expect((await events.next(true))?.comment).toMatch(/^heartbeat/);
  });

  describe.each(['at the next event', 'at the next heartbeat'])('%s', (when) => {
    const isEvent = when === 'at the next event';

    async function lastWordsBehind(end: (neuron: Neuron) => Promise<unknown>): Promise<unknown[]> {
      const clock = new VirtualClock(Date.now());
      await using neuron = await openNeuron({ clock });
      using events = await openEvents(neuron, '/_data/mine?watch=1');
      await events.next();
      await end(neuron);
      if (isEvent) await neuron.store.put({ bucket: 'elena', layer: '*data', path: '/mine', key: 'k' }, 'secret');
      else await clock.advance(15_000);
      return [await events.next(), await events.next()];
    }
    const expected = [isEvent ? expect.objectContaining({ event: 'error', data: { s: 'error', v: 'unauthorized' } }) : undefined, undefined];

    it('it ends with its account', async () => {
      expect(await lastWordsBehind((neuron) => neuron.accounts.accounts.remove({ bucket: '$sys', author: '$sys' }, 'elena'))).toEqual(expected);
    });

    it('it ends when its address is banned', async () => {
      expect(await lastWordsBehind((neuron) => neuron.call('PUT', '/_auth/mine', { body: { k: '127.0.0.1' } }))).toEqual(expected);
    });
  });

  it('is refused as busy past the limit, and its place is free again when it ends', async () => {
    await using neuron = await openNeuron({ rest: { limits: { maxWatches: 1 } } });
    const first = await openEvents(neuron, '/_data/full?watch=1');
    await first.next();
    expect((await neuron.call('GET', '/_data/full?watch=1')).v).toBe('busy');
    first[Symbol.dispose]();
    while (neuron.handler.metrics().activeWatches > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    using second = await openEvents(neuron, '/_data/full?watch=1');
    expect((await second.next())?.event).toBe('end-of-initial');
  });

  it('ends when the server closes', async () => {
    await using neuron = await openNeuron();
    using events = await openEvents(neuron, '/_data/closing?watch=1');
    await events.next();
    await neuron.server.close();
    expect(await events.next()).toBeUndefined();
  });

  it('cuts a reader off that does not read, and counts it, without disturbing others', async () => {
    const clock = new VirtualClock(Date.now());
    await using neuron = await openNeuron({ clock, store: new MemoryReferenceStore(), rest: { limits: { maxWatchBufferBytes: 1000 } } });
    const { connect } = await import('node:net');
    const socket = connect(neuron.server.port, neuron.server.host);
    socket.pause();
    socket.write(`GET /_data/slow?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${Buffer.from('elena:elenas').toString('base64')}\r\n\r\n`);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    while (neuron.handler.metrics().activeWatches === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    const text = 'x'.repeat(1_000_000);
    for (let index = 0; index < 12; index += 1) await neuron.store.put({ bucket: 'elena', layer: '*data', path: '/slow', key: `k${index}` }, { text });
    await clock.advance(31_000);
    while (neuron.handler.metrics().slowWatchesCut === 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await clock.advance(31_000);
    }
    socket.resume();
    socket.on('error', () => undefined);
    await closed;
    expect(neuron.handler.metrics()).toMatchObject({ slowWatchesCut: 1, activeWatches: 0 });
    expect((await neuron.call('GET', '/_data/slow')).v).toHaveLength(12);
  });
});
