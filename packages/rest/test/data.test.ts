import { expect } from 'vitest';

import { checkFacts } from './facts.ts';

checkFacts('_data', [
  [
    'PUT creates and answers the stored object with _ver_',
    async ({ call }) => {
      const { envelope, status } = await call('PUT', '/_data/a/create', { body: { k: 'x', v: { n: 1 } } });
      expect(status).toBe(200);
      expect(envelope).toEqual({ v: { n: 1, _ver_: expect.any(String) }, s: 'ok' });
    },
  ],
  [
    'POST creates too, as old documents say',
    async ({ call }) => {
      expect((await call('POST', '/_data/a/post', { body: { k: 'x', v: { n: 1 } } })).envelope).toEqual({ v: { n: 1, _ver_: expect.any(String) }, s: 'ok' });
    },
  ],
  [
    'GET ?k= answers the object with the same _ver_',
    async ({ call }) => {
      const put = await call('PUT', '/_data/a/get', { body: { k: 'x', v: { n: 1 } } });
      expect((await call('GET', '/_data/a/get?k=x')).v).toEqual(put.v);
      expect((await call('GET', '/_data/a/get?k=x')).v).toEqual(put.v);
    },
  ],
  [
    'GET of a missing key is not_found with status 200',
    async ({ call }) => {
      const { status, envelope } = await call('GET', '/_data/a/missing?k=x');
      expect([status, envelope]).toEqual([200, { v: 'not_found', s: 'error' }]);
    },
  ],
  [
    'updating with the current _ver_ inside v succeeds, with PUT and with POST',
    async ({ call }) => {
      const first = await call('PUT', '/_data/a/lock', { body: { k: 'x', v: { n: 1 } } });
      const second = await call('POST', '/_data/a/lock', { body: { k: 'x', v: { n: 2, _ver_: first.v._ver_ } } });
      expect(second.v).toEqual({ n: 2, _ver_: expect.any(String) });
      expect(second.v._ver_ > first.v._ver_).toBe(true);
      const third = await call('PUT', '/_data/a/lock', { body: { k: 'x', v: { n: 3, _ver_: second.v._ver_ } } });
      expect(third.v.n).toBe(3);
      expect((await call('GET', '/_data/a/lock?k=x')).v).toEqual(third.v);
    },
  ],
  [
    'updating without _ver_ is _ver_missing',
    async ({ call }) => {
      await call('PUT', '/_data/a/nover', { body: { k: 'x', v: { n: 1 } } });
      expect((await call('PUT', '/_data/a/nover', { body: { k: 'x', v: { n: 2 } } })).envelope).toEqual({ v: '_ver_missing', s: 'error' });
    },
  ],
  [
    'updating with a stale _ver_ is version_conflict',
    async ({ call }) => {
      const first = await call('PUT', '/_data/a/stale', { body: { k: 'x', v: { n: 1 } } });
      await call('PUT', '/_data/a/stale', { body: { k: 'x', v: { n: 2, _ver_: first.v._ver_ } } });
      const late = await call('POST', '/_data/a/stale', { body: { k: 'x', v: { n: 3, _ver_: first.v._ver_ } } });
      expect(late.envelope).toEqual({ v: 'version_conflict', s: 'error' });
    },
  ],
  [
    'of two writers with the same _ver_ exactly one succeeds',
    async ({ call }) => {
      const first = await call('PUT', '/_data/a/race', { body: { k: 'x', v: { n: 0 } } });
      const both = await Promise.all([1, 2].map((n) => call('POST', '/_data/a/race', { body: { k: 'x', v: { n, _ver_: first.v._ver_ } } })));
      expect(both.map(({ envelope }) => envelope.s).sort()).toEqual(['error', 'ok']);
    },
  ],
  [
    '"_ver_":"_splat_" overwrites whatever is there',
    async ({ call }) => {
      await call('PUT', '/_data/a/splat', { body: { k: 'x', v: { n: 1 } } });
      expect((await call('PUT', '/_data/a/splat', { body: { k: 'x', v: { n: 2, _ver_: '_splat_' } } })).v).toEqual({ n: 2, _ver_: expect.any(String) });
    },
  ],
  [
    'a _ver_ on a key that does not exist is ignored: the lobby client sends the version of a namespace',
    async ({ call }) => {
      const ns = await call('PUT', '/_ns/LobbyData');
      const { envelope } = await call('PUT', '/_data/LobbyData', { body: { k: 'room', v: { _ver_: ns.v._ver_ } } });
      expect(envelope).toEqual({ v: { _ver_: expect.any(String) }, s: 'ok' });
    },
  ],
  [
    'a _ver_ that is no text is a stale one',
    async ({ call }) => {
      await call('PUT', '/_data/a/numver', { body: { k: 'x', v: { n: 1 } } });
      expect((await call('PUT', '/_data/a/numver', { body: { k: 'x', v: { n: 2, _ver_: 5 } } })).v).toBe('version_conflict');
    },
  ],
  [
    'a body without v is value_missing, and so is a null, empty or {} body',
    async ({ call }) => {
      for (const raw of ['{"k":"x"}', 'null', '', '{}']) {
        const { v } = await call('PUT', '/_data/a/novalue?k=x', { raw, headers: { 'content-type': 'application/json' } });
        expect(v).toBe('value_missing');
      }
    },
  ],
  [
    'a write without a key is bad_name; the key may stand in the query',
    async ({ call }) => {
      expect((await call('PUT', '/_data/a/nokey', { body: { v: {} } })).v).toBe('bad_name');
      expect((await call('PUT', '/_data/a/nokey?k=q', { body: { v: { n: 1 } } })).v.n).toBe(1);
      expect((await call('GET', '/_data/a/nokey')).v).toEqual(['q']);
    },
  ],
  [
    'scalars, arrays and null are stored verbatim, without a place for _ver_',
    async ({ call }) => {
      for (const [key, value] of Object.entries({ s: 'text', n: 5, b: false, a: [1, { x: 2 }], z: null })) {
        expect((await call('PUT', '/_data/a/scalar', { body: { k: key, v: value } })).envelope).toEqual({ v: value, s: 'ok' });
        expect((await call('GET', `/_data/a/scalar?k=${key}`)).envelope).toEqual({ v: value, s: 'ok' });
      }
    },
  ],
  [
    'null in an update sets the field to null and does not remove it',
    async ({ call }) => {
      const first = await call('PUT', '/_data/a/nulls', { body: { k: 'x', v: { a: 1, b: 2 } } });
      await call('POST', '/_data/a/nulls', { body: { k: 'x', v: { a: null, b: 2, _ver_: first.v._ver_ } } });
      expect((await call('GET', '/_data/a/nulls?k=x')).v).toEqual({ a: null, b: 2, _ver_: expect.any(String) });
    },
  ],
  [
    'GET without k is the array of keys; of an unknown path the empty array',
    async ({ call }) => {
      await call('PUT', '/_data/a/keys', { body: { k: 'b', v: {} } });
      await call('PUT', '/_data/a/keys', { body: { k: 'a', v: {} } });
      expect((await call('GET', '/_data/a/keys')).envelope).toEqual({ v: ['a', 'b'], s: 'ok' });
      expect((await call('GET', '/_data/no/such/path')).envelope).toEqual({ v: [], s: 'ok' });
    },
  ],
  [
    'as=datum is an array of raw records, _id being the _ver_',
    async ({ call }) => {
      const before = Math.floor(Date.now() / 1000);
      const put = await call('PUT', '/_data/a/datum?k2=second', { body: { k: 'x', v: { n: 1 } } });
      const [record, ...others] = (await call('GET', '/_data/a/datum?as=datum')).v;
      expect(others).toEqual([]);
      expect(record).toEqual({
        w: 'elena',
        k: 'x',
        l: '*data',
        p: '/a/datum',
        t: expect.any(Number),
        m: { k2: 'second' },
        v: put.v,
        s: 'c',
        a: 'elena',
        _id: put.v._ver_,
        _rev: expect.any(String),
      });
      expect(record.t).toBeGreaterThanOrEqual(before);
      expect(record.t).toBeLessThanOrEqual(Date.now() / 1000);
    },
  ],
  [
    'as=1 means datum, as clients of before 3.5 send it; as=values is the bare values',
    async ({ call }) => {
      await call('PUT', '/_data/a/as', { body: { k: 'x', v: { n: 1 } } });
      expect((await call('GET', '/_data/a/as?as=1')).v[0].k).toBe('x');
      expect((await call('GET', '/_data/a/as?as=values')).v).toEqual([{ n: 1, _ver_: expect.any(String) }]);
    },
  ],
  [
    'time_series=1 is rows of unix seconds, author and value, newest first',
    async ({ call }) => {
      const first = await call('PUT', '/_data/a/series', { body: { k: 'x', v: { n: 1 } } });
      const second = await call('PUT', '/_data/a/series', { body: { k: 'x', v: { n: 2, _ver_: first.v._ver_ } } });
      const rows = (await call('GET', '/_data/a/series?k=x&time_series=1')).v;
      expect(rows).toEqual([
        [expect.any(Number), 'elena', second.v],
        [expect.any(Number), 'elena', first.v],
      ]);
      expect(rows[0][0]).toBeLessThan(2 ** 31);
    },
  ],
  [
    'the series of a deleted key is still there, the deletion being a null',
    async ({ call }) => {
      await call('PUT', '/_data/a/gone', { body: { k: 'x', v: { n: 1 } } });
      await call('DELETE', '/_data/a/gone?k=x');
      const rows = (await call('GET', '/_data/a/gone?k=x&time_series=1')).v;
      expect(rows.map((row: unknown[]) => row[2])).toEqual([null, { n: 1, _ver_: expect.any(String) }]);
    },
  ],
  [
    'gs and ge bound a series, both inclusive, in groups without zero-padding',
    async ({ call }) => {
      await call('PUT', '/_data/a/groups', { body: { k: 'x', v: { n: 1 } } });
      const now = new Date();
      const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()];
      const count = async (query: string) => (await call('GET', `/_data/a/groups?k=x&time_series=1&${query}`)).v.length;
      expect(await count(`gs=${year - 1}&ge=${year + 1}`)).toBe(1);
      expect(await count(`gs=${year - 1}:${month}:${day <= 28 ? day : 28}&ge=${year + 1}:1:1:0:0:0`)).toBe(1);
      expect(await count(`gs=${year - 1}`)).toBe(0);
      expect(await count(`gs=${year + 1}`)).toBe(0);
      expect((await call('GET', '/_data/a/groups?k=x&time_series=1&gs=nonsense')).v).toBe('bad_option');
    },
  ],
  [
    'DELETE ?k= answers 1, and 0 when the key is not there',
    async ({ call }) => {
      await call('PUT', '/_data/a/del', { body: { k: 'x', v: {} } });
      expect((await call('DELETE', '/_data/a/del?k=x')).envelope).toEqual({ v: 1, s: 'ok' });
      expect((await call('DELETE', '/_data/a/del?k=x')).envelope).toEqual({ v: 0, s: 'ok' });
      expect((await call('GET', '/_data/a/del?k=x')).v).toBe('not_found');
    },
  ],
  [
    'DELETE of a path answers the number of its keys, 0 for an empty one, and leaves what is beneath',
    async ({ call }) => {
      for (const key of ['x', 'y']) await call('PUT', '/_data/a/delpath', { body: { k: key, v: {} } });
      await call('PUT', '/_data/a/delpath/below', { body: { k: 'z', v: {} } });
      expect((await call('DELETE', '/_data/a/delpath')).v).toBe(2);
      expect((await call('DELETE', '/_data/a/delpath')).v).toBe(0);
      expect((await call('GET', '/_data/a/delpath/below')).v).toEqual(['z']);
    },
  ],
  [
    'a path is gone with its last key',
    async ({ call }) => {
      await call('PUT', '/_data/lastkey', { body: { k: 'x', v: {} } });
      expect((await call('GET', '/_ds?a=paths&l=*data')).v).toContain('/lastkey');
      await call('DELETE', '/_data/lastkey?k=x');
      expect((await call('GET', '/_ds?a=paths&l=*data')).v).not.toContain('/lastkey');
    },
  ],
  [
    'a key deleted and created again begins without a lock',
    async ({ call }) => {
      await call('PUT', '/_data/a/again', { body: { k: 'x', v: { n: 1 } } });
      await call('DELETE', '/_data/a/again?k=x');
      expect((await call('PUT', '/_data/a/again', { body: { k: 'x', v: { n: 2 } } })).v.n).toBe(2);
    },
  ],
  [
    'k2, k3 and k4 find a value too',
    async ({ call }) => {
      await call('PUT', '/_data/a/second', { body: { k: 'x', k2: 'two', k3: 'three', k4: 'four', v: { n: 1 } } });
      for (const query of ['k2=two', 'k3=three', 'k4=four']) expect((await call('GET', `/_data/a/second?${query}`)).v.n).toBe(1);
      expect((await call('GET', '/_data/a/second?k2=other')).v).toBe('not_found');
    },
  ],
  [
    'the root path holds keys too',
    async ({ call }) => {
      await call('PUT', '/_data', { body: { k: 'atroot', v: { n: 1 } } });
      expect((await call('GET', '/_data?k=atroot')).v.n).toBe(1);
      expect((await call('GET', '/_data/')).v).toContain('atroot');
    },
  ],
]);
