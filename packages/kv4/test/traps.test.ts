import { CouchClient } from '@xir/couch-client';
import { headId, type KeyAddress, type WatchEvent } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory, MemoryOptions } from '../src/index.ts';
import { scriptedPair } from './support/scripted-pair.ts';
import { ScriptedTransport, textResponse } from './support/scripted-transport.ts';
import { embeddedServer, TestDatabase } from './support/servers.ts';

type Embedded = Awaited<ReturnType<typeof embeddedServer>>;
let server: Embedded;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const key = (name: string): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/a', key: name });

const pair = (options: Partial<MemoryOptions> = {}) => scriptedPair(server.url, options);

async function until(fact: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(fact()).toBe(true), { timeout: 8_000, interval: 5 });
}

function value(memory: Memory, address: KeyAddress): unknown {
  const record = memory.peek(address);
  return record === null ? null : record?.value;
}

/** The next events of a watch, up to a number. */
async function take(events: AsyncIterator<WatchEvent>, count: number): Promise<WatchEvent[]> {
  const taken: WatchEvent[] = [];
  while (taken.length < count) {
    const step = await events.next();
    if (step.done === true) break;
    taken.push(step.value);
  }
  return taken;
}

describe('races between reads, rows and writes', () => {
  it('M1 T7: an answer that was overtaken by its key’s row is not taken', async () => {
    await using test = await pair();
    const { memory, writer, transport } = test;
    await writer.put(key('k'), 1);
    await memory.prove();
    const gate = transport.delayAnswer('/_bulk_get');
    const read = memory.get(key('k'));
    await gate.reached;
    await writer.put(key('k'), 2);
    await until(() => memory.stats().appliedRows > 0);
    gate.open();
    expect((await read)?.value).toBe(2);
    expect(value(memory, key('k'))).toBe(2);
  });

  it('M2 T8: a load answered by a replica that lags behind a row that passed unread is not taken', async () => {
    await using test = await pair();
    const { memory, writer, transport, stale } = test;
    await writer.put(key('k'), 1);
    const old = await stale(headId(key('k')));
    await writer.put(key('k'), 2);
    await memory.prove();
    transport.answerWith('/_bulk_get', old, 2);
    expect((await memory.get(key('k')))?.value).toBe(2);
    expect(memory.stats()).toMatchObject({ loads: 1, regressions: 0 });
  });

  it('M2 T8: a load that is as new as the row that passed unread is taken at once', async () => {
    await using test = await pair();
    const { memory, writer } = test;
    await writer.put(key('k'), 1);
    await writer.put(key('gone'), 1);
    await writer.delete(key('gone'));
    await memory.prove();
    expect([(await memory.get(key('k')))?.value, await memory.get(key('gone'))]).toEqual([1, undefined]);
    expect(memory.stats().verifications).toBe(0);
  });

  it('M7 T12: a document purged after its row passed unread is known not to be there, without asking in vain', async () => {
    await using test = await pair({ inspectIntervalMs: 50 });
    const { memory, writer, database } = test;
    const { record } = await writer.put(key('k'), 1);
    await memory.prove();
    await database.database.json({ method: 'POST', path: '/_purge', body: { [headId(key('k'))]: [record?.revision] } });
    await until(() => memory.stats().feed.purged > 0);
    await memory.prove();
    expect(await memory.get(key('k'))).toBe(undefined);
    expect(memory.stats().regressions).toBe(0);
  });

  it('M2 T8: what was evicted is not taken back older than it was', async () => {
    await using test = await pair({ maxCacheBytes: 2_000 });
    const { memory, writer, transport, stale } = test;
    await writer.put(key('k'), 1);
    const old = await stale(headId(key('k')));
    await writer.put(key('k'), 2);
    expect((await memory.get(key('k')))?.value).toBe(2);
    for (let index = 0; memory.peek(key('k')) !== undefined; index += 1) await memory.get(key(`other-${index}`));
    transport.answerWith('/_bulk_get', old);
    expect((await memory.get(key('k')))?.value).toBe(2);
  });

  it('M3 T3 T4: old rows and a replica that lags behind them do not turn a value back', async () => {
    await using test = await pair();
    const { memory, writer, transport, database } = test;
    const id = headId(key('k'));
    const first = await writer.put(key('k'), 1);
    const { body } = await database.database.json({ method: 'POST', path: '/_bulk_get', query: { revs: true }, body: { docs: [{ id }] } });
    const document = await database.database.get(id);
    await writer.put(key('k'), 2);
    expect((await memory.get(key('k')))?.value).toBe(2);
    const seen: unknown[] = [];
    transport.answerWith('/_bulk_get?revs', JSON.stringify(body), 2);
    transport.inject(JSON.stringify({ seq: '1-old', id, changes: [{ rev: first.record?.revision ?? document?._rev }], doc: document }));
    await writer.put(key('other'), 0);
    await until(() => memory.stats().verifying === 1);
    seen.push(value(memory, key('k')));
    expect(memory.ageOf(key('k'))).toBeGreaterThanOrEqual(0);
    await until(() => memory.stats().verifying === 0);
    seen.push(value(memory, key('k')));
    expect(seen).toEqual([2, 2]);
    expect(memory.stats()).toMatchObject({ verifications: 3, regressions: 0 });
  });

  it('M3 T3: a rewind asks the database nothing about what is superseded', async () => {
    await using test = await pair();
    const { memory, transport, database } = test;
    const id = headId(key('k'));
    await memory.put(key('k'), 1);
    const before = await database.database.get<{ _rev: string }>(id);
    await memory.put(key('k'), 2);
    for (let repeat = 0; repeat < 5; repeat += 1) transport.inject(JSON.stringify({ seq: '1-old', id, changes: [{ rev: before?._rev }], doc: before }));
    await test.writer.put(key('other'), 0);
    expect((await memory.get(key('other'), { fresh: true }))?.value).toBe(0);
    expect(value(memory, key('k'))).toBe(2);
    expect(memory.stats()).toMatchObject({ verifications: 0, regressions: 0 });
  });

  it('M4 T34: an acknowledged write does not cover a later one whose row came first', async () => {
    await using test = await pair();
    const { memory, writer, transport } = test;
    const gate = transport.delayAnswer('/_bulk_docs');
    const write = memory.put(key('k'), 'mine');
    await gate.reached;
    await writer.put(key('k'), 'later');
    await until(() => memory.stats().appliedRows > 0);
    await memory.prove();
    gate.open();
    await write;
    await until(() => value(memory, key('k')) === 'later');
    expect((await memory.get(key('k')))?.value).toBe('later');
  });

  it('M4 T34: a write can be read on its own neuron at once, the feed standing still', async () => {
    await using test = await pair();
    const { memory, transport } = test;
    const gate = transport.freezeFeed();
    await memory.put(key('k'), 1);
    expect(value(memory, key('k'))).toBe(1);
    await memory.put(key('k'), 2);
    await memory.delete(key('k'));
    expect(value(memory, key('k'))).toBe(null);
    gate.open();
    await memory.prove();
    expect(value(memory, key('k'))).toBe(null);
    expect(memory.stats().verifications).toBe(0);
  });
});

