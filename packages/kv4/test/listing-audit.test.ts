import { CouchClient } from '@xir/couch-client';
import type { KeyAddress } from '@xir/kv4-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ScriptedTransport } from './support/scripted-transport.ts';
import { embeddedServer, TestDatabase } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const key = (name: string): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/a', key: name });

it('M9 audit: a key is found that the replica lacked from which a listing was read just after the start, and watches are told', async () => {
  await using database = new TestDatabase(server.url);
  const writer = await database.open();
  await writer.put(key('before'), 1);
  const transport = new ScriptedTransport(server.url);
  const memory = await database.open({ client: new CouchClient({ url: server.url, transport }) });
  transport.answerWith('/_all_docs', '{"total_rows":0,"offset":0,"rows":[]}');
  expect((await memory.keys(key('before'))).items).toEqual([]);
  const watch = memory.watch({ type: 'path', address: key('before') }, { initial: false })[Symbol.asyncIterator]();
  const told = watch.next();
  await memory.audit();
  expect((await memory.keys(key('before'))).items).toEqual(['before']);
  expect(await told).toMatchObject({ value: { type: 'put', record: { value: 1 } } });
  expect(memory.stats()).toMatchObject({ lateKeys: 1, divergences: 0 });
  await memory.audit();
  expect(memory.stats()).toMatchObject({ lateKeys: 1 });
  await watch.return?.(undefined);
});
