import { CouchClient } from '@xir/couch-client';
import type { Kv4Version } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { expectNoSecret, NeuronProcess, startNeuronProcess, temporaryDirectory, type RunningNeuron } from './neuron-process.ts';
import { readDatabase } from './database-contents.ts';
import { startDatabaseProcess } from './database-process.ts';

const TIMEOUT_MS = 120_000;
/** Where XIR_TEST_COUCHDB_URL is set, tests run on that server too. */
const couchdbUrls = [process.env['XIR_TEST_COUCHDB_URL']].filter((url) => url !== undefined);

interface Report {
  readonly documents: number;
  readonly missing: number;
  readonly copied: number;
  readonly target: string;
}

async function exportTo(to: string, ...parameters: string[]): Promise<Report> {
  const ended = await new NeuronProcess(['export-database', ...parameters], { XIR_EXPORT_TO: to }).ended;
  expect(ended.code, ended.stderr).toBe(0);
  const { password } = new URL(to);
  if (password !== '') expectNoSecret(ended.stdout + ended.stderr, `:${password}@`);
  return JSON.parse(ended.stdout) as Report;
}

async function series({ client }: RunningNeuron, key: string): Promise<Kv4Version[]> {
  const versions: Kv4Version[] = [];
  for await (const version of client.series(client.key('/a', key))) versions.push(version);
  return versions;
}

/** Writes enough that histories are in segments too, with a deleted key among them. */
async function fill({ client }: RunningNeuron): Promise<void> {
  for (let n = 0; n < 70; n += 1) await client.put(client.key('/a', 'long'), { n });
  for (let n = 0; n < 40; n += 1) await client.put(client.key('/b', `k${n}`), { n });
  await client.put(client.key('/a', 'gone'), { n: 1 });
  await client.delete(client.key('/a', 'gone'));
}

async function expectMoved(to: string, database: string): Promise<void> {
  await using directory = await temporaryDirectory();
  const here = ['--data-dir', directory.path, '--database', database];
  let long: Kv4Version[];
  let gone: Kv4Version[];
  let version: string;
  {
    await using neuron = await startNeuronProcess(here);
    await fill(neuron);
    long = await series(neuron, 'long');
    gone = await series(neuron, 'gone');
    version = (await neuron.client.put(neuron.client.key('/a', 'locked'), { n: 1 })).version;
    expect((await neuron.process.end('SIGTERM')).code).toBe(0);
  }
  const first = await exportTo(to, ...here);
  expect(first.missing).toBe(0);
  expect(first.copied).toBeGreaterThan(42);
  // Repeated, it finds everything there.
  expect(await exportTo(to, ...here)).toMatchObject({ copied: 0, missing: 0, documents: first.documents });
  await using moved = await startNeuronProcess(['--couchdb-url', to, '--database', database]);
  expect(await series(moved, 'long')).toEqual(long);
  expect(await series(moved, 'gone')).toEqual(gone);
  expect((await moved.client.keys(moved.client.path('/b'))).items).toHaveLength(40);
  await moved.client.put(moved.client.key('/a', 'locked'), { n: 2 }, { condition: { type: 'version', version } });
}

describe('neuron export-database', { timeout: TIMEOUT_MS }, () => {
  it('moves everything to another server of CouchDB’s protocol: histories, deletions, and versions for compare-and-set', async () => {
    await using directory = await temporaryDirectory();
    await using database = await startDatabaseProcess(directory.path);
    await expectMoved(database.url, 'moved');
  });

  it.each(couchdbUrls)('moves everything to the CouchDB of XIR_TEST_COUCHDB_URL', async (url) => {
    const database = `neuron-export-${process.pid}-${Date.now().toString(36)}`;
    await using couch = new CouchClient({ url });
    await using _removed = { [Symbol.asyncDispose]: async () => void (await couch.database(database).remove()) };
    await expectMoved(url, database);
  });

  it('copies from a neuron that runs, and the new database has an epoch of its own', async () => {
    await using directory = await temporaryDirectory();
    await using target = await temporaryDirectory();
    await using database = await startDatabaseProcess(target.path);
    await using neuron = await startNeuronProcess(['--data-dir', directory.path, '--serve-database', '127.0.0.1:0']);
    await neuron.client.put(neuron.client.key('/a', 'k'), { n: 1 });
    const report = await exportTo(database.url, '--from', neuron.ready.database ?? '');
    expect(report).toMatchObject({ missing: 0, target: `${database.url}/xir` });
    // The neuron may have written measurements of its own by now.
    expect(report.documents).toBeGreaterThanOrEqual(1);
    await using client = new CouchClient({ url: database.url });
    expect(await client.database('xir').get('x!epoch')).toBeUndefined();
    expect((await readDatabase(database.url, 'xir')).get('/a k')?.value).toEqual({ n: 1 });
  });

  it.each<[string, string[], string]>([
    ['no target', ['--data-dir', '/nowhere/xir'], 'NEURON_BAD_OPTION'],
    ['a data directory that is not there', ['--data-dir', '/nowhere/xir', '--to', 'http://127.0.0.1:9'], 'NEURON_DATA_DIRECTORY'],
    ['a target that cannot be reached', ['--from', 'http://127.0.0.1:9', '--to', 'http://admin:hunter2@127.0.0.1:9'], 'NEURON_EXPORT_FAILED'],
  ])('refuses %s', async (_, parameters, code) => {
    const ended = await new NeuronProcess(['export-database', ...parameters]).ended;
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(code);
    expectNoSecret(ended.stderr, 'hunter2');
  });
});
