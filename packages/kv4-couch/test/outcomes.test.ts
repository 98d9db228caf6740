import { CouchError, systemClock } from '@xir/couch-client';
import type { KeyAddress } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { DEFAULT_REVISIONS_LIMIT, openCouchStore, type CouchStore, type CouchStoreOptions } from '../src/index.ts';
import { answerOfFailure, answerOfRow, readError } from '../src/database-errors.ts';
import { AnswerLost, Crash, faultyClientOptions, Held, RequestLost, writesDocuments, type FaultyTransport } from './support/faulty-transport.ts';
import { HandClock } from './support/hand-clock.ts';
import { historyOf } from './support/history-check.ts';
import { testServers, type TestDatabase } from './support/servers.ts';

const key: KeyAddress = { bucket: 'cool', layer: '*data', path: '/a', key: 'k' };

interface FaultyStore extends AsyncDisposable {
  readonly store: CouchStore;
  readonly transport: FaultyTransport;
}

/** A store whose requests can be made to fail. */
async function openFaulty(database: TestDatabase, more: Partial<CouchStoreOptions> = {}): Promise<FaultyStore> {
  const options = faultyClientOptions(database.url);
  const store = await openCouchStore({ client: database.connect(options), database: database.name, neuron: 'one', ...more });
  return {
    store,
    transport: options.transport,
    async [Symbol.asyncDispose]() {
      await store.close();
      await options.transport.close();
    },
  };
}

