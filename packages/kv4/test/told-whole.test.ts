import { systemClock, type Clock } from '@xir/couch-client';
import { headId, type HeadDocument, type KeyAddress, type PathAddress, type WatchEvent, type WatchOptions } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../src/index.ts';
import { scriptedPair } from './support/scripted-pair.ts';
import { Gate, textResponse, type ScriptedTransport } from './support/scripted-transport.ts';
import { embeddedServer } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const place: PathAddress = { bucket: 'b', layer: '*data', path: '/a' };
const key = (name: string): KeyAddress => ({ ...place, key: name });
const MINUTES_MS = 300_000;

/** A host's clock that is five minutes slow. */
const slowClock: Clock = { ...systemClock, now: () => systemClock.now() - MINUTES_MS };

async function until(fact: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(fact()).toBe(true), { timeout: 8_000, interval: 5 });
}

/** What a watch of the path tells, up to the value `last`; live when it is given back. */
async function follow(memory: Memory, options: WatchOptions): Promise<{ readonly told: Promise<unknown[]> }> {
  const events: WatchEvent[] = [];
  const told = (async () => {
    for await (const event of memory.watch({ type: 'path', address: place }, options)) {
      events.push(event);
      if (event.type === 'put' && event.record.value === 'last') break;
    }
    return events.map((event) => (event.type === 'put' ? event.record.value : event.type));
  })();
  await until(() => events.some(({ type }) => type === 'end-of-initial'));
  return { told };
}

/** Ends the feed; the next one begins when the gate is opened, and tells of the last revision of each document only. */
async function interruptFeed(transport: ScriptedTransport): Promise<Gate> {
  const gate = new Gate();
  transport.next('feed=continuous', async (_, forward) => {
    gate.arrive();
    await gate.opened;
    return forward();
  });
  transport.cutFeed();
  await gate.reached;
  return gate;
}

/** Writes a head again as upkeep does: the same version, another revision. */
async function writeAgain(both: Awaited<ReturnType<typeof scriptedPair>>, address: KeyAddress): Promise<void> {
  const { database } = both.database;
  const head = (await database.get(headId(address))) as unknown as HeadDocument;
  await database.put(head._id, { ...head, same: true });
}

describe('what a watch is told of own writes', () => {
  for (const history of [false, true]) {
    const mode = history ? 'with history' : 'without history';

    it(`M12 M16: ${mode}, an own write whose row is replaced by one of upkeep is told with that`, async () => {
      await using both = await scriptedPair(server.url, { includeDocs: 'never' });
      const { memory, transport } = both;
      const watch = await follow(memory, { history });
      const feed = await interruptFeed(transport);
      await memory.put(key('k'), 1);
      await writeAgain(both, key('k'));
      const gate = transport.delayAnswer('/_bulk_get');
      feed.open();
      await gate.reached;
      // However often the row is brought, it is before the answer.
      await memory.prove();
      gate.open();
      await until(() => memory.stats().verifying === 0);
      await memory.put(key('z'), 'last');
      expect(await watch.told).toEqual(['end-of-initial', 1, 'last']);
    });

    it(`M12 M16: ${mode}, an own write is told whose row comes while its key is read again, since another delete found nothing`, async () => {
      await using both = await scriptedPair(server.url);
      const { memory, transport } = both;
      const watch = await follow(memory, { history });
      const frozen = transport.freezeFeed();
      const gate = transport.delayAnswer('/_bulk_get');
      const deleted = memory.delete(key('k'));
      await memory.put(key('k'), 1);
      expect(await deleted).toBeUndefined();
      await gate.reached;
      frozen.open();
      await until(() => memory.stats().appliedRows > 0);
      gate.open();
      await memory.prove();
      await memory.put(key('z'), 'last');
      expect(await watch.told).toEqual(['end-of-initial', 1, 'last']);
    });
  }
});

describe('what a watch with history is told of a key that was not there', () => {
  it('M12 T36: every version that its row brings, also of a writer whose clock is minutes slow', async () => {
    await using both = await scriptedPair(server.url);
    const { memory, transport, database } = both;
    const slow = await database.open({ clock: slowClock });
    const watch = await follow(memory, { history: true });
    const gate = await interruptFeed(transport);
    await slow.put(key('k'), 1);
    await slow.put(key('k'), 2);
    gate.open();
    await until(() => memory.stats().appliedRows > 0);
    await memory.put(key('z'), 'last');
    expect(await watch.told).toEqual(['end-of-initial', 1, 2, 'last']);
  });
});

describe('a watch that has to begin anew', () => {
  it('M15: ends with KV4_UNAVAILABLE when what it covers has outgrown the cache', async () => {
    await using both = await scriptedPair(server.url, { inspectIntervalMs: 50, maxCacheBytes: 20_000 });
    const { memory, writer, database } = both;
    const watching = memory.watch({ type: 'path', address: place });
    expect((await watching.next()).value).toMatchObject({ type: 'end-of-initial' });
    await writer.close();
    await database.database.remove();
    await database.database.create();
    const heads = Array.from({ length: 100 }, (_, index) => ({ _id: headId(key(`k${index}`)), v: 'x'.repeat(500), ver: `0000000000010000-n`, by: 'x' }));
    await database.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs: heads } });
    expect((await watching.next()).value).toMatchObject({ type: 'reset', reason: 'database-recreated' });
    await expect(watching.next()).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
  });
});

describe('a fresh read', () => {
  it('M24: waits for what a row announced, though another row comes meanwhile', async () => {
    await using both = await scriptedPair(server.url, { includeDocs: 'never' });
    const { memory, writer, transport } = both;
    await writer.put(key('k'), 1);
    await memory.get(key('k'), { fresh: true });
    const gate = transport.delayAnswer('/_bulk_get');
    await writer.put(key('k'), 2);
    await gate.reached;
    const fresh = memory.get(key('k'), { fresh: true });
    const listed = memory.list(place, { fresh: true });
    await memory.prove();
    await writer.put(key('k'), 3);
    await memory.prove();
    gate.open();
    expect((await fresh)?.value).toBe(3);
    expect((await listed).items.map(({ value }) => value)).toEqual([3]);
  });

  it('M24: fails where what a row announced cannot be read', async () => {
    await using both = await scriptedPair(server.url, { includeDocs: 'never' });
    const { memory, writer, transport } = both;
    await writer.put(key('k'), 1);
    await memory.get(key('k'), { fresh: true });
    const gate = transport.delayAnswer('/_bulk_get');
    transport.next('/_bulk_get', async () => textResponse(500, '{"error":"internal_server_error"}'), 3);
    await writer.put(key('k'), 2);
    await gate.reached;
    const fresh = memory.get(key('k'), { fresh: true });
    await memory.prove();
    await writer.put(key('k'), 3);
    await memory.prove();
    gate.open();
    await expect(fresh).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await vi.waitFor(() => expect(memory.peek(key('k'))?.value).toBe(3), { timeout: 8_000, interval: 5 });
  });
});
