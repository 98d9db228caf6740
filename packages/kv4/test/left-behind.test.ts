import { CouchClient } from '@xir/couch-client';
import type { KeyAddress, WatchEvent } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Gate, ScriptedTransport, textResponse } from './support/scripted-transport.ts';
import { embeddedServer, TestDatabase } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const key = (name: string): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/a', key: name });
const place = { bucket: 'b', layer: '*data', path: '/a' };

describe('what a load leaves behind', () => {
  it('M5: a key whose load failed is in the listing that is loaded next', async () => {
    await using database = new TestDatabase(server.url);
    const transport = new ScriptedTransport(server.url);
    const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
    const writer = await database.open();
    await writer.put(key('k'), 1);
    await writer.put(key('l'), 1);
    transport.next('/_bulk_get', async () => textResponse(500, '{"error":"internal_server_error"}'));
    await expect(memory.get(key('k'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    transport.next('/_bulk_get', async () => textResponse(500, '{"error":"internal_server_error"}'));
    await expect(memory.watch({ type: 'key', address: key('l') }).next()).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    expect((await memory.keys(place)).items).toEqual(['k', 'l']);
    await writer.put(key('k'), 2);
    await vi.waitFor(() => expect(memory.peek(key('k'))?.value).toBe(2), { timeout: 8_000, interval: 5 });
    await database[Symbol.asyncDispose]();
    await transport.close();
  });

  it('M5: a key whose load fails while it is written, and its path listed, is what was written', async () => {
    await using database = new TestDatabase(server.url);
    const transport = new ScriptedTransport(server.url);
    const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
    transport.freezeFeed();
    const [failing, writes] = [new Gate(), new Gate()];
    transport.next('/_bulk_get', async () => {
      failing.arrive();
      await failing.opened;
      return textResponse(500, '{"error":"internal_server_error"}');
    });
    transport.next('/_bulk_docs', async (_, forward) => {
      writes.arrive();
      await writes.opened;
      return forward();
    });
    const read = memory.get(key('k')).catch((error: unknown) => error);
    await failing.reached;
    const written = memory.put(key('k'), 1);
    await writes.reached;
    failing.open();
    expect(await read).toMatchObject({ code: 'KV4_UNAVAILABLE' });
    expect((await memory.keys(place)).items).toEqual([]);
    writes.open();
    await written;
    expect(memory.peek(key('k'))?.value).toBe(1);
    expect((await memory.get(key('k')))?.value).toBe(1);
    expect((await memory.keys(place)).items).toEqual(['k']);
    await database[Symbol.asyncDispose]();
    await transport.close();
  });

  it('M5: a followed key whose load and whose write failed is in no listing, and not there, until its row comes', async () => {
    await using database = new TestDatabase(server.url);
    const transport = new ScriptedTransport(server.url);
    const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
    const writer = await database.open();
    transport.next('/_bulk_get', async () => textResponse(500, '{"error":"internal_server_error"}'));
    memory.followKeys({ changed: () => undefined, lost: () => undefined }).follow(key('k'));
    await expect(memory.get(key('k'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await expect(memory.put(key('k'), 0, { condition: { type: 'version', version: '0-n' } })).rejects.toMatchObject({ code: 'KV4_VERSION_CONFLICT' });
    const events: WatchEvent[] = [];
    const following = (async () => {
      for await (const event of memory.watch({ type: 'path', address: place })) {
        events.push(event);
        if (event.type === 'put' && event.record.address.key === 'last') return;
      }
    })();
    await vi.waitFor(() => expect(events.length).toBe(1), { timeout: 8_000, interval: 5 });
    const gate = transport.freezeFeed();
    await writer.put(key('k'), 1);
    expect(await memory.get(key('k'))).toBeUndefined();
    gate.open();
    await writer.put(key('last'), 1);
    await following;
    expect(events.map((event) => (event.type === 'put' ? event.record.address.key : event.type))).toEqual(['end-of-initial', 'k', 'last']);
    await database[Symbol.asyncDispose]();
    await transport.close();
  });

  it('M12: with history, a version that a wider listing brought before its row is told', async () => {
    await using database = new TestDatabase(server.url);
    const transport = new ScriptedTransport(server.url);
    const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
    const writer = await database.open();
    const events: WatchEvent[] = [];
    const following = (async () => {
      for await (const event of memory.watch({ type: 'path', address: place }, { history: true })) {
        events.push(event);
        if (event.type === 'delete') return;
      }
    })();
    await vi.waitFor(() => expect(events.length).toBe(1), { timeout: 8_000, interval: 5 });
    const gate = transport.freezeFeed();
    const { version } = await writer.put(key('k'), 1);
    await memory.tree({ ...place, path: '/' });
    await writer.delete(key('k'));
    gate.open();
    await following;
    expect(events.map((event) => event.type)).toEqual(['end-of-initial', 'put', 'delete']);
    expect(events[1]).toMatchObject({ record: { version } });
    await database[Symbol.asyncDispose]();
    await transport.close();
  });

  it('M2 T8: a listing answered by a replica that lags behind rows that passed unread has their keys all the same', async () => {
    await using database = new TestDatabase(server.url);
    const transport = new ScriptedTransport(server.url);
    const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
    const writer = await database.open();
    await writer.put(key('created'), 1);
    await writer.put({ ...key('elsewhere'), path: '/b' }, 1);
    await writer.put(key('deleted'), 1);
    await writer.delete(key('deleted'));
    await memory.prove();
    // The replica has seen none of it.
    transport.answerWith('/_all_docs', '{"total_rows":0,"offset":0,"rows":[]}');
    expect((await memory.keys(place)).items).toEqual(['created']);
    expect(memory.peek(key('deleted'))).toBe(null);
    expect(memory.peek({ ...key('elsewhere'), path: '/b' })).toBe(undefined);
    transport.answerWith('/_all_docs', '{"total_rows":0,"offset":0,"rows":[]}');
    expect((await memory.tree({ ...place, path: '/' })).items.map(({ address }) => address.path)).toEqual(['/a', '/b']);
    await database[Symbol.asyncDispose]();
    await transport.close();
  });

  it('M5: a key that others create while its own creation is on its way is in a listing that is loaded meanwhile', async () => {
    await using database = new TestDatabase(server.url);
    const transport = new ScriptedTransport(server.url);
    const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
    const writer = await database.open();
    const listing = transport.delayAnswer('/_all_docs');
    const keys = memory.keys(place);
    await listing.reached;
    const write = new Gate();
    transport.next('/_bulk_docs', async (_, forward) => {
      write.arrive();
      await write.opened;
      return forward();
    });
    const created = Promise.allSettled([memory.put(key('k'), 'own', { condition: { type: 'absent' } })]);
    await write.reached;
    await writer.put(key('k'), 'theirs');
    await memory.prove();
    listing.open();
    expect((await keys).items).toEqual(['k']);
    write.open();
    expect(await created).toMatchObject([{ reason: { code: 'KV4_ALREADY_EXISTS' } }]);
    expect((await memory.keys(place)).items).toEqual(['k']);
    expect(memory.peek(key('k'))?.value).toBe('theirs');
    await database[Symbol.asyncDispose]();
    await transport.close();
  });
});
