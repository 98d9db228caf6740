import { CouchClient } from '@xir/couch-client';
import { headId } from '@xir/kv4-core';
import { HOSTILE_IDS, RAW_HOSTILE_DOCUMENTS, STORABLE_HOSTILE_DOCUMENTS, type HostileDocument } from '@xir/kv4-testing';
import { describe, expect, it, vi } from 'vitest';

import { openBrokenDatabase, rawId, rawText } from './broken-database.ts';
import { openEvents, type EventStream, type SentEvent } from './event-stream.ts';
import { openServers, type OpenServer } from './memory-store.ts';
import { openNeuron, SYSTEM, type Answer, type Neuron } from './neuron-fixture.ts';

/** The path whose neighbours are hostile. */
const PATH = '/_data/a?w=b';
const LATER = 253_402_300_799_999;

const idOf = (index: number) => headId({ bucket: 'b', layer: '*data', path: '/a', key: `h${index}` });

/** Puts a document into the database behind a neuron's back, as text. Whether the database took it. */
async function place(server: OpenServer, id: string, fields: string): Promise<boolean> {
  const { origin, username, password } = new URL(server.url);
  const headers = { 'content-type': 'application/json', ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }) };
  const post = async (path: string, body: string) => {
    const response = await fetch(`${origin}/${server.database}/${path}`, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };
  const [row] = (JSON.parse((await post('_all_docs', JSON.stringify({ keys: [id] }))).text) as { rows: readonly { value?: { rev?: string; deleted?: boolean } }[] }).rows;
  const rev = row?.value?.deleted === true ? undefined : row?.value?.rev;
  const { status, text } = await post('_bulk_docs', `{"docs":[{"_id":${JSON.stringify(id)}${rev === undefined ? '' : `,"_rev":"${rev}"`},${fields}}]}`);
  expect([id, status < 500], text.slice(0, 200)).toEqual([id, true]);
  return status === 201 && !text.includes('"error"');
}

/** A document with two leaves under the id of nobody. */
async function placeInConflict(server: OpenServer, id: string): Promise<void> {
  const client = new CouchClient({ url: server.url });
  const docs = ['1-aaaa', '1-bbbb'].map((rev) => ({ _id: id, _rev: rev, v: 1 }));
  await client.database(server.database).json({ method: 'POST', path: '/_bulk_docs', body: { docs, new_edits: false } });
  await client.close();
}

/** A neuron with what its handler could not foresee, and its requests as `$sys`. */
async function openHostileNeuron(store: OpenServer['store'], errors: unknown[]) {
  const neuron = await openNeuron({ store, rest: { onError: (error) => errors.push(error) } });
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => neuron.call(method, path, { login: SYSTEM, ...(body === undefined ? {} : { body }) });
  return { neuron, ask };
}

type Ask = Awaited<ReturnType<typeof openHostileNeuron>>['ask'];

/** Every way of asking for the path: each answers, and has the good neighbours as they are. */
async function readListings(ask: Ask, good: readonly unknown[]): Promise<void> {
  const keysOf = ({ v, text }: Answer): string[] => {
    expect(text.slice(-10)).toBe(',"s":"ok"}');
    return v.map((item: any) => (typeof item === 'string' ? item : item.k));
  };
  const keys = keysOf(await ask('GET', PATH));
  for (const form of ['&as=datum', '&tree=1', '&as=datum&limit=1000', `&as=datum&at=${Date.now()}`, `&as=datum&at=${LATER}`, `&tree=1&at=${LATER}`]) {
    const answer = await ask('GET', PATH + form);
    expect(keysOf(answer).filter((key) => key.startsWith('good')), form).toEqual(['good', 'good~']);
    expect(answer.v.filter((item: any) => item.k.startsWith('good')).map((item: any) => item.v.n), form).toEqual(good);
    if (!form.includes('at=')) expect(keysOf(answer), form).toEqual(keys);
  }
  const paged: string[] = [];
  for (let after = ''; ; ) {
    const page = await ask('GET', `${PATH}&limit=7${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`);
    paged.push(...keysOf(page));
    const next = /[?&]after=([^&>]+)/.exec(String(page.headers['link'] ?? ''))?.[1];
    if (next === undefined) break;
    after = decodeURIComponent(next);
  }
  expect(paged).toEqual(keys);
}

/** What lists more than the path. */
async function readDiscovery(ask: Ask): Promise<void> {
  expect((await ask('GET', `/_ds?w=b&l=*data&a=paths`)).v).toContain('/a');
  expect((await ask('GET', '/_ds?w=b&a=layers')).v).toEqual(['*data']);
}

/** Every way of asking for one key: what each answers, none of which may be `internal`. */
async function readKey(ask: Ask, name: string): Promise<readonly string[]> {
  const results: string[] = [];
  for (const form of ['', '&as=datum', '&fresh=1', '&time_series=1', '&time_series=1&as=datum&order=asc', `&at=${LATER}`, '&aggregate=1&break=year']) {
    const { envelope } = await ask('GET', `${PATH}&k=${name}${form}`);
    results.push(envelope.s === 'ok' ? 'ok' : envelope.v);
  }
  return results;
}

/** Reads a watch up to an event. */
async function readUntil(events: EventStream, isLast: (event: SentEvent) => boolean): Promise<SentEvent[]> {
  const read: SentEvent[] = [];
  for (;;) {
    const event = await events.next();
    if (event === undefined) throw new Error('the watch has ended');
    read.push(event);
    if (isLast(event)) return read;
  }
}

