import assert from 'node:assert/strict';
import type { ProtocolCase } from './protocol-case.ts';

interface Failure {
  error: string;
  reason: string;
}

const CONFLICT = { error: 'conflict', reason: 'Document update conflict.' };

/** Server, database, single documents. */
export const documentCases: readonly ProtocolCase[] = [
  {
    name: 'GET / welcomes with a version and a uuid',
    async run(client) {
      const answer = await client.server('GET', '/');
      assert.equal(answer.status, 200);
      const body = answer.json<{ couchdb: string; version: string; uuid: string }>();
      assert.equal(body.couchdb, 'Welcome');
      assert.match(body.version, /^3\./);
      assert.match(body.uuid, /^[0-9a-f]{32}$/);
    },
  },
  {
    name: '_up says ok, _uuids gives as many as asked, and the database is among _all_dbs',
    async run(client) {
      assert.equal((await client.server('GET', '/_up')).json<{ status: string }>().status, 'ok');
      const { uuids } = (await client.server('GET', '/_uuids?count=3')).json<{ uuids: string[] }>();
      assert.equal(new Set(uuids).size, 3);
      for (const uuid of uuids) assert.match(uuid, /^[0-9a-f]{32}$/);
      assert.ok((await client.server('GET', '/_all_dbs')).json<string[]>().includes(client.database.slice(1)));
    },
  },
  {
    name: 'a database is created once (412) and deleted once (404)',
    async run(client) {
      const again = await client.call('PUT', '');
      assert.equal(again.status, 412);
      assert.deepEqual(again.json<Failure>(), { error: 'file_exists', reason: 'The database could not be created, the file already exists.' });
      assert.equal((await client.call('DELETE', '')).text.trim(), '{"ok":true}');
      const gone = await client.call('DELETE', '');
      assert.equal(gone.status, 404);
      assert.deepEqual(gone.json<Failure>(), { error: 'not_found', reason: 'Database does not exist.' });
      assert.equal((await client.call('GET', '/a')).status, 404);
    },
  },
  {
    name: 'a bad database name is refused with 400 illegal_database_name',
    async run(client) {
      for (const name of ['Bad', '9a', '%20a', 'a%21']) {
        const answer = await client.server('PUT', `/${name}`);
        assert.equal(answer.status, 400, name);
        assert.equal(answer.json<Failure>().error, 'illegal_database_name');
      }
    },
  },
  {
    name: 'database information counts documents and deletions and has sequences that are strings',
    async run(client) {
      await client.put('a', {});
      const rev = await client.put('b', {});
      await client.call('DELETE', `/b?rev=${rev}`);
      const info = (await client.call('GET', '')).json<Record<string, unknown>>();
      assert.equal(info['doc_count'], 1);
      assert.equal(info['doc_del_count'], 1);
      assert.equal(info['db_name'], client.database.slice(1));
      assert.match(String(info['instance_start_time']), /^[0-9]{9,}$/);
      assert.equal(typeof info['update_seq'], 'string');
      assert.match(String(info['update_seq']), /^3-.{8,}/);
      assert.equal(typeof info['purge_seq'], 'string');
    },
  },
  {
    name: 'a stored document is answered with id and revision, and its ETag is the revision',
    async run(client) {
      const saved = await client.call('PUT', '/a', { body: { text: 'é€😀', list: [1, 2.5, null, true] } });
      assert.equal(saved.status, 201);
      const { ok, id, rev } = saved.json<{ ok: boolean; id: string; rev: string }>();
      assert.deepEqual([ok, id], [true, 'a']);
      assert.match(rev, /^1-[0-9a-f]{32}$/);
      assert.equal(saved.headers['etag'], `"${rev}"`);
      const read = await client.call('GET', '/a');
      assert.equal(read.headers['etag'], `"${rev}"`);
      assert.deepEqual(read.json(), { _id: 'a', _rev: rev, text: 'é€😀', list: [1, 2.5, null, true] });
      assert.equal((await client.call('GET', '/a', { headers: { 'if-none-match': `"${rev}"` } })).status, 304);
      const head = await client.call('HEAD', '/a');
      assert.deepEqual([head.status, head.headers['etag'], head.text], [200, `"${rev}"`, '']);
    },
  },
  {
    name: 'an update needs the present revision, in the body, the query or If-Match',
    async run(client) {
      const first = await client.put('a', { n: 1 });
      for (const attempt of [client.call('PUT', '/a', { body: { n: 2 } }), client.call('PUT', '/a', { body: { n: 2, _rev: `1-${'0'.repeat(32)}` } })]) {
        const answer = await attempt;
        assert.equal(answer.status, 409);
        assert.deepEqual(answer.json<Failure>(), CONFLICT);
      }
      const second = await client.put('a', { n: 2, _rev: first });
      const third = (await client.call('PUT', `/a?rev=${second}`, { body: { n: 3 } })).json<{ rev: string }>().rev;
      const fourth = (await client.call('PUT', '/a', { body: { n: 4 }, headers: { 'if-match': third } })).json<{ rev: string }>().rev;
      assert.match(fourth, /^4-/);
      assert.equal((await client.call('PUT', '/a', { body: { n: 5, _rev: first } })).status, 409);
      assert.equal((await client.call('GET', '/a')).json<{ n: number }>().n, 4);
    },
  },
  {
    name: 'a document that never was is "missing", a deleted one "deleted"',
    async run(client) {
      const missing = await client.call('GET', '/a');
      assert.equal(missing.status, 404);
      assert.deepEqual(missing.json<Failure>(), { error: 'not_found', reason: 'missing' });
      const rev = await client.put('a', {});
      const gone = await client.call('DELETE', `/a?rev=${rev}`);
      assert.equal(gone.status, 200);
      assert.match(gone.json<{ rev: string }>().rev, /^2-/);
      const deleted = await client.call('GET', '/a');
      assert.equal(deleted.status, 404);
      assert.deepEqual(deleted.json<Failure>(), { error: 'not_found', reason: 'deleted' });
      assert.equal((await client.call('DELETE', '/a')).json<Failure>().reason, 'deleted');
      assert.equal((await client.call('DELETE', '/never')).json<Failure>().reason, 'missing');
    },
  },
  {
    name: 'a deletion needs the revision, keeps its members and can be followed by a new life',
    async run(client) {
      const rev = await client.put('a', {});
      assert.equal((await client.call('DELETE', '/a')).status, 409);
      const gone = await client.call('PUT', '/a', { body: { _rev: rev, _deleted: true, why: 'test' } });
      assert.equal(gone.status, 200);
      const tombstone = gone.json<{ rev: string }>().rev;
      assert.deepEqual((await client.call('GET', `/a?rev=${tombstone}`)).json(), { _id: 'a', _rev: tombstone, _deleted: true, why: 'test' });
      assert.match(await client.put('a', { again: true }), /^3-/);
    },
  },
  {
    name: 'bodies that are not documents are refused with 400',
    async run(client) {
      const attempts: [string, unknown, string, string][] = [
        ['/a', '{bad', 'bad_request', 'invalid UTF-8 JSON'],
        ['/a', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'bad_request', 'invalid UTF-8 JSON'],
        ['/a', '[1]', 'bad_request', 'Document must be a JSON object'],
        ['/a', { _unknown: 1 }, 'doc_validation', 'Bad special document member: _unknown'],
        ['/_a', {}, 'illegal_docid', 'Only reserved document ids may start with underscore.'],
        ['/a', { _rev: 'zz' }, 'bad_request', 'Invalid rev format'],
        ['/a', { _deleted: 'x' }, 'doc_validation', 'Bad special document member: _deleted'],
      ];
      for (const [path, body, error, reason] of attempts) {
        const answer = await client.call('PUT', path, { body });
        assert.equal(answer.status, 400, reason);
        assert.deepEqual(answer.json<Failure>(), { error, reason });
      }
    },
  },
  {
    name: 'POST to the database chooses an id, and wants JSON (415)',
    async run(client) {
      const answer = await client.call('POST', '', { body: { n: 1 } });
      assert.equal(answer.status, 201);
      const { id } = answer.json<{ id: string }>();
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.equal((await client.call('GET', `/${id}`)).json<{ n: number }>().n, 1);
      const wrong = await client.call('POST', '', { body: '{}', headers: { 'content-type': 'text/plain' } });
      assert.equal(wrong.status, 415);
      assert.deepEqual(wrong.json<Failure>(), { error: 'bad_content_type', reason: 'Content-Type must be application/json' });
    },
  },
  {
    name: 'other methods are answered with 405 and the list of those allowed',
    async run(client) {
      const answer = await client.call('DELETE', '/_changes');
      assert.equal(answer.status, 405);
      assert.equal(answer.json<Failure>().error, 'method_not_allowed');
      assert.match(String(answer.headers['allow']), /GET/);
    },
  },
  {
    name: 'any text is an id: slash, plus, percent, quotes, other scripts',
    async run(client) {
      for (const id of ['a/b', 'a+b', 'a b', '100%', '"quoted"', "it's", 'ключ', '😀', 'd!b!l!!k']) {
        const rev = await client.put(id, { id });
        assert.deepEqual((await client.call('GET', `/${encodeURIComponent(id)}`)).json(), { _id: id, _rev: rev, id });
      }
      assert.equal((await client.call('PUT', '/_design/x', { body: { n: 1 } })).status, 201);
      assert.equal((await client.call('GET', '/_design/x')).json<{ _id: string }>()._id, '_design/x');
      assert.equal((await client.call('GET', '/_all_docs')).json<{ total_rows: number }>().total_rows, 10);
    },
  },
  {
    name: 'local documents have revisions 0-N, the last write wins, and they are in no listing and no feed',
    async run(client) {
      assert.equal((await client.call('GET', '/_local/x')).status, 404);
      const first = await client.call('PUT', '/_local/x', { body: { n: 1 } });
      assert.deepEqual(first.json(), { ok: true, id: '_local/x', rev: '0-1' });
      assert.equal((await client.call('PUT', '/_local/x', { body: { n: 3 } })).json<{ rev: string }>().rev, '0-1');
      assert.equal((await client.call('PUT', '/_local/x', { body: { n: 2, _rev: '0-1' } })).json<{ rev: string }>().rev, '0-2');
      assert.deepEqual((await client.call('GET', '/_local/x')).json(), { _id: '_local/x', _rev: '0-2', n: 2 });
      assert.deepEqual((await client.call('GET', '/_all_docs')).json<{ rows: unknown[] }>().rows, []);
      assert.deepEqual((await client.call('GET', '/_changes')).json<{ results: unknown[] }>().results, []);
      assert.equal((await client.call('DELETE', '/_local/x?rev=0-2')).status, 200);
      assert.equal((await client.call('GET', '/_local/x')).status, 404);
    },
  },
  {
    name: '_ensure_full_commit answers 201 with the instance start time',
    async run(client) {
      const answer = await client.call('POST', '/_ensure_full_commit', { headers: { 'content-type': 'application/json' } });
      assert.equal(answer.status, 201);
      const info = (await client.call('GET', '')).json<{ instance_start_time: string }>();
      assert.deepEqual(answer.json(), { ok: true, instance_start_time: info.instance_start_time });
    },
  },
  {
    name: 'attachments: inline data becomes a stub with digest and length, and is kept through updates that name it',
    async run(client) {
      const data = Buffer.from([0, 1, 2, 255]);
      const rev = await client.put('a', { _attachments: { 'f.bin': { content_type: 'application/octet-stream', data: data.toString('base64') } } });
      const read = (await client.call('GET', '/a')).json<{ _attachments: Record<string, Record<string, unknown>> }>();
      assert.deepEqual(read._attachments['f.bin'], { content_type: 'application/octet-stream', revpos: 1, digest: 'md5-BBbauBmIczOvgx+MdlrCrg==', length: 4, stub: true }, JSON.stringify(read));
      const next = await client.put('a', { ...read, n: 2 });
      const inline = (await client.call('GET', '/a?attachments=true')).json<{ _attachments: Record<string, { data: string }> }>();
      assert.equal(inline._attachments['f.bin']?.data, data.toString('base64'));
      assert.notEqual(rev, next);
      const lost = await client.call('PUT', '/b', { body: { _attachments: { x: { stub: true, content_type: 'a/b' } } } });
      assert.equal(lost.status, 412);
      assert.equal(lost.json<Failure>().error, 'missing_stub');
    },
  },
  {
    name: 'attachments: PUT, GET, DELETE by themselves',
    async run(client) {
      const saved = await client.call('PUT', '/a/f.bin', { body: 'hello', headers: { 'content-type': 'application/octet-stream' } });
      assert.equal(saved.status, 201);
      const read = await client.call('GET', '/a/f.bin');
      assert.deepEqual([read.status, read.text, read.headers['content-type']], [200, 'hello', 'application/octet-stream']);
      const missing = await client.call('GET', '/a/g');
      assert.equal(missing.status, 404);
      assert.deepEqual(missing.json<Failure>(), { error: 'not_found', reason: 'Document is missing attachment' });
      const gone = await client.call('DELETE', `/a/f.bin?rev=${saved.json<{ rev: string }>().rev}`);
      assert.equal(gone.status, 200);
      assert.equal((await client.call('GET', '/a/f.bin')).status, 404);
    },
  },
];
