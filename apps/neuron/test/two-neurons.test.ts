import { CouchClient } from '@xir/couch-client';
import type { WatchEvent } from '@xir/kv4-core';
import type { StemClient } from '@xir/stem-sdk';
import { describe, expect, it } from 'vitest';
import { readDatabase, type Contents } from './database-contents.ts';
import { startDatabaseProcess } from './database-process.ts';
import { eventually, getJson, startNeuronProcess, temporaryDirectory, type RunningNeuron } from './neuron-process.ts';
import { seededRandom, testSeed, writeAtRandom, type Acknowledged } from './random-writers.ts';

const TIMEOUT_MS = 120_000;
const FILE = 'test/two-neurons.test.ts';
/** Where XIR_TEST_COUCHDB_URL is set, tests run on that server too. */
const couchdbUrls = [process.env['XIR_TEST_COUCHDB_URL']].filter((url) => url !== undefined);

/** Everything of the layer `*data` as a neuron serves it when asked for what is current. */
async function readNeuron(client: StemClient): Promise<Contents> {
  const contents = new Map<string, { version: string; value: unknown }>();
  let after: string | undefined;
  do {
    const page = await client.tree(client.path('/'), { fresh: true, limit: 500, ...(after === undefined ? {} : { after }) });
    for (const { address, version, value } of page.items) contents.set(`${address.path} ${address.key}`, { version, value });
    after = page.next;
  } while (after !== undefined);
  return contents;
}

/** Every acknowledged version is in its key's series. */
async function expectNothingLost(client: StemClient, acknowledged: readonly Acknowledged[]): Promise<void> {
  const wanted = new Map<string, { address: Acknowledged['address']; versions: Set<string> }>();
  for (const { address, version } of acknowledged) {
    const id = `${address.path} ${address.key}`;
    const entry = wanted.get(id) ?? { address, versions: new Set() };
    entry.versions.add(version);
    wanted.set(id, entry);
  }
  for (const [id, { address, versions }] of wanted) {
    for await (const { version } of client.series(address)) versions.delete(version);
    expect([...versions], `acknowledged versions of ${id} that are in no series`).toEqual([]);
  }
}

async function expectEqualToDatabase(neurons: readonly RunningNeuron[], databaseUrl: string, database: string): Promise<void> {
  const truth = await readDatabase(databaseUrl, database);
  for (const { client, ready } of neurons) expect(await readNeuron(client), `what ${ready.neuron} serves`).toEqual(truth);
}

/** The values a watch of `/seen` yields, until it was told `count` of them. */
async function collect(events: AsyncIterable<WatchEvent>, count: number): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const event of events) {
    if (event.type === 'put') values.push(event.record.value);
    if (values.length === count) break;
  }
  return values;
}

async function expectEachOthersWritesSeen(left: RunningNeuron, right: RunningNeuron): Promise<void> {
  for (const [from, to] of [[left, right], [right, left]] as const) {
    const path = `/seen/${from.ready.neuron}`;
    const watched = to.client.watch({ type: 'path', address: to.client.path(path) });
    const seen = collect(watched, 50);
    // What the other has cached (that there is nothing) must give way to what is written.
    expect(await to.client.get(to.client.key(path, 'k0'))).toBeUndefined();
    const values = Array.from({ length: 50 }, (_, n) => ({ n, from: from.ready.neuron }));
    for (const value of values) await from.client.put(from.client.key(path, `k${value.n}`), value);
    expect(await seen).toEqual(values);
    await eventually(async () => expect((await to.client.get(to.client.key(path, 'k49')))?.value).toEqual(values[49]));
    expect((await to.client.keys(to.client.path(path), { fresh: true })).items).toHaveLength(50);
  }
}

describe('two neurons on one database', { timeout: TIMEOUT_MS }, () => {
  it('see every write of each other: one embeds the database and serves it, the other joins', async () => {
    await using directory = await temporaryDirectory();
    await using first = await startNeuronProcess(['--data-dir', directory.path, '--name', 'first', '--serve-database', '127.0.0.1:0']);
    const { database = '' } = first.ready;
    expect(database).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await using second = await startNeuronProcess(['--couchdb-url', database, '--name', 'second']);
    await expectEachOthersWritesSeen(first, second);
    const seed = testSeed(FILE);
    await Promise.all([first, second].map(({ client }, index) => writeAtRandom(() => client, { random: seededRandom(seed + index), writes: 100, keys: 12 })));
    await expectEqualToDatabase([first, second], database, 'xir');
  });

  it.each(couchdbUrls)('see every write of each other on the CouchDB of XIR_TEST_COUCHDB_URL, and kill −9 of one loses nothing', async (url) => {
    const database = `neuron-test-${process.pid}-${Date.now().toString(36)}`;
    await using couch = new CouchClient({ url });
    await using _removed = { [Symbol.asyncDispose]: async () => void (await couch.database(database).remove()) };
    const join = (name: string) => startNeuronProcess(['--couchdb-url', url, '--database', database, '--name', name]);
    await using first = await join('first');
    await using second = await join('second');
    expect(first.ready.database).not.toContain('@');
    await expectEachOthersWritesSeen(first, second);
    const seed = testSeed(FILE);
    const clients = [first.client, second.client] as [StemClient, StemClient];
    let attempts = 0;
    const onAttempt = () => {
      attempts += 1;
      if (attempts !== 60) return;
      second.process.child.kill('SIGKILL');
      clients[1] = first.client;
    };
    const writers = ([0, 1] as const).map((index) =>
      writeAtRandom(() => clients[index], { random: seededRandom(seed + index), writes: 80, keys: 9, onAttempt }),
    );
    const acknowledged = await Promise.all(writers);
    expect((await second.process.ended).signal).toBe('SIGKILL');
    await using again = await join('second');
    await expectNothingLost(again.client, acknowledged.flat());
    await expectEqualToDatabase([first, again], url, database);
  });
});

