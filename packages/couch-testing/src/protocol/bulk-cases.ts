import assert from 'node:assert/strict';
import type { ProtocolCase } from './protocol-case.ts';

interface Row {
  id?: string;
  key: string;
  error?: string;
  value?: { rev: string; deleted?: boolean };
  doc?: Record<string, unknown> | null;
}
interface Listing {
  total_rows: number;
  rows: Row[];
}

const ids = (listing: Listing) => listing.rows.map((row) => row.id);
const json = (value: unknown) => encodeURIComponent(JSON.stringify(value));

/** Many documents at once, revisions, listings, queries. */
export const bulkCases: readonly ProtocolCase[] = [
  {
    name: '_bulk_docs answers in order, each document for itself',
    async run(client) {
      await client.put('a', {});
      const answer = await client.call('POST', '/_bulk_docs', { body: { docs: [{ _id: 'a', n: 1 }, { _id: 'b' }, { n: 1 }, { _id: 'b', again: 1 }, { _id: 'c', _rev: `1-${'0'.repeat(32)}` }] } });
      assert.equal(answer.status, 201);
      const results = answer.json<{ ok?: boolean; id: string; rev?: string; error?: string; reason?: string }[]>();
      assert.equal(results.length, 5);
      assert.deepEqual(results[0], { id: 'a', error: 'conflict', reason: 'Document update conflict.' });
      assert.deepEqual([results[1]?.ok, results[1]?.id], [true, 'b']);
      assert.match(String(results[2]?.id), /^[0-9a-f]{32}$/);
      assert.equal(results[3]?.error, 'conflict');
      assert.equal(results[4]?.error, 'conflict');
    },
  },
  {
    name: '_bulk_docs without a list of docs is refused with 400',
    async run(client) {
      for (const [body, reason] of [
        [{}, 'POST body must include `docs` parameter.'],
        [{ docs: 1 }, '`docs` parameter must be an array.'],
        [[], 'Request body must be a JSON object'],
      ] as const) {
        const answer = await client.call('POST', '/_bulk_docs', { body });
        assert.equal(answer.status, 400);
        assert.deepEqual(answer.json(), { error: 'bad_request', reason });
      }
    },
  },
  {
    name: 'new_edits:false stores revisions as they are; the higher hash wins among equals',
    async run(client) {
      const stored = await client.replicate([
        { _id: 'k', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] }, from: 'b' },
        { _id: 'k', _rev: '2-cc', _revisions: { start: 2, ids: ['cc', 'aa'] }, from: 'c' },
      ]);
      assert.equal(stored.status, 201);
      assert.deepEqual(stored.json(), []);
      assert.deepEqual((await client.call('GET', '/k?conflicts=true')).json(), { _id: 'k', _rev: '2-cc', from: 'c', _conflicts: ['2-bb'] });
      assert.equal((await client.call('GET', '/k?rev=2-bb')).json<{ from: string }>().from, 'b');
      await client.replicate([{ _id: 'k', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] }, from: 'again' }]);
      assert.equal((await client.call('GET', '/k?rev=2-bb')).json<{ from: string }>().from, 'b');
    },
  },
  {
    name: 'the longer line wins over the higher hash, and a deletion never over a living leaf',
    async run(client) {
      await client.replicate([
        { _id: 'k', _rev: '2-ff', _revisions: { start: 2, ids: ['ff', 'aa'] } },
        { _id: 'k', _rev: '3-11', _revisions: { start: 3, ids: ['11', '22', 'aa'] } },
      ]);
      assert.equal((await client.call('GET', '/k')).json<{ _rev: string }>()._rev, '3-11');
      await client.replicate([{ _id: 'k', _rev: '4-99', _deleted: true, _revisions: { start: 4, ids: ['99', '11', '22', 'aa'] } }]);
      const body = (await client.call('GET', '/k?deleted_conflicts=true')).json<Record<string, unknown>>();
      assert.equal(body['_rev'], '2-ff');
      assert.deepEqual(body['_deleted_conflicts'], ['4-99']);
    },
  },
  {
    name: 'ancestry: revs, open_revs, latest',
    async run(client) {
      const first = await client.put('a', { n: 1 });
      const second = await client.put('a', { n: 2, _rev: first });
      const hash = (rev: string) => rev.slice(rev.indexOf('-') + 1);
      const withRevs = (await client.call('GET', '/a?revs=true')).json<Record<string, unknown>>();
      assert.deepEqual(withRevs['_revisions'], { start: 2, ids: [hash(second), hash(first)] });
      const all = (await client.call('GET', '/a?open_revs=all&revs=true')).json<{ ok: Record<string, unknown> }[]>();
      assert.equal(all.length, 1);
      assert.deepEqual(all[0]?.ok, withRevs);
      const some = (await client.call('GET', `/a?open_revs=${json([first, '9-abc'])}&latest=true`)).json<unknown[]>();
      assert.deepEqual(some, [{ ok: { _id: 'a', _rev: second, n: 2 } }, { missing: '9-abc' }]);
      assert.equal((await client.call('GET', '/a?rev=9-abc')).status, 404);
      assert.equal((await client.call('GET', '/a?rev=abc')).status, 400);
    },
  },
  {
    name: '_revs_diff and _missing_revs name what is not known, ancestors included',
    async run(client) {
      await client.replicate([{ _id: 'k', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] } }]);
      const diff = (await client.call('POST', '/_revs_diff', { body: { k: ['2-bb', '2-dd', '1-aa'], n: ['1-a'] } })).json<Record<string, { missing: string[] }>>();
      assert.deepEqual(diff['k']?.missing, ['2-dd']);
      assert.deepEqual(diff['n'], { missing: ['1-a'] });
      assert.deepEqual((await client.call('POST', '/_revs_diff', { body: { k: ['2-bb'] } })).json(), {});
      assert.deepEqual((await client.call('POST', '/_missing_revs', { body: { k: ['2-bb', '2-dd'] } })).json(), { missing_revs: { k: ['2-dd'] } });
    },
  },
  {
    name: '_bulk_get answers every request: leaves, single revisions, errors',
    async run(client) {
      await client.replicate([
        { _id: 'k', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] } },
        { _id: 'k', _rev: '2-cc', _revisions: { start: 2, ids: ['cc', 'aa'] } },
      ]);
      const body = { docs: [{ id: 'k' }, { id: 'k', rev: '2-bb' }, { id: 'nope' }, { id: 'k', rev: '3-x' }] };
      const { results } = (await client.call('POST', '/_bulk_get?revs=true', { body })).json<{ results: { id: string; docs: { ok?: Record<string, unknown>; error?: Record<string, unknown> }[] }[] }>();
      assert.deepEqual(results.map((result) => result.id), ['k', 'k', 'nope', 'k']);
      assert.deepEqual(results[0]?.docs.map((doc) => doc.ok?.['_rev']).sort(), ['2-bb', '2-cc']);
      assert.deepEqual(results[1]?.docs, [{ ok: { _id: 'k', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] } } }]);
      assert.equal(results[2]?.docs[0]?.error?.['error'], 'not_found');
      assert.deepEqual(results[3]?.docs[0]?.error, { id: 'k', rev: '3-x', error: 'not_found', reason: 'missing' });
      const latest = (await client.call('POST', '/_bulk_get?latest=true', { body: { docs: [{ id: 'k', rev: '1-aa' }] } })).json<{ results: { docs: unknown[] }[] }>();
      assert.equal(latest.results[0]?.docs.length, 2);
    },
  },
  {
    name: '_revs_limit cuts what is remembered of a line',
    async run(client) {
      assert.equal((await client.call('GET', '/_revs_limit')).text.trim(), '1000');
      assert.equal((await client.call('PUT', '/_revs_limit', { body: '3' })).text.trim(), '{"ok":true}');
      let rev = await client.put('a', {});
      for (let n = 2; n <= 6; n += 1) rev = await client.put('a', { n, _rev: rev });
      const { _revisions } = (await client.call('GET', '/a?revs=true')).json<{ _revisions: { start: number; ids: string[] } }>();
      assert.deepEqual([_revisions.start, _revisions.ids.length], [6, 3]);
    },
  },
  {
    name: '_all_docs lists by bytes of the id, within bounds, in both directions',
    async run(client) {
      await client.call('POST', '/_bulk_docs', { body: { docs: ['b', 'a', 'B', 'aa', 'é', '\uffee', '😀'].map((_id) => ({ _id })) } });
      const list = async (query: string) => ids((await client.call('GET', `/_all_docs${query}`)).json<Listing>());
      assert.deepEqual(await list(''), ['B', 'a', 'aa', 'b', 'é', '\uffee', '😀']);
      assert.deepEqual(await list(`?startkey=${json('a')}&endkey=${json('b')}`), ['a', 'aa', 'b']);
      assert.deepEqual(await list(`?startkey=${json('a')}&endkey=${json('b')}&inclusive_end=false`), ['a', 'aa']);
      assert.deepEqual(await list(`?startkey=${json('b')}&endkey=${json('a')}&descending=true`), ['b', 'aa', 'a']);
      assert.deepEqual(await list(`?startkey=${json('b')}&endkey=${json('a')}&descending=true&inclusive_end=false`), ['b', 'aa']);
      assert.deepEqual(await list('?limit=2&skip=1'), ['a', 'aa']);
      assert.deepEqual(await list('?limit=0'), []);
      assert.deepEqual(await list(`?key=${json('aa')}`), ['aa']);
      assert.deepEqual(await list('?descending=true&limit=1'), ['😀']);
      const posted = (await client.call('POST', '/_all_docs', { body: { startkey: 'aa', limit: 2 } })).json<Listing>();
      assert.deepEqual([posted.total_rows, ids(posted)], [7, ['aa', 'b']]);
      assert.equal((await client.call('GET', '/_all_docs?limit=x')).status, 400);
    },
  },
  {
    name: '_all_docs by keys answers each key in order: found, deleted, missing; with documents and conflicts',
    async run(client) {
      const rev = await client.put('gone', {});
      await client.call('DELETE', `/gone?rev=${rev}`);
      await client.replicate([
        { _id: 'k', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] } },
        { _id: 'k', _rev: '2-cc', _revisions: { start: 2, ids: ['cc', 'aa'] }, n: 1 },
      ]);
      const body = { keys: ['k', 'never', 'gone', 'k'] };
      const { rows, total_rows } = (await client.call('POST', '/_all_docs?include_docs=true&conflicts=true', { body })).json<Listing>();
      assert.equal(total_rows, 1);
      assert.deepEqual(rows[0], { id: 'k', key: 'k', value: { rev: '2-cc' }, doc: { _id: 'k', _rev: '2-cc', n: 1, _conflicts: ['2-bb'] } });
      assert.deepEqual(rows[1], { key: 'never', error: 'not_found' });
      assert.deepEqual([rows[2]?.id, rows[2]?.value?.deleted, rows[2]?.doc], ['gone', true, null]);
      assert.equal(rows.length, 4);
    },
  },
  {
    name: '_purge removes revisions without a row in the feed, and _purged_infos tells',
    async run(client) {
      const rev = await client.put('a', {});
      await client.put('b', {});
      const before = (await client.call('GET', '')).json<{ purge_seq: string }>().purge_seq;
      const answer = await client.call('POST', '/_purge', { body: { a: [rev] } });
      assert.equal(answer.status, 201);
      assert.deepEqual(answer.json<{ purged: unknown }>().purged, { a: [rev] });
      assert.deepEqual((await client.call('GET', '/a')).json<{ reason: string }>().reason, 'missing');
      const { results } = (await client.call('GET', '/_changes')).json<{ results: { id: string }[] }>();
      assert.deepEqual(results.map((row) => row.id), ['b']);
      assert.deepEqual((await client.call('GET', '/_purged_infos')).json(), { purged_infos: [{ id: 'a', revs: [rev] }] });
      assert.notEqual((await client.call('GET', '')).json<{ purge_seq: string }>().purge_seq, before);
    },
  },
  {
    name: '_find selects by a Mango selector, with fields and limit',
    async run(client) {
      await client.call('POST', '/_bulk_docs', { body: { docs: [1, 2, 3, 4].map((n) => ({ _id: `d${n}`, n, inner: { m: n } })) } });
      const found = (await client.call('POST', '/_find', { body: { selector: { n: { $gt: 1 }, 'inner.m': { $lt: 4 } }, fields: ['_id', 'n'] } })).json<{ docs: unknown[]; warning?: string }>();
      assert.deepEqual(found.docs, [{ _id: 'd2', n: 2 }, { _id: 'd3', n: 3 }]);
      assert.match(String(found.warning), /No matching index/);
      const missing = await client.call('POST', '/_find', { body: {} });
      assert.deepEqual([missing.status, missing.json()], [400, { error: 'missing_required_key', reason: 'Missing required key: selector' }]);
    },
  },
  {
    name: '_security is kept as it was put',
    async run(client) {
      const security = { admins: { names: ['x'], roles: [] }, members: { names: [], roles: ['y'] } };
      assert.equal((await client.call('PUT', '/_security', { body: security })).status, 200);
      assert.deepEqual((await client.call('GET', '/_security')).json(), security);
    },
  },
];
