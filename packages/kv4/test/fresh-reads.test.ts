import { CouchClient } from '@xir/couch-client';
import { headId, type KeyAddress } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ScriptedTransport } from './support/scripted-transport.ts';
import { embeddedServer, TestDatabase } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const path = { bucket: 'b', layer: '*data', path: '/a' };
const key: KeyAddress = { ...path, key: 'k' };
const until = (fact: () => boolean): Promise<void> => vi.waitFor(() => expect(fact()).toBe(true), { timeout: 8_000, interval: 2 });

/** A memory that has a key cached whose rows come without documents, and somebody who writes it elsewhere. */
async function scripted(options: { readonly freshTimeoutMs?: number } = {}) {
  const database = new TestDatabase(server.url);
  const writer = await database.open();
  await writer.put(key, 'before');
  const transport = new ScriptedTransport(server.url);
  const memory = await database.open({ client: new CouchClient({ url: server.url, transport }), includeDocs: 'never', ...options });
  await memory.list(path);
  return {
    memory,
    writer,
    transport,
    async [Symbol.asyncDispose]() {
      transport.cutFeed();
      await database[Symbol.asyncDispose]();
      await transport.close();
    },
  };
}

describe('a fresh read', () => {
  it('M24 T20: waits for what a row announced until it was read, also when the row comes again meanwhile', async () => {
    await using test = await scripted();
    const { memory, writer, transport } = test;
    const gate = transport.delayAnswer('/_bulk_get');
    const { record } = await writer.put(key, 'after');
    await until(() => memory.stats().verifying === 1);
    await gate.reached;
    const reads = [memory.get(key, { fresh: true }), memory.list(path, { fresh: true }).then(({ items }) => items[0])];
    const appliedRows = memory.stats().feed.rows;
    transport.inject(JSON.stringify({ seq: '1-again', id: headId(key), changes: [{ rev: record?.revision }] }));
    await writer.put({ ...key, path: '/elsewhere' }, 1);
    await until(() => memory.stats().feed.rows > appliedRows);
    await memory.prove();
    // In doubt, and still to be served to whoever does not ask for more.
    expect(memory.peek(key)?.value).toBe('before');
    gate.open();
    expect((await Promise.all(reads)).map((each) => each?.value)).toEqual(['after', 'after']);
  });

  it('M24: says that it could not be proved when the database does not answer in time', async () => {
    await using test = await scripted({ freshTimeoutMs: 300 });
    const { memory, writer, transport } = test;
    const gate = transport.delayAnswer('/_bulk_get');
    await writer.put(key, 'after');
    await until(() => memory.stats().verifying === 1);
    await expect(memory.get(key, { fresh: true })).rejects.toMatchObject({ code: 'KV4_FRESHNESS_UNPROVED' });
    await expect(memory.list(path, { fresh: true })).rejects.toMatchObject({ code: 'KV4_FRESHNESS_UNPROVED' });
    expect(memory.peek(key)?.value).toBe('before');
    gate.open();
    expect((await memory.get(key, { fresh: true }))?.value).toBe('after');
  });
});
