import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { expect } from 'vitest';

import { checkFacts } from './facts.ts';
import { basic, SYSTEM, type Neuron } from './neuron-fixture.ts';

const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): any => JSON.parse(line));

async function fill({ call }: Neuron, path: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await call('PUT', path, { body: { k: `k${index}`, v: { n: index } } });
}

/** The bytes of an answer, undecoded. */
async function bytes({ server }: Neuron, path: string, coding: string): Promise<{ coding: string | null; body: Buffer }> {
  const { request } = await import('undici');
  const answer = await request(server.url + path, { headers: { authorization: basic('elena:elenas'), 'accept-encoding': coding } });
  return { coding: (answer.headers['content-encoding'] as string | undefined) ?? null, body: Buffer.from(await answer.body.arrayBuffer()) };
}

checkFacts('conditional requests', [
  [
    'ETag is the version, on reads and writes; If-None-Match answers 304 as long as it holds',
    async ({ call }) => {
      const put = await call('PUT', '/_data/etag', { body: { k: 'x', v: { n: 1 } } });
      expect(put.headers.etag).toBe(`"${put.v._ver_}"`);
      const again = await call('GET', '/_data/etag?k=x', { headers: { 'if-none-match': put.headers.etag ?? '' } });
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', put.headers.etag]);
      expect((await call('GET', '/_data/etag?k=x', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
      expect((await call('GET', '/_data/etag?k=x')).headers.etag).toBe(put.headers.etag);
    },
  ],
  [
    'If-Match compares and sets, without a _ver_ in the value; scalars too',
    async ({ call }) => {
      const put = await call('PUT', '/_data/ifmatch', { body: { k: 'x', v: 'one' } });
      const headers = { 'if-match': put.headers.etag ?? '' };
      expect((await call('PUT', '/_data/ifmatch', { headers, body: { k: 'x', v: 'two' } })).v).toBe('two');
      expect((await call('PUT', '/_data/ifmatch', { headers, body: { k: 'x', v: 'three' } })).v).toBe('version_conflict');
      expect((await call('DELETE', '/_data/ifmatch?k=x', { headers })).v).toBe('version_conflict');
      expect((await call('DELETE', '/_data/ifmatch?k=x', { headers: { 'if-match': '*' } })).v).toBe(1);
    },
  ],
  [
    'If-Match: * replaces only, If-None-Match: * creates only',
    async ({ call }) => {
      expect((await call('PUT', '/_data/only', { headers: { 'if-match': '*' }, body: { k: 'x', v: {} } })).v).toBe('not_found');
      expect((await call('PUT', '/_data/only', { headers: { 'if-none-match': '*' }, body: { k: 'x', v: {} } })).envelope.s).toBe('ok');
      expect((await call('PUT', '/_data/only', { headers: { 'if-none-match': '*' }, body: { k: 'x', v: {} } })).v).toBe('version_conflict');
      expect((await call('PUT', '/_data/only', { headers: { 'if-match': '*' }, body: { k: 'x', v: { n: 2 } } })).v.n).toBe(2);
    },
  ],
  [
    'a conflict names the version that stands',
    async ({ call }) => {
      const put = await call('PUT', '/_data/stands', { body: { k: 'x', v: {} } });
      const late = await call('PUT', '/_data/stands', { body: { k: 'x', v: { _ver_: 'old' } } });
      expect(late.headers['x-kv4-current-version']).toBe(put.v._ver_);
    },
  ],
]);

checkFacts('what has no room elsewhere', [
  [
    'p=<path> goes on where the path of the URL ends, and its segments are names: ., .. and NUL too, on every method',
    async (neuron) => {
      const { call } = neuron;
      for (const path of ['/_data/odd?p=..', '/_data?p=odd/../below', '/_data/odd?p=.%2F%00']) {
        expect((await call('PUT', path, { body: { k: 'x', v: { path } } })).v.path).toBe(path);
        expect((await call('GET', `${path}&k=x`)).v.path).toBe(path);
        expect((await call('GET', path)).v).toEqual(['x']);
      }
      expect((await call('GET', '/_ds/odd?a=paths&l=*data')).v).toEqual(['/odd/./\0', '/odd/..', '/odd/../below']);
      expect((await call('GET', '/_data?k=x')).v).toBe('not_found');
      expect((await call('DELETE', '/_data/odd?p=..')).v).toBe(1);
      expect((await call('GET', '/_data/odd?p=..&tree=1')).v).toHaveLength(1);
      expect((await call('GET', `/_data/odd?p=${'a/'.repeat(32)}`)).v).toBe('bad_request');
    },
  ],
  [
    'p=<path> does not get round a ban',
    async ({ call }) => {
      await call('PUT', '/_auth/BannedByParameter', { body: { k: '127.0.0.1' } });
      for (const path of ['/_data?p=BannedByParameter', '/_data?p=/BannedByParameter/below', '/_data?p=%42annedByParameter', '/_ns?p=BannedByParameter']) {
        expect([path, (await call('GET', path)).v]).toEqual([path, 'unauthorized']);
      }
    },
  ],
  [
    '_ver_=<version> as a parameter locks, _ver_=_splat_ overwrites, any value; empty, a key that is there is _ver_missing',
    async ({ call }) => {
      const write = (query: string, v: unknown) => call('PUT', `/_data/verparam?${query}`, { body: { k: 'x', v } });
      const first = await write('_ver_=', 'one');
      expect(first.v).toBe('one');
      const version = (first.headers.etag ?? '').slice(1, -1);
      expect((await write('', 'two')).v).toBe('_ver_missing');
      expect((await write('_ver_=', 'two')).v).toBe('_ver_missing');
      expect((await write(`_ver_=${version}`, [2])).v).toEqual([2]);
      expect((await write(`_ver_=${version}`, 3)).v).toBe('version_conflict');
      expect((await write('_ver_=_splat_', null)).envelope).toEqual({ v: null, s: 'ok' });
      expect((await call('PATCH', '/_data/verparam?_ver_=', { body: { k: 'x', v: { n: 1 } } })).v).toBe('_ver_missing');
      expect((await call('DELETE', '/_data/verparam?k=x&_ver_=')).v).toBe('_ver_missing');
      expect((await call('DELETE', `/_data/verparam?k=x&_ver_=${version}`)).v).toBe('version_conflict');
      expect((await call('DELETE', '/_data/verparam?k=x&_ver_=_splat_')).v).toBe(1);
    },
  ],
  [
    '_ver_ inside the value wins over the parameter, and If-Match over both',
    async ({ call }) => {
      const first = await call('PUT', '/_data/verwins', { body: { k: 'x', v: { n: 1 } } });
      const stale = { k: 'x', v: { n: 2, _ver_: 'stale' } };
      expect((await call('PUT', '/_data/verwins?_ver_=_splat_', { body: stale })).v).toBe('version_conflict');
      expect((await call('PUT', '/_data/verwins?_ver_=stale', { headers: { 'if-match': first.headers.etag ?? '' }, body: stale })).v.n).toBe(2);
    },
  ],
  [
    'm in the body is the whole set of additional keys, {} removes them, and without it they stay',
    async ({ call }) => {
      const write = async (fields: object) => (await call('PUT', '/_data/addkeys?as=datum&_ver_=_splat_', { body: { k: 'x', v: { n: 1 }, ...fields } })).v;
      expect((await write({ k2: 'two', k3: 'three' })).m).toEqual({ k2: 'two', k3: 'three' });
      expect((await write({})).m).toEqual({ k2: 'two', k3: 'three' });
      expect((await write({ m: null })).m).toEqual({ k2: 'two', k3: 'three' });
      expect((await write({ m: { k4: 'four' } })).m).toEqual({ k4: 'four' });
      expect((await write({ m: {} })).m).toEqual({});
      expect((await call('GET', '/_data/addkeys?k2=two')).v).toBe('not_found');
      for (const m of ['two', ['two'], 5, { k5: 'five' }]) expect(await write({ m })).toBe('bad_value');
      expect(await write({ m: { k2: {} } })).toBe('bad_name');
    },
  ],
]);

checkFacts('merging, expiry, layers', [
  [
    'PATCH and merge=1 lay fields over without a _ver_, heed one that is given, and create',
    async ({ call }) => {
      const put = await call('PUT', '/_data/merge', { body: { k: 'x', v: { a: 1, b: 2 } } });
      const patched = await call('PATCH', '/_data/merge', { body: { k: 'x', v: { b: 3 } } });
      expect(patched.v).toEqual({ a: 1, b: 3, _ver_: expect.any(String) });
      expect((await call('POST', '/_data/merge?merge=1', { body: { k: 'x', v: { c: 4 } } })).v).toMatchObject({ a: 1, b: 3, c: 4 });
      expect((await call('PATCH', '/_data/merge', { body: { k: 'x', v: { c: 5, _ver_: put.v._ver_ } } })).v).toBe('version_conflict');
      expect((await call('PATCH', '/_data/merge', { body: { k: 'new', v: { c: 5 } } })).v.c).toBe(5);
    },
  ],
  [
    'expire=<seconds> gives a key a life; 0 or rubbish is bad_option',
    async ({ call }) => {
      const { v } = await call('PUT', '/_data/expiry?expire=3600&as=datum', { body: { k: 'x', v: {} } });
      expect(Math.abs(v.x - Date.now() - 3_600_000)).toBeLessThan(60_000);
      for (const value of ['0', '-1', 'x', 'NaN', 'Infinity', '1e30']) expect((await call('PUT', `/_data/expiry?expire=${value}`, { body: { k: 'y', v: {} } })).v).toBe('bad_option');
    },
  ],
  [
    "l=<layer> is another layer of the account; other services' layers are bad_layer_prefix",
    async ({ call }) => {
      await call('PUT', '/_data/layers?l=mine', { body: { k: 'x', v: { n: 1 } } });
      expect((await call('GET', '/_data/layers?l=mine&k=x')).v.n).toBe(1);
      expect((await call('GET', '/_data/layers?k=x')).v).toBe('not_found');
      for (const layer of ['*acc', '*ns', '*subs', '*auth', '*stats:api:3', '*database']) expect((await call('GET', `/_data/layers?l=${layer}`)).v).toBe('bad_layer_prefix');
    },
  ],
  [
    'the system account reads who its neurons are, and nobody writes there: l=*leases',
    async ({ call, store }) => {
      const path = '/_data/runtime/hosts/active?l=*leases&k=a';
      await store.put({ bucket: '$sys', layer: '*leases', path: '/runtime/hosts/active', key: 'a' }, { load: 0.5 });
      expect((await call('GET', path, { login: SYSTEM })).v).toMatchObject({ load: 0.5 });
      expect((await call('GET', path)).v).toBe('bad_layer_prefix');
      expect((await call('GET', path.replace('leases', 'links'), { login: SYSTEM })).v).toBe('bad_layer_prefix');
      for (const method of ['PUT', 'POST', 'DELETE']) expect((await call(method, path, { login: SYSTEM, body: { v: {} } })).v).toBe('bad_layer_prefix');
    },
  ],
  [
    'as=datum on a write and on ?k= answers the whole record',
    async ({ call }) => {
      const put = await call('PUT', '/_data/whole?as=datum', { body: { k: 'x', v: { n: 1 } } });
      expect(put.v).toMatchObject({ k: 'x', a: 'elena', v: { n: 1 } });
      expect((await call('GET', '/_data/whole?k=x&as=datum')).v).toEqual(put.v);
    },
  ],
]);

checkFacts('trees, pages and lines', [
  [
    'tree=1 is the records beneath, to a depth; subtree=1 deletes them',
    async ({ call }) => {
      for (const path of ['Tree', 'Tree/a', 'Tree/a/b', 'Treetop']) await call('PUT', `/_data/${path}`, { body: { k: 'x', v: {} } });
      const paths = async (query: string) => (await call('GET', `/_data/Tree?tree=1${query}`)).v.map((record: { p: string }) => record.p);
      expect(await paths('')).toEqual(['/Tree', '/Tree/a', '/Tree/a/b']);
      expect(await paths('&depth=1')).toEqual(['/Tree', '/Tree/a']);
      expect(await paths('&depth=0')).toEqual(['/Tree']);
      expect((await call('DELETE', '/_data/Tree?subtree=1')).v).toBe(3);
      expect((await call('GET', '/_data/Treetop')).v).toEqual(['x']);
    },
  ],
  [
    'limit and after read page by page; the next cursor stands in X-KV4-Next and Link',
    async (neuron) => {
      await fill(neuron, '/_data/pages', 5);
      for (const as of ['', '&as=datum', '&as=values', '&tree=1']) {
        let path: string | undefined = `/_data/pages?limit=2${as}`;
        const sizes: number[] = [];
        while (path !== undefined) {
          const answer = await neuron.call('GET', path);
          sizes.push(answer.v.length);
          const next = answer.headers['x-kv4-next'];
          path = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1];
          expect(path === undefined).toBe(next === undefined);
        }
        expect(sizes).toEqual([2, 2, 1]);
      }
      for (const query of ['limit=x', 'limit=0', 'limit=-1', 'limit=1e9', 'after=rubbish']) expect((await neuron.call('GET', `/_data/pages?${query}`)).v).toBe('bad_option');
    },
  ],
  [
    'a listing longer than a page is complete, streamed; as lines too, and compressed',
    async (neuron) => {
      await Promise.all(Array.from({ length: 2500 }, (_item, index) => neuron.store.put({ bucket: 'elena', layer: '*data', path: '/long', key: `k${index}` }, { n: index })));
      expect((await neuron.call('GET', '/_data/long')).v).toHaveLength(2500);
      const values = (await neuron.call('GET', '/_data/long?as=values')).v;
      expect(new Set(values.map((value: { n: number }) => value.n)).size).toBe(2500);
      const { text, headers } = await neuron.call('GET', '/_data/long?as=datum', { headers: { accept: 'application/x-ndjson' } });
      expect(headers['content-type']).toBe('application/x-ndjson');
      expect(lines(text)).toHaveLength(2500);
      const gzipped = await bytes(neuron, '/_data/long', 'gzip');
      expect(JSON.parse(gunzipSync(gzipped.body).toString()).v).toHaveLength(2500);
      expect((await neuron.call('HEAD', '/_data/long')).text).toBe('');
    },
  ],
  [
    'lines carry keys, values, records or rows, without an envelope',
    async (neuron) => {
      await fill(neuron, '/_data/lines', 2);
      const headers = { accept: 'application/x-ndjson' };
      expect(lines((await neuron.call('GET', '/_data/lines', { headers })).text)).toEqual(['k0', 'k1']);
      expect(lines((await neuron.call('GET', '/_data/lines?as=values', { headers })).text).map(({ n }) => n)).toEqual([0, 1]);
      expect(lines((await neuron.call('GET', '/_data/lines?k=k0&time_series=1', { headers })).text)).toEqual([[expect.any(Number), 'elena', { n: 0, _ver_: expect.any(String) }]]);
      expect((await neuron.call('GET', '/_data/none', { headers })).text).toBe('');
    },
  ],
  [
    'large answers are compressed for who accepts it, small ones are not',
    async (neuron) => {
      await neuron.call('PUT', '/_data/big', { body: { k: 'x', v: { text: 'abc '.repeat(5000) } } });
      const plain = await bytes(neuron, '/_data/big?k=x', 'identity');
      expect(plain.coding).toBeNull();
      for (const [accept, coding, decode] of [
        ['gzip', 'gzip', gunzipSync],
        ['gzip, br', 'br', brotliDecompressSync],
        ['br;q=0, gzip', 'gzip', gunzipSync],
      ] as const) {
        const packed = await bytes(neuron, '/_data/big?k=x', accept);
        expect(packed.coding).toBe(coding);
        expect(packed.body.length).toBeLessThan(plain.body.length / 10);
        expect(decode(packed.body).equals(plain.body)).toBe(true);
      }
      await neuron.call('PUT', '/_data/big', { body: { k: 'small', v: {} } });
      expect((await bytes(neuron, '/_data/big?k=small', 'gzip')).coding).toBeNull();
    },
  ],
]);

checkFacts('time', [
  [
    'at=<moment> is the value, listing or subtree as it was, in milliseconds or ISO 8601',
    async ({ call }) => {
      const first = await call('PUT', '/_data/past', { body: { k: 'x', v: { n: 1 } } });
      const then = Number.parseInt(first.v._ver_.slice(0, 12), 16);
      while (Date.now() <= then) await new Promise<void>((resolve) => setImmediate(resolve));
      await call('PUT', '/_data/past', { body: { k: 'x', v: { n: 2, _ver_: first.v._ver_ } } });
      await call('PUT', '/_data/past/below', { body: { k: 'y', v: {} } });
      for (const moment of [then, new Date(then).toISOString()]) {
        expect((await call('GET', `/_data/past?k=x&at=${moment}`)).v).toEqual(first.v);
        expect((await call('GET', `/_data/past?as=values&at=${moment}`)).v).toEqual([first.v]);
        expect((await call('GET', `/_data/past?tree=1&at=${moment}`)).v).toHaveLength(1);
      }
      expect((await call('GET', `/_data/past?k=x&at=${then - 1}`)).v).toBe('not_found');
      expect((await call('GET', `/_data/past?at=${then - 1}`)).v).toEqual([]);
      expect((await call('GET', '/_data/past?k=x&at=rubbish')).v).toBe('bad_option');
    },
  ],
  [
    'aggregate=1 measures a series, by group with break',
    async ({ call }) => {
      for (const price of [10, 20, 60]) await call('PUT', '/_data/agg', { body: { k: 'x', v: { price, _ver_: '_splat_' } } });
      expect((await call('GET', '/_data/agg?k=x&aggregate=1&field=price')).v).toEqual({ total: { sum: 90, min: 10, max: 60, count: 3, avg: 30, p50: 20, p95: 60, p99: 60 } });
      const { total, groups } = (await call('GET', '/_data/agg?k=x&aggregate=1&field=price&break=year')).v;
      expect(total.sum).toBe(90);
      expect(Object.keys(groups)).toEqual([String(new Date().getUTCFullYear())]);
      expect((await call('GET', '/_data/agg?k=none&aggregate=1&field=price')).v).toEqual({ total: null });
      expect((await call('GET', '/_data/agg?k=x&aggregate=1&break=fortnight')).v).toBe('bad_option');
    },
  ],
  [
    'fresh=1 and max_age are accepted on every read; rubbish is bad_option',
    async ({ call }) => {
      await call('PUT', '/_data/fresh', { body: { k: 'x', v: { n: 1 } } });
      for (const query of ['fresh=1', 'max_age=1000', 'max_age=0']) {
        expect((await call('GET', `/_data/fresh?k=x&${query}`)).v.n).toBe(1);
        expect((await call('GET', `/_data/fresh?${query}`)).v).toEqual(['x']);
      }
      expect((await call('GET', '/_data/fresh?k=x&max_age=rubbish')).v).toBe('bad_option');
    },
  ],
]);
