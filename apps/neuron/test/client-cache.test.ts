import type { Kv4Record } from '@xir/kv4-core';
import { connect, type StemClient } from '@xir/stem-sdk';
import { WebSocket } from 'undici';
import { expect, it } from 'vitest';

import { eventually, startNeuronProcess, temporaryDirectory, TEST_SECRET, type RunningNeuron } from './neuron-process.ts';
import { seededRandom, testSeed, writeAtRandom } from './random-writers.ts';

const FILE = 'test/client-cache.test.ts';
const KEYS = 6;
const WRITES = 150;

/** A client with a cache for each way to a neuron. */
function cachedClients({ rest, webSocket, tcp }: RunningNeuron['ready']): StemClient[] {
  const options = { credentials: { account: '$sys', secret: TEST_SECRET }, webSocket: (url: string) => new WebSocket(url), cache: {} };
  return [connect(rest, options), connect(webSocket, options), connect(tcp.replace(/^.*:\/\//, 'redis://'), options)];
}

/** Reads keys at random until it is told to stop: no version may be followed by an older one. */
async function readAtRandom(client: StemClient, random: () => number, isOver: () => boolean): Promise<void> {
  const seen = new Map<number, string>();
  while (!isOver()) {
    // A cached read takes no turn of the event loop, in which changes could be told.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const key = Math.floor(random() * KEYS);
    const record = await client.get(client.key(`/chaos/p${key % 3}`, `k${key}`));
    if (record === undefined) continue;
    expect(record.version >= (seen.get(key) ?? ''), `${client.url}: k${key} went back to ${record.version}`).toBe(true);
    seen.set(key, record.version);
  }
}

it('caches of clients end as the neurons do, and never go back, while keys come and go at two neurons, whatever carries the requests', { timeout: 60_000 }, async () => {
  await using directory = await temporaryDirectory();
  await using first = await startNeuronProcess(['--data-dir', directory.path, '--name', 'first', '--serve-database', '127.0.0.1:0']);
  await using second = await startNeuronProcess(['--couchdb-url', first.ready.database ?? '', '--name', 'second']);
  const seed = testSeed(FILE);
  const clients = cachedClients(second.ready);
  const markers = [first, second].map(({ client, ready }) => client.key('/markers', ready.neuron));
  for (const client of clients) {
    for (const marker of markers) await client.get(marker);
    await eventually(async () => expect(client.cacheStatistics?.standingScopes).toBe(1));
    for (const marker of markers) await client.get(marker);
  }
  let isOver = false;
  const readers = clients.map((client, n) => readAtRandom(client, seededRandom(seed + 10 + n), () => isOver));
  const writers = [first, second].map(({ client }, n) => writeAtRandom(() => client, { random: seededRandom(seed + n), writes: WRITES, keys: KEYS }));
  await Promise.all(writers).finally(() => (isOver = true));
  await Promise.all(readers);
  for (const [n, { client }] of [first, second].entries()) await client.put(markers[n] as (typeof markers)[0], 'over');
  const hits = clients.map((client) => client.cacheStatistics?.hits ?? 0);
  for (const client of clients) {
    // What was written before is told before.
    for (const marker of markers) await eventually(async () => expect((await client.get(marker))?.value).toBe('over'));
    for (let key = 0; key < KEYS; key += 1) {
      const address = client.key(`/chaos/p${key % 3}`, `k${key}`);
      const shown = ({ version, valueText }: Kv4Record) => ({ version, valueText });
      const [cached, current] = [await client.get(address), await second.client.get(address, { fresh: true })];
      expect(cached && shown(cached), `${client.url}: k${key}`).toEqual(current && shown(current));
    }
    expect(client.cacheStatistics?.flushes).toBe(0);
    await client.close();
  }
  // Most reads were answered from the caches: it is about them.
  expect(Math.min(...hits)).toBeGreaterThan(WRITES);
});
