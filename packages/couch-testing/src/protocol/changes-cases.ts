import assert from 'node:assert/strict';
import type { ProtocolCase } from './protocol-case.ts';
import type { ProtocolClient } from './protocol-client.ts';

interface Row {
  seq: string;
  id: string;
  changes: { rev: string }[];
  deleted?: boolean;
  doc?: Record<string, unknown>;
}
interface Feed {
  results: Row[];
  last_seq: string;
  pending: number;
}

const OPAQUE = /^[0-9]+-.{8,}$/;
const ids = (feed: Feed) => feed.results.map((row) => row.id);

async function changes(client: ProtocolClient, query = '', body?: unknown): Promise<Feed> {
  const answer = await client.call(body === undefined ? 'GET' : 'POST', `/_changes${query}`, body === undefined ? {} : { body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<Feed>();
}

async function putMany(client: ProtocolClient, names: readonly string[]): Promise<void> {
  for (const name of names) await client.put(name, {});
}

/** Ids in the order of a feed with several shards need not be the order of the writes. */
const sorted = (feed: Feed) => ids(feed).sort();

/** The change feed. */
export const changesCases: readonly ProtocolCase[] = [
  {
    name: 'a feed has one row per document, with its last revision, and sequences that are opaque strings',
    async run(client) {
      const first = await client.put('a', {});
      await client.put('b', {});
      const second = await client.put('a', { _rev: first });
      const feed = await changes(client);
      assert.deepEqual(sorted(feed), ['a', 'b']);
      const row = feed.results.find((candidate) => candidate.id === 'a');
      assert.deepEqual(row?.changes, [{ rev: second }]);
      assert.deepEqual(Object.keys(row ?? {}), ['seq', 'id', 'changes']);
      for (const { seq } of feed.results) assert.match(String(seq), OPAQUE);
      assert.equal(typeof feed.last_seq, 'string');
      assert.match(feed.last_seq, OPAQUE);
      assert.equal(feed.pending, 0);
    },
  },
  {
    name: 'since is exclusive: reading on from last_seq gives what came after, and nothing twice',
    async run(client) {
      await putMany(client, ['a', 'b', 'c']);
      const { last_seq: since } = await changes(client);
      assert.deepEqual((await changes(client, `?since=${since}`)).results, []);
      await client.put('d', {});
      assert.deepEqual(ids(await changes(client, `?since=${since}`)), ['d']);
    },
  },
  {
    name: 'limit gives that many rows, last_seq of the last of them, and pending for the rest',
    async run(client) {
      await putMany(client, ['a', 'b', 'c', 'd', 'e']);
      const seen: string[] = [];
      let since = '0';
      for (const [rows, pending] of [[2, 3], [2, 1], [1, 0]] as const) {
        const page = await changes(client, `?limit=2&since=${since}`);
        assert.equal(page.results.length, rows);
        assert.equal(page.pending, pending);
        assert.equal(page.last_seq.split('-')[0], page.results.at(-1)?.seq.split('-')[0]);
        seen.push(...ids(page));
        since = page.last_seq;
      }
      assert.deepEqual(seen.sort(), ['a', 'b', 'c', 'd', 'e']);
    },
  },
  {
    name: 'limit=0 gives no rows and says how many are pending',
    async run(client) {
      await putMany(client, ['a', 'b', 'c']);
      const feed = await changes(client, '?limit=0');
      assert.deepEqual(feed.results, []);
      assert.equal(feed.pending, 3);
      assert.equal((await changes(client, '?since=now&limit=0')).pending, 0);
    },
  },
  {
    name: 'since=now starts at the present',
    async run(client) {
      await putMany(client, ['a', 'b']);
      const now = await changes(client, '?since=now');
      assert.deepEqual(now.results, []);
      await client.put('c', {});
      assert.deepEqual(ids(await changes(client, `?since=${now.last_seq}`)), ['c']);
    },
  },
  {
    name: 'update_seq of the database is a position of the feed',
    async run(client) {
      await putMany(client, ['a', 'b']);
      const { update_seq: since } = (await client.call('GET', '')).json<{ update_seq: string }>();
      await client.put('c', {});
      assert.deepEqual(ids(await changes(client, `?since=${since}`)), ['c']);
    },
  },
  {
    name: 'deletions are rows with deleted:true, and include_docs gives their tombstone',
    async run(client) {
      const rev = await client.put('a', {});
      const { rev: gone } = (await client.call('DELETE', `/a?rev=${rev}`)).json<{ rev: string }>();
      const [row] = (await changes(client, '?include_docs=true')).results;
      assert.equal(row?.deleted, true);
      assert.deepEqual(row?.changes, [{ rev: gone }]);
      assert.deepEqual(row?.doc, { _id: 'a', _rev: gone, _deleted: true });
    },
  },
  {
    name: 'include_docs gives the winner; style=all_docs all leaves, winner first; conflicts the losing ones',
    async run(client) {
      await client.replicate([
        { _id: 'k', _rev: '2-cc', _revisions: { start: 2, ids: ['cc', 'aa'] }, from: 'c' },
        { _id: 'k', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] }, from: 'b' },
      ]);
      const [plain] = (await changes(client, '?include_docs=true')).results;
      assert.deepEqual(plain?.changes, [{ rev: '2-cc' }]);
      assert.deepEqual(plain?.doc, { _id: 'k', _rev: '2-cc', from: 'c' });
      const [all] = (await changes(client, '?style=all_docs&include_docs=true&conflicts=true')).results;
      assert.deepEqual(all?.changes, [{ rev: '2-cc' }, { rev: '2-bb' }]);
      assert.deepEqual(all?.doc, { _id: 'k', _rev: '2-cc', from: 'c', _conflicts: ['2-bb'] });
    },
  },
  {
    name: 'descending starts with the newest',
    async run(client) {
      await client.put('a', {});
      const rev = await client.put('b', {});
      await client.put('b', { _rev: rev });
      const feed = await changes(client, '?descending=true');
      assert.deepEqual(sorted(feed), ['a', 'b']);
      assert.equal((await changes(client, '?descending=true&limit=1')).results.length, 1);
    },
  },
  {
    name: 'filters: _doc_ids, _selector, _design',
    async run(client) {
      await client.put('a', { kind: 'x' });
      await client.put('b', { kind: 'y' });
      await client.put('_design/d', {});
      assert.deepEqual(ids(await changes(client, '?filter=_doc_ids', { doc_ids: ['b', 'never'] })), ['b']);
      assert.deepEqual(ids(await changes(client, `?filter=_doc_ids&doc_ids=${encodeURIComponent('["a"]')}`)), ['a']);
      assert.deepEqual(ids(await changes(client, '?filter=_selector', { selector: { kind: 'x' } })), ['a']);
      assert.deepEqual(ids(await changes(client, '?filter=_design')), ['_design/d']);
    },
  },
  {
    name: 'a filter or feed that does not exist is refused before any row',
    async run(client) {
      for (const [query, status, error] of [
        ['?filter=_nope', 400, 'bad_request'],
        ['?filter=no/such', 404, 'not_found'],
        ['?feed=zork', 400, 'bad_request'],
        ['?heartbeat=x', 400, 'bad_request'],
        ['?filter=_selector', 400, 'bad_request'],
      ] as const) {
        const answer = await client.call('GET', `/_changes${query}`);
        assert.deepEqual([answer.status, answer.json<{ error: string }>().error], [status, error], query);
      }
    },
  },
  {
    name: 'a malformed since is refused, one of another database starts from the beginning',
    async run(client) {
      await putMany(client, ['a', 'b']);
      assert.equal((await client.call('GET', '/_changes?since=1-bad')).status, 400);
      assert.equal((await client.call('GET', '/_changes?since=999')).status, 400);
      const { last_seq: foreign } = await changes(client);
      await client.call('DELETE', '');
      assert.equal((await client.call('PUT', '')).status, 201);
      await client.put('c', {});
      assert.deepEqual(ids(await changes(client, `?since=${foreign}`)), ['c']);
    },
  },
  {
    name: 'longpoll answers at once when there is something, and otherwise waits for it',
    async run(client) {
      await client.put('a', {});
      const first = await changes(client, '?feed=longpoll');
      assert.deepEqual(ids(first), ['a']);
      const waiting = changes(client, `?feed=longpoll&since=${first.last_seq}&timeout=5000`);
      await client.put('b', {});
      const second = await waiting;
      assert.deepEqual(ids(second), ['b']);
      assert.match(second.last_seq, OPAQUE);
    },
  },
  {
    name: 'longpoll without anything to say ends after its timeout with last_seq',
    async run(client) {
      await client.put('a', {});
      const feed = await changes(client, '?feed=longpoll&since=now&timeout=200');
      assert.deepEqual(feed.results, []);
      assert.match(feed.last_seq, OPAQUE);
      await client.put('b', {});
      assert.deepEqual(ids(await changes(client, `?since=${feed.last_seq}`)), ['b']);
    },
  },
  {
    name: 'continuous gives a row per line, new rows as they are written, and ends after its timeout with last_seq',
    async run(client) {
      await client.put('a', {});
      const rows: (Partial<Row> & { last_seq?: string })[] = [];
      for await (const line of client.lines('/_changes?feed=continuous&timeout=700&include_docs=true')) {
        if (line === '') continue;
        rows.push(JSON.parse(line) as Row);
        if (rows.length === 1) await client.put('b', { n: 1 });
      }
      assert.deepEqual(rows.map((row) => row.id), ['a', 'b', undefined]);
      assert.deepEqual([rows[1]?.doc?.['_id'], rows[1]?.doc?.['n']], ['b', 1]);
      assert.match(String(rows[2]?.last_seq), OPAQUE);
      assert.deepEqual((await changes(client, `?since=${rows[2]?.last_seq}`)).results, []);
    },
  },
  {
    name: 'continuous ends after limit rows with last_seq',
    async run(client) {
      await putMany(client, ['a', 'b', 'c']);
      const lines: string[] = [];
      for await (const line of client.lines('/_changes?feed=continuous&limit=2&timeout=3000')) if (line !== '') lines.push(line);
      assert.equal(lines.length, 3);
      assert.equal((JSON.parse(lines[2] as string) as Feed).pending, 1);
    },
  },
  {
    name: 'heartbeats are empty lines, as often as asked, and keep a feed open past its timeout',
    async run(client) {
      let beats = 0;
      const started = Date.now();
      for await (const line of client.lines('/_changes?feed=continuous&since=now&heartbeat=100&timeout=150')) {
        assert.equal(line, '');
        beats += 1;
        if (beats === 4) break;
      }
      assert.equal(beats, 4);
      assert.ok(Date.now() - started < 3000, 'four heartbeats of 100 ms took more than 3 s');
    },
  },
  {
    name: 'longpoll sends heartbeats while it waits',
    async run(client) {
      let beats = 0;
      for await (const line of client.lines('/_changes?feed=longpoll&since=now&heartbeat=100')) {
        if (line === '') beats += 1;
        if (beats === 3) break;
      }
      assert.equal(beats, 3);
    },
  },
  {
    name: 'a continuous feed ends when its database is deleted',
    async run(client) {
      await client.put('a', {});
      const seen: string[] = [];
      for await (const line of client.lines('/_changes?feed=continuous&heartbeat=1000')) {
        if (line === '') continue;
        seen.push(line);
        if (seen.length === 1) assert.equal((await client.call('DELETE', '')).status, 200);
      }
      assert.ok(seen.length >= 1);
      assert.equal((await client.call('GET', '')).status, 404);
      assert.equal((await client.call('PUT', '')).status, 201);
    },
  },
  {
    name: 'eventsource gives data and id of each row',
    async run(client) {
      await client.put('a', {});
      const lines: string[] = [];
      for await (const line of client.lines('/_changes?feed=eventsource&timeout=300')) {
        lines.push(line);
        if (lines.length === 2) break;
      }
      assert.match(lines[0] ?? '', /^data: \{"seq":"1-.*"id":"a"/);
      assert.match(lines[1] ?? '', /^id: "?1-/);
    },
  },
];