describe('watches and own writes', () => {
  it('M4 T34: a delete that finds nothing there is believed at once, the feed standing still', async () => {
    await using both = await pair();
    await both.writer.put(key('k'), { n: 1 });
    await both.memory.get(key('k'), { fresh: true });
    both.transport.freezeFeed();
    await both.writer.delete(key('k'));
    expect(await both.memory.delete(key('k'))).toBeUndefined();
    expect(await both.memory.get(key('k'))).toBeUndefined();
  });

  it('M4 T34: a write whose row is faster than its answer is announced, once', async () => {
    await using test = await pair();
    const { memory, transport } = test;
    const seen: WatchEvent[] = [];
    const watching = (async () => {
      for await (const event of memory.watch({ type: 'path', address: key('') }, { initial: false })) {
        seen.push(event);
        if (event.type === 'put' && event.record.value === 'end') break;
      }
    })();
    await until(() => memory.stats().watchers === 1);
    const gate = transport.delayAnswer('/_bulk_docs');
    const write = memory.put(key('k'), 'fast row');
    await gate.reached;
    await until(() => memory.stats().appliedRows > 0);
    gate.open();
    await write;
    await memory.put(key('z'), 'end');
    await watching;
    expect(seen.map((event) => (event.type === 'put' ? event.record.value : event.type))).toEqual(['fast row', 'end']);
  });
});