for (const server of testServers) {
  describe(`writes on ${server.name} over a connection that fails`, () => {
    it('O1 a write whose answer is lost is found and acknowledged, and stored once', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      await faulty.store.put(key, 0);
      faulty.transport.fault = new AnswerLost(1);
      const result = await faulty.store.put(key, 1, { condition: { type: 'present' } });
      expect(result).toMatchObject({ durable: false });
      expect((await faulty.store.get(key))?.version).toBe(result.version);
      expect((await historyOf(faulty.store, key)).map((entry) => entry.value)).toEqual([1, 0]);
      expect(faulty.store.stats().commit.unknownOutcomes).toBe(1);
    });

    it('O1 a read that was called off before it began fails with the reason, and its own failure ends no process', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      const { heads } = faulty.store;
      const gone = new AbortController();
      gone.abort(new Error('the client has gone'));
      await expect(heads.readHead('d!cool!*data!a!!k', gone.signal)).rejects.toThrow('the client has gone');
      await expect(heads.guard(Promise.reject(new CouchError('COUCH_ABORTED', 'aborted')), gone.signal)).rejects.toThrow('the client has gone');
    });

    it('O1 a write that was lost on the way is written again, and stored once', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      faulty.transport.fault = new RequestLost(2);
      await faulty.store.put(key, 1, { condition: { type: 'absent' } });
      await faulty.store.delete(key);
      expect((await historyOf(faulty.store, key)).map((entry) => entry.value)).toEqual([null, 1]);
    });

    it('O19 documents that an outage leaves in doubt are read together', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      const keys = Array.from({ length: 60 }, (_, n) => ({ ...key, key: `k${n}` }));
      await Promise.all(keys.map((each) => faulty.store.put(each, 0)));
      // That of the batch with most of them.
      faulty.transport.fault = new AnswerLost(1, (request) => writesDocuments(request) && String(request.body).split('"_id"').length > 30);
      const before = faulty.transport.requests;
      const results = await Promise.all(keys.map((each) => faulty.store.put(each, 1, { condition: { type: 'present' } })));
      expect(results.filter(({ durable }) => durable === false).length).toBeGreaterThan(20);
      // Instead of one for each.
      expect(faulty.transport.requests - before).toBeLessThan(10);
    });

    it('O2 a compare-and-set whose answer is lost succeeds for its caller, and for nobody else', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      await using other = await openCouchStore({ client: database.client, database: database.name, neuron: 'two' });
      const { version } = await other.put(key, 0);
      faulty.transport.fault = new AnswerLost(1);
      const condition = { type: 'version', version } as const;
      const results = await Promise.allSettled([faulty.store.put(key, 'one', { condition }), other.put(key, 'two', { condition })]);
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await historyOf(other, key)).toHaveLength(2);
    });

    it('O3 an outcome that cannot be learned is KV4_OUTCOME_UNKNOWN, and the store works on afterwards', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database, { limits: { maxRetries: 1, backoffBaseMs: 1 } });
      await faulty.store.put(key, 0);
      faulty.transport.fault = new Crash(1, true);
      const lost = faulty.store.put(key, 1, { condition: { type: 'present' } });
      await expect(lost).rejects.toMatchObject({ code: 'KV4_OUTCOME_UNKNOWN' });
      await expect(faulty.store.get(key)).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
      await expect(faulty.store.put(key, 2)).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
      faulty.transport.fault = undefined;
      await faulty.store.put(key, 3);
      expect((await historyOf(faulty.store, key)).map((entry) => entry.value)).toEqual([3, 1, 0]);
    });

    it('O4 a slow batch keeps nobody else waiting', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      const held = new Held('"slow"');
      faulty.transport.fault = held;
      let slowIsDone = false;
      const slow = faulty.store.put(key, 'slow').then(() => (slowIsDone = true));
      await held.met;
      for (let n = 0; n < 20; n += 1) await faulty.store.put({ ...key, key: `k${n % 3}` }, n);
      expect(slowIsDone).toBe(false);
      held.release();
      await slow;
      expect((await faulty.store.get(key))?.value).toBe('slow');
    });

    it('O18 what arrives in many turns while a batch is on its way leaves as one behind it', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database, { clock: { ...systemClock, monotonic: () => 0 } });
      const held = new Held('"first"');
      faulty.transport.fault = held;
      const first = faulty.store.put(key, 'first');
      await held.met;
      const later: Promise<unknown>[] = [];
      for (let n = 0; n < 10; n += 1) {
        later.push(faulty.store.put({ ...key, key: `k${n}` }, n));
        await new Promise((resolve) => setImmediate(resolve));
      }
      held.release();
      await Promise.all([first, ...later]);
      expect(faulty.store.stats().commit).toMatchObject({ batches: 2, documents: 11, pendingOperations: 0 });
    });

    it('O5 an aborted write that waits is not carried out, and its caller gets the reason', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      const held = new Held('"first"');
      faulty.transport.fault = held;
      const first = faulty.store.put(key, 'first');
      await held.met;
      const caller = new AbortController();
      const second = faulty.store.put(key, 'second', { signal: caller.signal });
      const reason = new Error('left');
      caller.abort(reason);
      await expect(second).rejects.toBe(reason);
      held.release();
      await first;
      expect((await historyOf(faulty.store, key)).map((entry) => entry.value)).toEqual(['first']);
    });

    it('O6 upkeep that fails is counted and done later', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      await faulty.store.put(key, 1);
      await faulty.store.delete(key);
      faulty.transport.fault = new Crash(1, false);
      await faulty.store.idle();
      expect(faulty.store.stats().upkeep).toMatchObject({ failures: 1, waiting: 1, removals: 0 });
      faulty.transport.fault = undefined;
      await faulty.store.idle();
      expect(faulty.store.stats().upkeep).toMatchObject({ waiting: 0, removals: 1 });
    });

    it('O7 writes beyond the limit of the queue are refused with KV4_BUSY, and those before it are stored', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database, { limits: { maxPendingOperations: 10 } });
      const results = await Promise.allSettled(Array.from({ length: 15 }, (_, n) => faulty.store.put({ ...key, key: `k${n}` }, n)));
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).toHaveLength(5);
      for (const result of refused) expect(result.reason).toMatchObject({ code: 'KV4_BUSY' });
      expect((await faulty.store.keys(key)).items).toHaveLength(10);
    });

    it('O8 a document under the id of a head that is none is absent to readers and replaced by the next write', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      await database.client.database(database.name).json({ method: 'POST', path: '/_bulk_docs', body: { docs: [{ _id: 'd!cool!*data!a!!k', poison: true }] } });
      expect(await faulty.store.get(key)).toBeUndefined();
      expect((await faulty.store.keys(key)).items).toEqual([]);
      expect(faulty.store.stats().malformedSeen).toBe(1);
      await faulty.store.put(key, 1, { condition: { type: 'absent' } });
      expect((await faulty.store.get(key))?.value).toBe(1);
    });

    it('O13 a listing whose answer would be too large is read in smaller pieces, and is whole', async () => {
      await using database = await server.open();
      await using faulty = await openFaulty(database);
      const keys = Array.from({ length: 30 }, (_, n) => `k${10 + n}`);
      await Promise.all(keys.map((name) => faulty.store.put({ ...key, key: name }, name)));
      faulty.transport.fault = {
        name: 'small-answers',
        meet(request, carry) {
          const limit = Number(/[?&]limit=(\d+)/.exec(request.path)?.[1] ?? 0);
          return limit > 7 ? Promise.reject(new CouchError('COUCH_TOO_LARGE', 'the answer is larger than 7 rows')) : carry();
        },
      };
      expect((await faulty.store.keys(key)).items).toEqual(keys);
      expect((await faulty.store.treeAt({ ...key, path: '/' }, Date.now() + 1_000)).items.map((version) => version.value)).toEqual(keys);
    });

    it('O9 a cache that knows the head spares the read, and a wrong one costs a round trip only', async () => {
      await using database = await server.open();
      const heads = new Map<string, object>();
      const stale = { _id: 'd!cool!*data!a!!k', _rev: '1-000', v: 'stale', ver: '0000000000010000-x', by: 'x' };
      const committed: string[] = [];
      await using faulty = await openFaulty(database, {
        hooks: {
          baseHead: (id) => (heads.has(id) ? { head: heads.get(id) as never } : undefined),
          onCommitted: ({ id, head, rev }) => {
            committed.push(rev);
            heads.set(id, head);
          },
        },
      });
      heads.set(stale._id, stale);
      const { version } = await faulty.store.put(key, 1, { condition: { type: 'absent' } });
      let requests = 0;
      faulty.transport.fault = {
        name: 'counter',
        meet(_, carry) {
          requests += 1;
          return carry();
        },
      };
      await faulty.store.put(key, 2, { condition: { type: 'version', version } });
      expect(requests).toBe(1);
      expect(committed).toHaveLength(2);
      await expect(faulty.store.put(key, 3, { condition: { type: 'version', version } })).rejects.toMatchObject({ code: 'KV4_VERSION_CONFLICT' });
    });
  });
}