describe('kill −9', { timeout: TIMEOUT_MS }, () => {
  it('of a neuron, of the database, and of both together loses nothing that was acknowledged', async () => {
    await using directory = await temporaryDirectory();
    let database = await startDatabaseProcess(directory.path);
    const { url } = database;
    const port = Number(new URL(url).port);
    const join = (name: string) => startNeuronProcess(['--couchdb-url', url, '--name', name, '--heartbeat-ms', '500']);
    const neurons = [await join('first'), await join('second')] as [RunningNeuron, RunningNeuron];
    try {
      const seed = testSeed(FILE);
      const random = seededRandom(seed);
      const replace = async (index: 0 | 1) => {
        const { ready, process: running } = neurons[index];
        await running.end('SIGKILL');
        neurons[index] = await join(ready.neuron);
      };
      const restart = async () => {
        await database.kill();
        database = await startDatabaseProcess(directory.path, port);
      };
      const both = async () => {
        await Promise.all([database.kill(), neurons[1].process.end('SIGKILL')]);
        await restart();
        neurons[1] = await join('second');
      };
      const faults = [() => replace(1), restart, () => replace(0), both];
      const acknowledged: Acknowledged[] = [];
      for (const [round, fault] of faults.entries()) {
        let attempts = 5 + Math.floor(random() * 60);
        let strike: () => void = () => {};
        const moment = new Promise<void>((resolve) => (strike = resolve));
        const onAttempt = () => {
          attempts -= 1;
          if (attempts === 0) strike();
        };
        const writers = ([0, 1] as const).map((index) =>
          writeAtRandom(() => neurons[index].client, { random: seededRandom(seed + 2 * round + index), writes: 60, keys: 10, onAttempt }),
        );
        await moment;
        await fault();
        acknowledged.push(...(await Promise.all(writers)).flat());
        await eventually(() => expectEqualToDatabase(neurons, url, 'xir'), 30_000);
      }
      expect(acknowledged.length).toBeGreaterThan(50);
      await expectNothingLost(neurons[0].client, acknowledged);
    } finally {
      await Promise.all([...neurons.map((neuron) => neuron[Symbol.asyncDispose]()), database.kill()]);
    }
  });
});

describe('while the database is away', { timeout: TIMEOUT_MS }, () => {
  it('reads go on with their age, /health turns red with cause and next command, and is green again afterwards', async () => {
    await using directory = await temporaryDirectory();
    const database = await startDatabaseProcess(directory.path);
    const port = Number(new URL(database.url).port);
    await using _stopped = { [Symbol.asyncDispose]: () => database.kill() };
    await using neuron = await startNeuronProcess(['--couchdb-url', database.url, '--heartbeat-ms', '500']);
    const { client, ready } = neuron;
    const address = client.key('/a', 'k');
    await client.put(address, { n: 1 });
    expect((await client.get(address))?.value).toEqual({ n: 1 });
    await eventually(async () => expect(await getJson(`${ready.operations}/health`)).toMatchObject({ status: 200, body: { status: 'green' } }));
    await database.kill();
    const red = await eventually(async () => {
      const health = await getJson(`${ready.operations}/health`);
      expect(health.status).toBe(503);
      return health.body;
    });
    expect(red).toMatchObject({ status: 'red', nextCommand: `curl -sS ${database.url}/_up` });
    expect(Number(red['ageMs'])).toBeGreaterThanOrEqual(1500);
    expect((await client.get(address))?.value).toEqual({ n: 1 });
    expect(await ageOfAnswer(neuron)).toBeGreaterThanOrEqual(1500);
    await expect(client.get(address, { maxAgeMs: 100 })).rejects.toMatchObject({ code: expect.stringMatching(/^KV4_(FRESHNESS_UNPROVED|UNAVAILABLE)$/) });
    await expect(client.put(address, { n: 2 })).rejects.toMatchObject({ code: expect.stringMatching(/^KV4_(UNAVAILABLE|OUTCOME_UNKNOWN)$/) });
    expect((await getJson(`${ready.operations}/ready`)).status).toBe(200);
    await using _again = await startDatabaseProcess(directory.path, port);
    await eventually(async () => expect((await getJson(`${ready.operations}/health`)).body).toMatchObject({ status: 'green' }), 30_000);
    await client.put(address, { n: 3 });
    expect((await client.get(address, { fresh: true }))?.value).toEqual({ n: 3 });
  });
});

async function ageOfAnswer({ ready }: RunningNeuron): Promise<number> {
  const { TEST_SECRET } = await import('./neuron-process.ts');
  const authorization = `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}`;
  const response = await fetch(`${ready.rest}/_data/a?k=k`, { headers: { authorization } });
  expect(await response.json()).toMatchObject({ s: 'ok', v: { n: 1 } });
  return Number(response.headers.get('x-kv4-age-ms'));
}