const watch = (neuron: Neuron, parameters: string) => openEvents(neuron, `${PATH}&watch=1${parameters}`, { authorization: `Basic ${Buffer.from(SYSTEM).toString('base64')}` });
const isGood = (n: number) => (event: SentEvent) => event.event === 'put' && event.data.k === 'good' && event.data.v.n === n;

describe.each(openServers())('hostile documents over REST, on $name', ({ open }) => {
  it(
    'every one leaves listings, trees, series and watches of its neighbours right, answers a code of its own, and can be written over',
    async () => {
      const errors: unknown[] = [];
      const server = await open();
      const { neuron, ask } = await openHostileNeuron(server.store, errors);
      await using _neuron = neuron;
      await ask('PUT', PATH, { k: 'good', v: { n: 1 } });
      await ask('PUT', PATH, { k: 'good~', v: { n: 2 } });
      using path = await watch(neuron, '');
      using history = await watch(neuron, '&tree=1&history=1');
      await readUntil(path, ({ event }) => event === 'end-of-initial');
      await readUntil(history, ({ event }) => event === 'end-of-initial');

      const stored: HostileDocument[] = [];
      for (const [index, document] of STORABLE_HOSTILE_DOCUMENTS.entries()) {
        if (index % 2 === 0) await ask('PUT', PATH, { k: `h${index}`, v: { before: true } });
        if (await place(server, idOf(index), document.fields)) stored.push(document);
      }
      expect(stored.length).toBeGreaterThan(STORABLE_HOSTILE_DOCUMENTS.length - 8);
      for (const id of HOSTILE_IDS) await place(server, id, '"v":1,"ver":"0000000000010000-n","by":"x"');
      await placeInConflict(server, 'd!b!*data!a!');

      await ask('PUT', PATH, { k: 'good', v: { n: 3, _ver_: '_splat_' } });
      for (const events of [path, history]) await readUntil(events, isGood(3));
      await readListings(ask, [3, 2]);
      await readDiscovery(ask);
      for (const [index, document] of STORABLE_HOSTILE_DOCUMENTS.entries()) {
        if (!stored.includes(document)) continue;
        const [value, ...others] = await readKey(ask, `h${index}`);
        expect([document.name, value]).toEqual([document.name, document.shows === 'value' ? 'ok' : 'not_found']);
        expect(others.filter((result) => !['ok', 'not_found', 'rejected'].includes(result)), document.name).toEqual([]);
      }
      using anew = await watch(neuron, '&tree=1&history=1');
      const initial = await readUntil(anew, ({ event }) => event === 'end-of-initial');
      expect(initial.filter((event) => event.data.k?.startsWith('good')).map((event) => [event.data.k, event.data.v.n])).toEqual([['good', 3], ['good~', 2]]);
      expect(initial.map(({ event }) => event).filter((event) => event !== 'put' && event !== 'end-of-initial')).toEqual([]);

      const refused: string[] = [];
      for (const [index, { name }] of STORABLE_HOSTILE_DOCUMENTS.entries()) {
        const { envelope } = await ask('PUT', PATH, { k: `h${index}`, v: { n: index, _ver_: '_splat_' } });
        if (envelope.s === 'ok') expect((await ask('GET', `${PATH}&k=h${index}&fresh=1`)).v.n, name).toBe(index);
        else refused.push(`${name}: ${envelope.v}`);
        expect((await ask('DELETE', `${PATH}&k=h${index}`)).envelope.s === 'ok' || envelope.s === 'error', name).toBe(true);
      }
      expect(refused.filter((line) => !line.includes('the last version there can be'))).toEqual([]);
      await ask('PUT', PATH, { k: 'good', v: { n: 4, _ver_: '_splat_' } });
      for (const events of [path, history, anew]) await readUntil(events, isGood(4));
      await readListings(ask, [4, 2]);
      expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
      expect(errors).toEqual([]);
    },
    180_000,
  );

  it(
    'what no database would send answers a code, and leaves the neighbours readable and the feed going',
    async () => {
      const errors: unknown[] = [];
      let broken: Awaited<ReturnType<typeof openBrokenDatabase>> | undefined;
      const server = await open(async (url) => {
        broken = await openBrokenDatabase(url);
        return broken.url;
      });
      await using _broken = broken as unknown as AsyncDisposable;
      const { neuron, ask } = await openHostileNeuron(server.store, errors);
      await using _neuron = neuron;
      await ask('PUT', PATH, { k: 'good', v: { n: 1 } });
      await ask('PUT', PATH, { k: 'good~', v: { n: 2 } });
      using events = await watch(neuron, '');
      await readUntil(events, ({ event }) => event === 'end-of-initial');
      for (const [index, { name }] of RAW_HOSTILE_DOCUMENTS.entries()) {
        const { envelope } = await ask('GET', `/_data/raw?w=b&k=raw${index}`);
        expect(['ok', 'not_found', 'unavailable'], `${name}: ${envelope.s === 'ok' ? '' : envelope.v}`).toContain(envelope.s === 'ok' ? 'ok' : envelope.v);
        broken?.inject(`{"seq":"9-x","id":${JSON.stringify(rawId(index))},"changes":[{"rev":"1-a"}],"doc":${rawText(index)}}`);
        await ask('PUT', PATH, { k: 'good', v: { n: 10 + index, _ver_: '_splat_' } });
        await readUntil(events, isGood(10 + index));
        expect((await ask('GET', `${PATH}&k=good~`)).v.n).toBe(2);
      }
      await vi.waitFor(async () => readListings(ask, [9 + RAW_HOSTILE_DOCUMENTS.length, 2]), { timeout: 20_000, interval: 50 });
      expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
      expect(errors).toEqual([]);
    },
    120_000,
  );
});