for (const server of testServers) {
  it(`O15 the first write of a key on ${server.name} is one request; one over a deleted key looks once more; what exists is refused after reading`, async () => {
    await using database = await server.open();
    await using faulty = await openFaulty(database);
    const paths: string[] = [];
    faulty.transport.fault = {
      name: 'listener',
      meet(request, carry) {
        paths.push(/_bulk_docs|_bulk_get|_all_docs/.exec(request.path)?.[0] ?? request.path);
        return carry();
      },
    };
    const requestsOf = async (work: Promise<unknown>): Promise<string[]> => {
      paths.length = 0;
      await work;
      return [...paths];
    };
    const absent = { condition: { type: 'absent' } } as const;
    expect(await requestsOf(faulty.store.put(key, 1))).toEqual(['_bulk_docs']);
    expect(await requestsOf(faulty.store.put({ ...key, key: 'other' }, 1, absent))).toEqual(['_bulk_docs']);
    const again = faulty.store.put(key, 2, absent);
    expect(await requestsOf(Promise.allSettled([again]))).toEqual(['_bulk_docs', '_bulk_get']);
    await expect(again).rejects.toMatchObject({ code: 'KV4_ALREADY_EXISTS' });
    await faulty.store.delete(key);
    await faulty.store.idle();
    expect(await requestsOf(faulty.store.put(key, 3, absent))).toEqual(['_bulk_docs', '_all_docs']);
    expect((await historyOf(faulty.store, key)).map((entry) => entry.value)).toEqual([3, null, 1]);
    expect(faulty.store.stats().commit).toMatchObject({ presumptions: 4, raises: 0 });
  });

  it(`O16 writes of one turn on ${server.name} leave as one request, and one that is aborted in it does not leave`, async () => {
    await using database = await server.open();
    await using faulty = await openFaulty(database);
    const caller = new AbortController();
    const writes = Array.from({ length: 20 }, (_, n) => faulty.store.put({ ...key, key: `k${n}` }, n));
    const aborted = faulty.store.put({ ...key, key: 'aborted' }, 1, { signal: caller.signal });
    caller.abort(new Error('left'));
    await expect(aborted).rejects.toThrow('left');
    await Promise.all(writes);
    expect(faulty.store.stats().commit).toMatchObject({ batches: 1, documents: 20, pendingOperations: 0, openDocuments: 0 });
    expect((await faulty.store.keys(key)).items).toHaveLength(20);
  });

  it(`O15 a creation on ${server.name} over a deleted key, whose answer is lost, is found and put above the history`, async () => {
    await using database = await server.open();
    const clock = new HandClock();
    clock.advance(-86_400_000);
    await using one = await openCouchStore({ client: database.client, database: database.name, neuron: 'one' });
    await using faulty = await openFaulty(database, { neuron: 'two', clock });
    await one.put(key, 1);
    const deleted = await one.delete(key);
    await one.idle();
    faulty.transport.fault = new AnswerLost(1);
    const { version } = await faulty.store.put(key, 2);
    expect(version > (deleted?.version ?? '~')).toBe(true);
    expect((await historyOf(one, key)).map((entry) => entry.value)).toEqual([2, null, 1]);
    expect(faulty.store.stats().commit).toMatchObject({ raises: 1, unknownOutcomes: 1 });
  });
}