describe('watches and what passed before them', () => {
  it('M2 T8: a watch without initial values tells nothing of rows that had passed unread, whether of a key or of a path', async () => {
    await using test = await pair();
    const { memory, writer } = test;
    await writer.put(key('k'), 'before');
    await memory.prove();
    for (const scope of [{ type: 'key', address: key('k') }, { type: 'path', address: key('') }] as const) {
      const events = memory.watch(scope, { initial: false })[Symbol.asyncIterator]();
      const first = take(events, 1);
      await until(() => value(memory, key('k')) !== undefined);
      await memory.prove();
      await writer.put(key('k'), `after ${scope.type}`);
      expect(await first).toMatchObject([{ type: 'put', record: { value: `after ${scope.type}` } }]);
      await events.return?.();
    }
  });
});

describe('what is known not to be there, and listings', () => {
  it('M5 T9: a key known not to be there appears when it is created elsewhere', async () => {
    await using test = await pair();
    const { memory, writer } = test;
    expect(await memory.get(key('k'))).toBe(undefined);
    expect(value(memory, key('k'))).toBe(null);
    await writer.put(key('k'), 1);
    await until(() => value(memory, key('k')) === 1);
  });

  it('M5 T10: a listing gains and loses keys that were never read one by one', async () => {
    await using test = await pair();
    const { memory, writer } = test;
    const path = { bucket: 'b', layer: '*data', path: '/a' };
    await writer.put(key('one'), 1);
    expect((await memory.keys(path)).items).toEqual(['one']);
    await writer.put(key('two'), 2);
    await writer.put({ ...key('three'), path: '/a/b' }, 3);
    await writer.delete(key('one'));
    expect((await memory.keys(path, { fresh: true })).items).toEqual(['two']);
    expect((await memory.tree(path)).items.map((record) => record.value)).toEqual([2, 3]);
    await writer.put({ ...key('four'), path: '/a/b/c' }, 4);
    expect((await memory.tree(path, { fresh: true })).items.map((record) => record.value)).toEqual([2, 3, 4]);
    expect(memory.stats().listingLoads).toBe(2);
  });

  it('M5 T11: deletions and re-creations elsewhere end at what the database holds', async () => {
    await using test = await pair();
    const { memory, writer } = test;
    for (let round = 0; round < 10; round += 1) {
      await writer.put(key('k'), round);
      if (round === 0) await memory.get(key('k'));
      await writer.delete(key('k'));
    }
    expect(await memory.get(key('k'), { fresh: true })).toBe(undefined);
    await writer.put(key('k'), 'again');
    expect((await memory.get(key('k'), { fresh: true }))?.value).toBe('again');
  });
});

describe('identity of the database', () => {
  it('M6 T14: a database deleted and made again forgets everything and tells watches once', async () => {
    await using test = await pair({ inspectIntervalMs: 50 });
    const { memory, writer, database } = test;
    await writer.put(key('k'), 'old life');
    const events = memory.watch({ type: 'key', address: key('k') })[Symbol.asyncIterator]();
    expect((await take(events, 2)).map((event) => event.type)).toEqual(['put', 'end-of-initial']);
    await writer.close();
    await database.database.remove();
    await database.database.create();
    const [reset, end] = await take(events, 2);
    expect(reset).toMatchObject({ type: 'reset', reason: 'database-recreated' });
    expect(end?.type).toBe('end-of-initial');
    expect(await memory.get(key('k'))).toBe(undefined);
    expect(memory.stats().resets).toBe(1);
    await events.return?.();
  });

  it('M6 T15: a database put back to an earlier state forgets everything and tells watches', async () => {
    await using test = await pair();
    const { memory, writer, database, transport } = test;
    await writer.put(key('k'), 1);
    const events = memory.watch({ type: 'key', address: key('k') })[Symbol.asyncIterator]();
    await take(events, 2);
    await until(() => memory.stats().feed.connections > 0);
    const barrier = await vi.waitFor(async () => {
      const found = await database.database.get('x!barrier!n2');
      expect(found).toBeDefined();
      return found as { _rev: string };
    });
    // As a restored backup has it: this neuron's barrier is not there yet.
    await database.database.put('x!barrier!n2', { _rev: barrier._rev, count: 0 });
    transport.cutFeed();
    const [reset] = await take(events, 1);
    expect(reset).toMatchObject({ type: 'reset', reason: 'database-restored' });
    await events.return?.();
  });

  it('M7 T12: a purged document leaves the cache', async () => {
    await using test = await pair({ inspectIntervalMs: 50 });
    const { memory, writer, database } = test;
    await writer.put(key('k'), 1);
    const record = await memory.get(key('k'));
    await database.database.json({ method: 'POST', path: '/_purge', body: { [headId(key('k'))]: [record?.revision] } });
    await until(() => value(memory, key('k')) !== 1);
    expect(await memory.get(key('k'))).toBe(undefined);
  });
});

