import { CouchClient, CouchError } from '@xir/couch-client';
import { headId, type KeyAddress } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gate, ScriptedTransport, textResponse } from './support/scripted-transport.ts';
import { embeddedServer, TestDatabase } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const path = { bucket: 'b', layer: '*data', path: '/a' };
const key = (name: string): KeyAddress => ({ ...path, key: name });

const LISTINGS = [
  ['of a path', { list: 'list', address: path }],
  ['with all beneath', { list: 'tree', address: { ...path, path: '/' } }],
] as const;

/** A memory whose transport is scripted, on a database that holds two keys. */
async function scripted() {
  const database = new TestDatabase(server.url);
  const writer = await database.open();
  for (const name of ['k', 'other']) await writer.put(key(name), name);
  const transport = new ScriptedTransport(server.url);
  const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
  return {
    memory,
    transport,
    async [Symbol.asyncDispose]() {
      transport.cutFeed();
      await database[Symbol.asyncDispose]();
      await transport.close();
    },
  };
}

describe('a read that fails', () => {
  it.each(LISTINGS)('M22 T10: does not take its key out of a listing %s that became whole meanwhile', async (_, { list, address }) => {
    await using test = await scripted();
    const { memory, transport } = test;
    const gate = new Gate();
    transport.next('_bulk_get', async () => {
      gate.arrive();
      await gate.opened;
      throw new CouchError('COUCH_UNREACHABLE', 'the connection was reset');
    });
    const load = memory.get(key('k'));
    await gate.reached;
    const during = memory[list](address);
    // The range is read while the single read is still under way; only then that one fails.
    const range = memory[list]({ ...address, layer: 'elsewhere' });
    await range;
    gate.open();
    await expect(load).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await during.catch(() => undefined);
    const names = async () => (await memory[list](address)).items.map((record) => record.address.key);
    expect(await names()).toEqual(['k', 'other']);
    expect((await memory.get(key('k')))?.value).toBe('k');
  });

  it('M22: of one document, told within an answer that is a success, is no document that is missing', async () => {
    await using test = await scripted();
    const { memory, transport } = test;
    const id = headId(key('k'));
    const failure = { id, rev: 'undefined', error: 'internal_fabric_error', reason: 'nodedown' };
    transport.next('_bulk_get', async () => textResponse(200, JSON.stringify({ results: [{ id, docs: [{ error: failure }] }] })));
    await expect(memory.get(key('k'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    expect((await memory.get(key('k')))?.value).toBe('k');
  });
});