describe('a cache that fails', () => {
  it('O9 is counted, and holds up no write', async () => {
    const [server] = testServers;
    if (server === undefined) throw new Error('there is always the embedded server');
    await using database = await server.open();
    const fail = (): never => {
      throw new Error('a defect of the cache');
    };
    await using faulty = await openFaulty(database, { hooks: { baseHead: fail, onCommitted: fail } });
    await faulty.store.put(key, 1);
    await faulty.store.put(key, 2);
    expect((await faulty.store.get(key))?.value).toBe(2);
    expect(faulty.store.stats().backgroundErrors).toBe(4);
  });
});

describe('a database that answers below its quorum', () => {
  it('O12 T33 is passed on: the write is acknowledged as not durable', async () => {
    const [server] = testServers;
    if (server === undefined) throw new Error('there is always the embedded server');
    await using database = await server.open();
    await using faulty = await openFaulty(database);
    faulty.transport.fault = {
      name: 'below-quorum',
      async meet(request, carry) {
        const response = await carry();
        return request.path.includes('/_bulk_docs') ? { ...response, status: 202, body: response.body, headers: response.headers, text: (limit) => response.text(limit), discard: () => response.discard() } : response;
      },
    };
    expect((await faulty.store.put(key, 1)).durable).toBe(false);
    faulty.transport.fault = undefined;
    expect((await faulty.store.put(key, 2)).durable).toBe(true);
  });
});