describe('age, health and audit', () => {
  it('M8 T19 T20: with the feed half-open the age grows, health tells, and fresh reads are still true', async () => {
    await using test = await pair({ healthyAgeMs: 150 });
    const { memory, writer, transport } = test;
    await writer.put(key('k'), 1);
    await memory.get(key('k'));
    expect(memory.health().healthy).toBe(true);
    const gate = transport.freezeFeed();
    await writer.put(key('k'), 2);
    await until(() => !memory.health().healthy);
    expect(memory.ageMs()).toBeGreaterThan(150);
    expect(memory.ageOf(key('k'))).toBeGreaterThan(150);
    expect(memory.health().reasons.join()).toContain('proof of life');
    expect((await memory.get(key('k'), { maxAgeMs: 100 }))?.value).toBe(2);
    expect(memory.ageMs()).toBeLessThan(5_000);
    gate.open();
  });

  it('M9 audit: finds what a lying replica planted, counts it and sets it right', async () => {
    await using database = new TestDatabase(server.url);
    const writer = await database.open();
    await writer.put(key('k'), 1);
    const { body } = await database.database.json({ method: 'POST', path: '/_bulk_get', body: { docs: [{ id: headId(key('k')) }] } });
    await writer.put(key('k'), 2);
    const transport = new ScriptedTransport(server.url);
    const memory = await database.open({ client: new CouchClient({ url: server.url, transport }), auditPatienceMs: 0 });
    transport.answerWith('/_bulk_get', JSON.stringify(body));
    expect((await memory.get(key('k')))?.value).toBe(1);
    expect(await memory.audit()).toEqual({ compared: 1, diverged: 1 });
    expect((await memory.get(key('k')))?.value).toBe(2);
    expect(await memory.audit()).toEqual({ compared: 1, diverged: 0 });
    expect(memory.stats()).toMatchObject({ divergences: 1, auditedEntries: 2 });
  });

  it('M9 audit: a row on its way is no divergence', async () => {
    await using test = await pair();
    const { memory, writer, transport } = test;
    await writer.put(key('k'), 1);
    await memory.get(key('k'));
    const gate = transport.freezeFeed();
    await writer.put(key('k'), 2);
    expect(await memory.audit()).toEqual({ compared: 1, diverged: 0 });
    expect(value(memory, key('k'))).toBe(2);
    gate.open();
  });

  it('M9 audit: a feed that is read from a replica behind those that answer is waited for', async () => {
    await using test = await pair();
    const { memory, writer, transport } = test;
    await writer.put(key('k'), 1);
    await memory.get(key('k'));
    const gate = transport.freezeFeed();
    await writer.put(key('k'), 2);
    // As long as the replica has not got the row, it says that nothing waits: to the proofs before and after the look at the database.
    let answered = 0;
    const behind = async () => {
      answered += 1;
      return textResponse(200, '{"results":[\n\n],\n"last_seq":"0","pending":0}\n');
    };
    transport.next('limit=', behind, 2);
    expect(await memory.audit()).toEqual({ compared: 1, diverged: 0 });
    expect(answered).toBe(2);
    expect(value(memory, key('k'))).toBe(2);
    gate.open();
  });

  it('M9 T12 audit: a purged document that the feed has not heard of is no divergence, and leaves the cache', async () => {
    await using test = await pair();
    const { memory, writer, database } = test;
    const { version } = await writer.put(key('k'), 1);
    const record = await memory.get(key('k'));
    expect(record?.version).toBe(version);
    await database.database.json({ method: 'POST', path: '/_purge', body: { [headId(key('k'))]: [record?.revision] } });
    expect(await memory.audit()).toEqual({ compared: 1, diverged: 0 });
    expect(memory.stats()).toMatchObject({ divergences: 0 });
    expect(await memory.get(key('k'))).toBeUndefined();
  });

  it('M9 audit: a key that is written again and again is no divergence', async () => {
    await using test = await pair({ auditPatienceMs: 0 });
    const { memory, writer, transport } = test;
    await writer.put(key('k'), 1);
    await memory.get(key('k'));
    const gate = transport.freezeFeed();
    await writer.put(key('k'), 2);
    transport.next('/_bulk_get', (_, forward) => forward());
    let value = 2;
    transport.next('/_bulk_get', async (_, forward) => {
      await writer.put(key('k'), (value += 1));
      return forward();
    }, 3);
    expect(await memory.audit()).toEqual({ compared: 1, diverged: 0 });
    gate.open();
  });
});

