import { headId, type KeyAddress, type WatchEvent } from '@xir/kv4-core';
import { HOSTILE_IDS, RAW_HOSTILE_DOCUMENTS, STORABLE_HOSTILE_DOCUMENTS, type HostileDocument } from '@xir/kv4-testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../src/index.ts';
import { scriptedPair } from './support/scripted-pair.ts';
import { textResponse } from './support/scripted-transport.ts';
import { serversToTest, TestDatabase, type TestServer } from './support/servers.ts';

const path = { bucket: 'b', layer: '*data', path: '/a' };
const key = (name: string): KeyAddress => ({ ...path, key: name });

/** Puts a document where nothing or another stands, as text. */
async function place({ client, name, url }: TestDatabase, id: string, fields: string): Promise<number> {
  const current = await client.database(name).json({ method: 'POST', path: '/_all_docs', body: { keys: [id] } });
  const [row] = (current.body as { rows: readonly { value?: { rev?: string; deleted?: boolean } }[] }).rows;
  const rev = row?.value?.deleted === true ? undefined : row?.value?.rev;
  const { username, password, origin } = new URL(url);
  const response = await fetch(`${origin}/${name}/_bulk_docs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }) },
    body: `{"docs":[{"_id":${JSON.stringify(id)}${rev === undefined ? '' : `,"_rev":"${rev}"`},${fields}}]}`,
  });
  const text = await response.text();
  return response.status === 201 && !text.includes('"error"') ? 201 : response.status === 201 ? 400 : response.status;
}

/** Every way of reading, none of which may throw anything without a code or show a neighbour wrong. */
async function readEverything(memory: Memory, name: string): Promise<unknown> {
  const outcome = async (read: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await read();
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(KV4|COUCH)_/) as string });
      return 'refused';
    }
  };
  await outcome(async () => {
    for await (const version of memory.series(key(name))) expect(version.version).toMatch(/^[0-9a-f]{16}-/);
  });
  await outcome(() => memory.at(key(name), Date.now()));
  for (const timeMs of [0, Date.now(), 253_402_300_799_999, 0xffff_ffff_ffff]) {
    const past = await memory.treeAt(path, timeMs, { limit: 1_000 });
    if (timeMs >= Date.now()) expect(past.items.filter(({ address }) => address.key.startsWith('good')).map(({ value }) => value)).toEqual([1, 2]);
  }
  expect((await memory.paths({ ...path, path: '/' })).items).toContain('/a');
  const { items } = await memory.list(path, { limit: 1_000 });
  const tree = await memory.tree(path, { limit: 1_000 });
  expect(tree.items.map((record) => record.address.key)).toEqual(items.map((record) => record.address.key));
  expect(items.filter((record) => record.address.key.startsWith('good')).map((record) => [record.address.key, record.value])).toEqual([['good', 1], ['good~', 2]]);
  return outcome(async () => (await memory.get(key(name), { fresh: true }))?.value ?? 'nothing');
}

const isThere = (memory: Memory, name: string) => memory.peek(key(name)) !== undefined && memory.peek(key(name)) !== null;

describe.each(serversToTest())('hostile documents on $name', ({ start }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  it('M23 T37: every hostile document, cached and not, leaves its neighbours right, is counted and can be written over or is refused with a code', async () => {
    await using database = new TestDatabase(server.url);
    const writer = await database.open();
    const memory = await database.open();
    await writer.put(key('good'), 1);
    await writer.put(key('good~'), 2);
    await memory.keys(path);
    const events: WatchEvent[] = [];
    const end = new AbortController();
    const watching = (async () => {
      for await (const event of memory.watch({ type: 'path', address: path }, { signal: end.signal })) events.push(event);
    })().catch(() => undefined);
    const stored: HostileDocument[] = [];
    for (const [index, document] of STORABLE_HOSTILE_DOCUMENTS.entries()) {
      if (index % 2 === 0) await memory.put(key(`h${index}`), 'before');
      const status = await place(database, headId(key(`h${index}`)), document.fields);
      expect([document.name, status < 500]).toEqual([document.name, true]);
      if (status === 201) stored.push(document);
    }
    for (const [index, id] of HOSTILE_IDS.entries()) expect([id, (await place(database, id, `"v":${index},"ver":"0000000000010000-n","by":"x"`)) < 500]).toEqual([id, true]);
    expect(stored.length).toBeGreaterThan(STORABLE_HOSTILE_DOCUMENTS.length - 8);
    await memory.prove();
    for (const [index, document] of STORABLE_HOSTILE_DOCUMENTS.entries()) {
      if (!stored.includes(document)) continue;
      const seen = await memory.get(key(`h${index}`), { fresh: true }).then((record) => (record === undefined ? 'nothing' : 'value'));
      expect([document.name, seen]).toEqual([document.name, document.shows]);
    }
    expect(await readEverything(memory, 'h0')).toBe('nothing');
    expect(memory.stats().quarantined).toBeGreaterThan(40);
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
    const codes = new Set<string>();
    for (const index of STORABLE_HOSTILE_DOCUMENTS.keys()) {
      const result = await memory.put(key(`h${index}`), index).then(() => 'written', (error: { code?: string }) => String(error.code));
      codes.add(result);
      if (result === 'written') expect((await writer.get(key(`h${index}`), { fresh: true }))?.value).toBe(index);
      expect(await memory.delete(key(`h${index}`)).then(() => 'deleted', (error: { code?: string }) => String(error.code))).toMatch(/^deleted$|^KV4_/);
    }
    expect([...codes].every((code) => code === 'written' || code.startsWith('KV4_'))).toBe(true);
    expect(codes.has('written')).toBe(true);
    await memory.put(key('good'), 'last');
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ type: 'put' }), { timeout: 8_000, interval: 10 });
    expect((await memory.get(key('good~'), { fresh: true }))?.value).toBe(2);
    expect(memory.stats()).toMatchObject({ divergences: 0, regressions: 0 });
    end.abort();
    await watching;
  }, 120_000);
});

describe('hostile bytes from a broken server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await (serversToTest()[0] as ReturnType<typeof serversToTest>[number]).start();
  });
  afterAll(() => server.close());

  it('M23 T24 T37: rows and answers that no database would send leave the neighbours and the feed going', async () => {
    await using test = await scriptedPair(server.url, { includeDocs: 'always' });
    const { memory, writer, transport } = test;
    await writer.put(key('good'), 1);
    await writer.put(key('good~'), 2);
    await memory.keys(path);
    for (const [index, { fields }] of RAW_HOSTILE_DOCUMENTS.entries()) {
      const id = headId(key(`raw${index}`));
      await memory.get(key(`raw${index}`));
      transport.inject(`{"seq":"9-x","id":${JSON.stringify(id)},"changes":[{"rev":"1-a"}],"doc":{"_id":${JSON.stringify(id)},"_rev":"1-a",${fields}}}`);
    }
    await writer.put(key('good'), 3);
    await vi.waitFor(() => expect(memory.peek(key('good'))).toMatchObject({ value: 3 }), { timeout: 20_000, interval: 20 });
    await writer.put(key('good'), 1);
    await vi.waitFor(() => expect(memory.peek(key('good'))).toMatchObject({ value: 1 }), { timeout: 20_000, interval: 20 });
    for (const [index, { fields }] of RAW_HOSTILE_DOCUMENTS.entries()) {
      const name = `answer${index}`;
      const id = headId({ ...path, path: '/b', key: name });
      transport.next('/_bulk_get', async () => textResponse(200, `{"results":[{"id":${JSON.stringify(id)},"docs":[{"ok":{"_id":${JSON.stringify(id)},"_rev":"1-a",${fields}}}]}]}`));
      const outcome = await memory.get({ ...path, path: '/b', key: name }).then((record) => (record === undefined ? 'nothing' : 'value'), (error: { code?: string }) => error.code);
      expect(outcome).toMatch(/^nothing$|^value$|^(KV4|COUCH)_/);
    }
    expect((await memory.get(key('good~'), { fresh: true }))?.value).toBe(2);
    expect(await readEverything(memory, 'good')).toBe(1);
    expect(isThere(memory, 'good~')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
  }, 120_000);
});
