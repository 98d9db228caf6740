import { randomBytes } from 'node:crypto';
import PouchDB, { type PouchDatabase } from 'pouchdb-core';
import httpAdapter from 'pouchdb-adapter-http';
import replication from 'pouchdb-replication';
import { Agent, fetch as undiciFetch, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { couchdbUrl, temporaryServer } from './support/temporary-server.ts';

/** Used only where there is one. */
const couchdbs = couchdbUrl === undefined ? [] : [couchdbUrl];
const Pouch = PouchDB.plugin(httpAdapter).plugin(replication);
const agent = new Agent({ pipelining: 1, connections: 8 });
/** undici's fetch, with the `buffer()` by which PouchDB's client reads attachments in Node. */
async function fetchWithAgent(url: string, options: Record<string, unknown>) {
  const response = await undiciFetch(url, { ...options, dispatcher: agent });
  return Object.assign(response, { buffer: async () => Buffer.from(await response.arrayBuffer()) });
}

/** A database opened by PouchDB's client; destroyed at the end. */
async function openDatabase(server: string): Promise<{ pouch: PouchDatabase; url: string } & AsyncDisposable> {
  const url = `${server.replace(/\/$/, '')}/xir-replication-${randomBytes(6).toString('hex')}`;
  const pouch = new Pouch(url, { fetch: fetchWithAgent });
  await pouch.info();
  return { pouch, url, [Symbol.asyncDispose]: async () => void (await pouch.destroy()) };
}

const ATTACHMENT = Buffer.from('attached \u0000\u0001 bytes'.repeat(50));

/** Documents of every kind: many, updated, deleted, in conflict, with attachments, with awkward ids. */
async function fill(pouch: PouchDatabase): Promise<void> {
  await pouch.bulkDocs(Array.from({ length: 250 }, (_, n) => ({ _id: `many-${n}`, n })));
  const { rev } = await pouch.put({ _id: 'updated', n: 1 });
  await pouch.put({ _id: 'updated', n: 2, _rev: rev });
  const gone = await pouch.put({ _id: 'gone' });
  await pouch.remove('gone', gone.rev);
  await pouch.bulkDocs(
    [
      { _id: 'conflict', from: 'b', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] } },
      { _id: 'conflict', from: 'c', _rev: '2-cc', _revisions: { start: 2, ids: ['cc', 'aa'] } },
    ],
    { new_edits: false },
  );
  await pouch.put({
    _id: 'attached',
    _attachments: { 'a.bin': { content_type: 'application/octet-stream', data: ATTACHMENT.toString('base64') }, 'b.txt': { content_type: 'text/plain', data: ATTACHMENT.toString('base64') } },
  });
  await pouch.put({ _id: 'a/b+c %😀', n: 1 });
}

/** Everything a client can see, revisions and ancestry included. */
async function picture(pouch: PouchDatabase): Promise<unknown> {
  const listed = await pouch.allDocs({ include_docs: true, conflicts: true });
  const documents = listed.rows.map(({ doc }) => ({ ...doc, _attachments: undefined }));
  const attached = (await pouch.get('attached', { attachments: true })) as { _attachments: Record<string, { data: string; content_type: string }> };
  const data = Object.fromEntries(Object.entries(attached._attachments).map(([name, attachment]) => [name, attachment.data]));
  const conflict = await pouch.get('conflict', { rev: '2-bb', revs: true });
  const { results } = await pouch.changes({ since: 0, style: 'all_docs' });
  return { documents, data, conflict, changes: results.map(({ id, ...row }) => ({ id, ...row, seq: undefined })).sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

async function expectReplicates(from: string, to: string): Promise<void> {
  await using source = await openDatabase(from);
  await using target = await openDatabase(to);
  await fill(source.pouch);
  const first = await Pouch.replicate(source.pouch, target.pouch, { batch_size: 100 });
  expect(first.ok).toBe(true);
  expect(await picture(target.pouch)).toEqual(await picture(source.pouch));
  const again = await Pouch.replicate(source.pouch, target.pouch);
  expect(again.docs_written).toBe(0);
  await source.pouch.put({ _id: 'later', n: 1 });
  expect((await Pouch.replicate(source.pouch, target.pouch)).docs_written).toBe(1);
}

describe("PouchDB's own client", () => {
  it('replicates between two embedded servers', async () => {
    await using one = await temporaryServer();
    await using other = await temporaryServer();
    await expectReplicates(one.url, other.url);
  });

  it.each(couchdbs)('replicates from the embedded server to CouchDB', async (couchdb) => {
    await using server = await temporaryServer();
    await expectReplicates(server.url, couchdb);
  });

  it.each(couchdbs)('replicates from CouchDB to the embedded server', async (couchdb) => {
    await using server = await temporaryServer();
    await expectReplicates(couchdb, server.url);
  });
});

describe.each(couchdbs)("CouchDB's replicator", (couchdb) => {
  async function replicate(source: string, target: string): Promise<{ ok: boolean; history: { docs_written: number; doc_write_failures: number }[] }> {
    const couch = new URL(couchdb);
    const authorization = `Basic ${Buffer.from(`${couch.username}:${couch.password}`).toString('base64')}`;
    const answer = await request(`${couch.origin}/_replicate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ source, target }),
      dispatcher: agent,
      headersTimeout: 60_000,
    });
    const text = await answer.body.text();
    expect(answer.statusCode, text).toBe(200);
    return JSON.parse(text) as { ok: boolean; history: { docs_written: number; doc_write_failures: number }[] };
  }

  async function expectCouchReplicates(from: string, to: string): Promise<void> {
    await using source = await openDatabase(from);
    await using target = await openDatabase(to);
    await fill(source.pouch);
    const result = await replicate(source.url, target.url);
    expect(result.ok).toBe(true);
    expect(result.history[0]?.doc_write_failures).toBe(0);
    expect(await picture(target.pouch)).toEqual(await picture(source.pouch));
    const attached = (await source.pouch.get('attached')) as { _rev: string };
    await source.pouch.put({ ...attached, _id: 'attached', n: 2 });
    expect((await replicate(source.url, target.url)).history[0]?.doc_write_failures).toBe(0);
    expect(await picture(target.pouch)).toEqual(await picture(source.pouch));
  }

  it('replicates from the embedded server', { timeout: 60_000 }, async () => {
    await using server = await temporaryServer();
    await expectCouchReplicates(server.url, couchdb);
  });

  it('replicates to the embedded server', { timeout: 60_000 }, async () => {
    await using server = await temporaryServer();
    await expectCouchReplicates(couchdb, server.url);
  });
});