describe('a database under pressure', () => {
  it('M8: that the database cannot be reached is told at once, before it makes the memory unhealthy', async () => {
    await using test = await pair();
    const { memory, transport } = test;
    expect(memory.health().degraded).toBe(undefined);
    transport.next('/', async () => textResponse(503, '{}'), 1_000);
    transport.cutFeed();
    await until(() => memory.health().degraded !== undefined);
    expect(memory.health()).toMatchObject({ healthy: true, degraded: expect.stringMatching(/cannot be reached|overloaded/) as string });
  });

  it('M18 T26: loads refused with 429 fail one by one, without a storm of tries, and the feed goes on', async () => {
    await using test = await pair();
    const { memory, writer, transport } = test;
    await writer.put(key('seen'), 1);
    await memory.get(key('seen'));
    let refused = 0;
    const refuse = async () => {
      refused += 1;
      return textResponse(429, '{"error":"too_many_requests"}');
    };
    transport.next('/_bulk_get', refuse, 1_000);
    const reads = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => memory.get(key(`k${index}`))));
    expect(reads.every((read) => read.status === 'rejected')).toBe(true);
    expect(refused).toBeLessThanOrEqual(10);
    await writer.put(key('seen'), 2);
    await until(() => value(memory, key('seen')) === 2);
    expect(memory.stats()).toMatchObject({ pendingLoads: 0, ageMs: expect.any(Number) as number });
  });

  it('M18 T42: a bulk import elsewhere keeps reads going, waits within bounds, and ends at what the database holds', async () => {
    await using test = await pair({ includeDocs: 'never' });
    const { memory, database } = test;
    const path = { bucket: 'b', layer: '*data', path: '/a' };
    await memory.put(key('k'), 'cached');
    await memory.keys(path);
    const total = 20_000;
    let most = 0;
    let done = false;
    const reading = (async () => {
      while (!done) {
        expect((await memory.get(key('k')))?.value).toBe('cached');
        most = Math.max(most, memory.stats().waitingRows);
        await new Promise(setImmediate);
      }
    })();
    for (let from = 0; from < total; from += 2_000) {
      const docs = Array.from({ length: 2_000 }, (_, index) => ({ _id: headId(key(`bulk-${from + index}`)), v: index, ver: `0190000000000000-x`, by: 'import' }));
      await database.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs } });
    }
    await memory.prove();
    done = true;
    await reading;
    expect(most).toBeLessThanOrEqual(12_000);
    let count = 0;
    for (let after: string | undefined; ; ) {
      const page = await memory.keys(path, { limit: 10_000, fresh: true, ...(after === undefined ? {} : { after }) });
      count += page.items.length;
      after = page.next;
      if (after === undefined) break;
    }
    expect(count).toBe(total + 1);
  }, 60_000);
});

describe('documents of strangers', () => {
  it('M10 T30 T37: poisonous documents are counted and leave their neighbours alone', async () => {
    await using test = await pair();
    const { memory, writer, database } = test;
    await writer.put(key('good'), 1);
    const path = { bucket: 'b', layer: '*data', path: '/a' };
    expect((await memory.keys(path)).items).toEqual(['good']);
    expect(await memory.get(key('bad'))).toBe(undefined);
    let deep: unknown = 0;
    for (let depth = 0; depth < 2_000; depth += 1) deep = [deep];
    const version = '0000000000010000-n';
    const docs = [
      { _id: headId(key('bad')), nonsense: true },
      { _id: headId(key('deep')), v: deep, ver: version, by: 'x' },
      { _id: headId(key('odd')), v: 1, ver: 7, by: null },
      { _id: headId(key('proto')), ver: version, by: 'x', v: JSON.parse('{"__proto__":{"polluted":true}}') as unknown },
      { _id: 'd!half', v: 1 },
      { _id: 'stranger' },
    ];
    await database.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs } });
    await writer.put(key('good'), 2);
    expect((await memory.get(key('good'), { fresh: true }))?.value).toBe(2);
    expect((await memory.keys(path)).items).toEqual(['good', 'proto']);
    expect(await memory.get(key('bad'))).toBe(undefined);
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
    expect(memory.stats().quarantined).toBeGreaterThanOrEqual(3);
  });
});