describe('errors of the database', () => {
  const error = (code: CouchError['code'], details: ConstructorParameters<typeof CouchError>[2] = {}): CouchError => new CouchError(code, 'it failed', details);

  it('O10 mean for a batch what they say for certain, and unknown where they do not', () => {
    const rows: [CouchError | Error, documents: number, answer: object][] = [
      [error('COUCH_TIMEOUT', { outcomeUnknown: true }), 2, { type: 'unknown' }],
      [error('COUCH_SERVER', { outcomeUnknown: true }), 2, { type: 'unknown' }],
      [error('COUCH_UNREACHABLE'), 2, { type: 'unavailable' }],
      [error('COUCH_BUSY', { retryAfterMs: 700 }), 2, { type: 'unavailable', retryAfterMs: 700 }],
      [error('COUCH_BUSY'), 2, { type: 'unavailable', retryAfterMs: 0 }],
      [error('COUCH_TOO_LARGE'), 2, { type: 'alone' }],
      [error('COUCH_TOO_LARGE'), 1, { type: 'rejected', code: 'KV4_VALUE_TOO_LARGE' }],
      [error('COUCH_BAD_REQUEST'), 2, { type: 'alone' }],
      [error('COUCH_BAD_REQUEST'), 1, { type: 'rejected', code: 'KV4_REJECTED' }],
      [error('COUCH_FORBIDDEN'), 2, { type: 'rejected', code: 'KV4_REJECTED' }],
      [error('COUCH_UNAUTHORIZED'), 1, { type: 'unavailable' }],
      [error('COUCH_CLOSED'), 1, { type: 'rejected', code: 'KV4_CLOSED' }],
      [new TypeError('a defect'), 1, { type: 'unknown' }],
    ];
    for (const [cause, documents, answer] of rows) expect(answerOfFailure(cause, documents)).toMatchObject(answer);
  });

  it('O10 mean for a document what its row says', () => {
    expect(answerOfRow({ ok: true, id: 'a', rev: '1-a' })).toEqual({ type: 'stored', rev: '1-a' });
    expect(answerOfRow({ id: 'a', error: 'conflict' })).toEqual({ type: 'conflict' });
    expect(answerOfRow({ id: 'a', error: 'forbidden', reason: 'no' })).toMatchObject({ type: 'rejected', code: 'KV4_REJECTED' });
    expect(answerOfRow({ id: 'a', error: 'document_too_large' })).toMatchObject({ type: 'rejected', code: 'KV4_VALUE_TOO_LARGE' });
    for (const row of [{ id: 'a', error: 'timeout' }, { id: 'a', error: 'constructor' }, { id: 'a' }, null, 'x']) expect(answerOfRow(row)).toMatchObject({ type: 'unknown' });
  });

  it('O10 become the codes of the store for readers', () => {
    const codes: [CouchError['code'], string][] = [
      ['COUCH_UNREACHABLE', 'KV4_UNAVAILABLE'],
      ['COUCH_NOT_FOUND', 'KV4_UNAVAILABLE'],
      ['COUCH_UNAUTHORIZED', 'KV4_UNAVAILABLE'],
      ['COUCH_BUSY', 'KV4_UNAVAILABLE'],
      ['COUCH_FORBIDDEN', 'KV4_REJECTED'],
      ['COUCH_CLOSED', 'KV4_CLOSED'],
    ];
    for (const [code, expected] of codes) expect(readError(error(code))).toMatchObject({ code: expected });
    const defect = new TypeError('a defect');
    expect(readError(defect)).toBe(defect);
  });

  it('O11 opening a store where nothing listens is refused with KV4_UNAVAILABLE', async () => {
    const options = faultyClientOptions('http://127.0.0.1:9', new Crash(0, false));
    const { CouchClient } = await import('@xir/couch-client');
    await using client = new CouchClient({ url: 'http://127.0.0.1:9', transport: options.transport });
    await expect(openCouchStore({ client, database: 'x', neuron: 'one' })).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await options.transport.close();
  });
});

for (const server of testServers) {
  it(`O14 a database made by the store on ${server.name} keeps 200 revision names, and one that is there is left as it is`, async () => {
    await using database = await server.open();
    const client = database.connect();
    const limitOf = async (name: string): Promise<unknown> => (await client.database(name).json({ path: '/_revs_limit' })).body;
    const before = await limitOf(database.name);
    await using opened = await openCouchStore({ client, database: database.name, neuron: 'one' });
    await opened.get(key);
    expect(await limitOf(database.name)).toBe(before);
    const made = `${database.name}-made`;
    try {
      await using store = await openCouchStore({ client, database: made, neuron: 'one' });
      await store.put(key, 1);
      expect(await limitOf(made)).toBe(DEFAULT_REVISIONS_LIMIT);
    } finally {
      await client.database(made).remove();
    }
  });
}
