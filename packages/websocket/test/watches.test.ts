import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from './eventually.ts';
import { failureOf, type SocketClient } from './socket-client.ts';
import { basic, openFixture, type Fixture } from './socket-fixture.ts';

let fixture: Fixture;
let client: SocketClient;

beforeAll(async () => {
  fixture = await openFixture({ face: { limits: { maxWatches: 3 } } });
  client = await fixture.open();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const put = (path: string, key: string, value: unknown) => client.call('put', { path, key, value });

describe('a watch', () => {
  it('W1 tells the values that are there, their end, and what changes on any neuron', async () => {
    await put('/w1', 'a', 1);
    const neighbour = await fixture.openNeighbour();
    const other = await neighbour.open();
    const watcher = await fixture.open();
    expect(await watcher.call('watch', { scope: 'path', path: '/w1', id: 70 })).toEqual({ credit: 1000 });
    expect(await watcher.event()).toMatchObject({ watch: 70, event: 'put', record: { path: '/w1', key: 'a', value: 1, author: 'elena' } });
    expect(await watcher.event()).toMatchObject({ watch: 70, event: 'end-of-initial' });
    await other.call('put', { path: '/w1', key: 'b', value: 2 });
    expect(await watcher.event()).toMatchObject({ event: 'put', record: { key: 'b', value: 2 } });
    await other.call('delete', { path: '/w1', key: 'b' });
    expect(await watcher.event()).toMatchObject({ event: 'delete', path: '/w1', key: 'b', version: expect.any(String) as string, previous: { value: 2 } });
  });

  it('W2 covers a key, a path, a subtree or a layer, and nothing else', async () => {
    const seen: Record<string, unknown[]> = { key: [], path: [], tree: [], layer: [] };
    const scopes = { key: { path: '/w2', key: 'k' }, path: { path: '/w2' }, tree: { path: '/w2' }, layer: {} };
    for (const [scope, where] of Object.entries(scopes)) {
      const watcher = await fixture.open();
      await watcher.call('watch', { scope, ...where, layer: 'w2', initial: false });
      void (async () => {
        for (;;) {
          const event = await watcher.event();
          if (event.event === 'put') seen[scope]?.push(event.record.value);
        }
      })();
    }
    for (const [path, key, value] of [['/', 'root', 0], ['/w2', 'k', 1], ['/w2', 'other', 2], ['/w2/deep', 'k', 3]] as const) await client.call('put', { path, key, value, layer: 'w2' });
    await eventually(() => expect(seen).toEqual({ key: [1], path: [1, 2], tree: [1, 2, 3], layer: [0, 1, 2, 3] }));
  });

  it('W3 goes on behind a position on another connection and another neuron, without a gap', async () => {
    const watcher = await fixture.open();
    await watcher.call('watch', { scope: 'path', path: '/w3', initial: false });
    await put('/w3', 'a', 1);
    const { position } = (await watcher.event()) as { position: string };
    watcher.close();
    await put('/w3', 'a', 2);
    await put('/w3', 'b', 3);
    const neighbour = await fixture.openNeighbour();
    for (const neuron of [fixture, neighbour]) {
      const next = await neuron.open();
      await next.call('watch', { scope: 'path', path: '/w3', after: position });
      const told = [await next.event(), await next.event()];
      expect(told).toMatchObject([{ record: { value: 2 } }, { record: { value: 3 } }]);
    }
    const lost = await fixture.open();
    await lost.call('watch', { scope: 'path', path: '/w3', after: 'nonsense' });
    expect(await lost.event()).toMatchObject({ event: 'reset', reason: 'position-unknown' });
  });

  it('W4 sends no more events than it was granted, and goes on when more are', async () => {
    const watcher = await fixture.open();
    expect(await watcher.call('watch', { scope: 'path', path: '/w4', initial: false, credit: 2, id: 9 })).toEqual({ credit: 2 });
    for (let value = 1; value <= 5; value += 1) await put('/w4', 'k', value);
    const values = [await watcher.event(), await watcher.event()].map((event) => event.event === 'put' && event.record.value);
    expect(values).toEqual([1, 2]);
    // What the server would send is sent before this is answered.
    await watcher.call('get', { path: '/w4', key: 'k', fresh: true });
    expect(watcher.pendingEvents).toBe(0);
    watcher.credit(9, 2);
    expect([await watcher.event(), await watcher.event()]).toMatchObject([{ record: { value: 3 } }, { record: { value: 4 } }]);
    watcher.credit(9, 100);
    expect(await watcher.event()).toMatchObject({ record: { value: 5 } });
  });

  it('W5 that tells the latest only merges what waits for credit', async () => {
    const watcher = await fixture.open();
    await watcher.call('watch', { scope: 'path', path: '/w5', initial: false, latestOnly: true, credit: 0, id: 9 });
    for (let value = 1; value <= 20; value += 1) await put('/w5', 'k', value);
    await watcher.call('get', { path: '/w5', key: 'k', fresh: true });
    watcher.credit(9, 1000);
    const values: unknown[] = [];
    while (values.at(-1) !== 20) {
      const event = await watcher.event();
      if (event.event === 'put') values.push(event.record.value);
    }
    expect(values.length).toBeLessThan(10);
  });

  it('W6 with history tells every version', async () => {
    const watcher = await fixture.open();
    await watcher.call('watch', { scope: 'key', path: '/w6', key: 'k', initial: false, history: true });
    await Promise.all([1, 2, 3].map((value) => put('/w6', 'k', value)));
    expect([await watcher.event(), await watcher.event(), await watcher.event()].map((event) => event.event === 'put' && event.record.value)).toEqual([1, 2, 3]);
  });

  it('W7 that is stopped tells nothing more; its id is free then', async () => {
    const watcher = await fixture.open();
    await watcher.call('watch', { scope: 'path', path: '/w7', initial: false, id: 5 });
    expect(await failureOf(watcher.call('watch', { scope: 'path', path: '/w7', id: 5 }))).toMatchObject({ code: 'WEBSOCKET_ID_IN_USE' });
    expect(await watcher.call('stop', { watch: 5 })).toBe(true);
    expect(await watcher.call('stop', { watch: 5 })).toBe(false);
    await put('/w7', 'k', 1);
    await watcher.call('get', { path: '/w7', key: 'k', fresh: true });
    expect(watcher.pendingEvents).toBe(0);
    await watcher.call('watch', { scope: 'path', path: '/w7', id: 5 });
    expect(await watcher.event()).toMatchObject({ watch: 5, event: 'put' });
    // A grant for a watch that is over is nobody's mistake.
    watcher.credit(6, 1);
    expect(await watcher.call('ping')).toMatchObject({});
  });

  it('W8 ends with its connection, and is counted while it is open; more than the limit are refused', async () => {
    const { watches } = fixture.face.metrics();
    const watcher = await fixture.open();
    for (let id = 100; id < 103; id += 1) await watcher.call('watch', { scope: 'path', path: '/w8', id });
    expect(await failureOf(watcher.call('watch', { scope: 'path', path: '/w8', id: 103 }))).toMatchObject({ error: 'busy', code: 'WEBSOCKET_BUSY' });
    expect(fixture.face.metrics().watches).toBe(watches + 3);
    watcher.close();
    await eventually(() => expect(fixture.face.metrics().watches).toBe(watches));
  });

  it('W9 that cannot go on says why with its last word', async () => {
    const watcher = await fixture.open();
    expect(await watcher.call('watch', { scope: 'key', path: '/w9', key: 'k'.repeat(2000), id: 3 })).toMatchObject({});
    expect(await watcher.event()).toMatchObject({ watch: 3, event: 'end', error: { error: 'bad_name', code: 'KV4_BAD_ADDRESS' } });
  });

  it('W10 shows no history of an earlier account, and ends when its address is banned', async () => {
    const scope = { bucket: '$sys', author: '$sys' };
    const address = { bucket: 'mia', layer: '*data', path: '/w10', key: 'k' };
    // As an account leaves it that was removed by a store that cannot erase.
    await fixture.store.put(address, 'of before');
    await fixture.accounts.accounts.create(scope, 'mia', { email: 'mia@example.org', secret: 'mias' });
    const watcher = await fixture.connect({ authorization: basic('mia', 'mias') });
    await watcher.call('watch', { scope: 'key', path: '/w10', key: 'k', initial: false, history: true, id: 1 });
    await fixture.store.put(address, 'new');
    const event = await watcher.event();
    expect(event).toMatchObject({ event: 'put', record: { value: 'new' } });
    expect(JSON.stringify(event)).not.toContain('of before');
    await fixture.store.put({ bucket: 'mia', layer: '*auth', path: '/w10', key: '127.0.0.1' }, {});
    await eventually(() => expect(fixture.accounts.bans.peek('mia', '127.0.0.1', '/w10')).toBe(true));
    await fixture.store.put(address, 'secret');
    expect(await watcher.event()).toMatchObject({ event: 'end', error: { code: 'WEBSOCKET_FORBIDDEN' } });
    expect(await failureOf(watcher.call('get', { path: '/w10', key: 'k' }))).toMatchObject({ error: 'unauthorized', code: 'WEBSOCKET_FORBIDDEN' });
    expect(await failureOf(watcher.call('tree', { path: '/' }))).toMatchObject({ code: 'WEBSOCKET_FORBIDDEN' });
    expect(await watcher.call('get', { path: '/elsewhere', key: 'k' })).toBeNull();
  });
});
