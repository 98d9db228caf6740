import { expect } from 'vitest';

import { checkFacts } from './facts.ts';
import { SYSTEM } from './neuron-fixture.ts';

checkFacts('transport', [
  [
    'errors have HTTP status 200 and the envelope',
    async ({ call }) => {
      for (const [method, path, error] of [
        ['GET', '/_data/none?k=x', 'not_found'],
        ['PUT', '/_data/none', 'bad_name'],
        ['GET', '/_host', 'require_type_param'],
        ['PUT', '/_token/none', 'no_namespace'],
      ] as const) {
        const { status, envelope } = await call(method, path);
        expect([status, envelope]).toEqual([200, { v: error, s: 'error' }]);
      }
    },
  ],
  [
    'every GET and DELETE is answered with parseable JSON, also of things that do not exist',
    async ({ call }) => {
      const paths = ['/', '/favicon.ico', '/_nothing/at/all', '/_acc', '/_acc/what?k=x', '/_acc/accounts?k=nobody', '/_ns/none', '/_subs/none', '/_auth', '/_ds/none?a=keys&l=none', '/_stats/none?l=m', '/_turn', '/_host', '/_token'];
      for (const path of paths) {
        for (const method of ['GET', 'DELETE']) {
          const { status, envelope } = await call(method, path);
          expect([status, ['ok', 'error'].includes(envelope.s), Object.keys(envelope)]).toEqual([200, true, ['v', 's']]);
        }
      }
    },
  ],
  [
    'a trailing slash, double slashes and no path do not matter',
    async ({ call }) => {
      await call('PUT', '/_ns/Examples');
      for (const path of ['/_turn/', '/_turn//', '/_turn//Examples', '/_turn', '/_token?expire=20', '/_token//Examples/?expire=20']) {
        expect((await call('PUT', path)).envelope.s).toBe('ok');
      }
      for (const path of ['/_ns/?depth=5', '//_ns', '/_ns//', '/_ds?a=layers', '/_ds/?a=layers']) expect((await call('GET', path)).envelope.s).toBe('ok');
    },
  ],
  [
    'segments and keys are percent-decoded',
    async ({ call }) => {
      await call('PUT', '/_data/with%20space/%C3%BCber', { body: { k: 'a b/c', v: { n: 1 } } });
      expect((await call('GET', '/_data/with%20space/%C3%BCber?k=a%20b%2Fc')).v.n).toBe(1);
      expect((await call('GET', '/_data/with%20space/%c3%bcber/?k=a+b%2fc')).v.n).toBe(1);
    },
  ],
  [
    'a JSON body needs no Content-Type',
    async ({ call }) => {
      expect((await call('PUT', '/_data/types', { raw: '{"k":"none","v":{"n":1}}' })).v.n).toBe(1);
    },
  ],
  [
    'a JSON body may be labelled text/plain, or as a form',
    async ({ call }) => {
      for (const [index, type] of ['text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8'].entries()) {
        const { v } = await call('PUT', '/_data/types', { raw: `{"k":"t${index}","v":{"n":1}}`, headers: { 'content-type': type } });
        expect(v.n).toBe(1);
      }
    },
  ],
  [
    'a form body nests: k=…&v[u]=0',
    async ({ call }) => {
      const { v } = await call('PUT', '/_data/types', { raw: 'k=form&v[u]=0&v%5Bn%5D=b+c', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
      expect(v).toEqual({ u: '0', n: 'b c', _ver_: expect.any(String) });
    },
  ],
  [
    'PUT of _ns, _token and _turn never fails because of the body',
    async ({ call }) => {
      await call('PUT', '/_ns/Bodies');
      const bodies = ['null', '{}', '', ' ', '{broken', '[1,2]', '"text"', '{"v":1e999}', 'k=v', '\xff\xfe'];
      for (const [index, raw] of bodies.entries()) {
        for (const headers of [{}, { 'content-type': 'application/json; charset=utf-8' }]) {
          const unique = `/_ns/Bodies/n${index}${'content-type' in headers ? 't' : ''}`;
          for (const path of [unique, '/_token/Bodies', '/_turn/Bodies']) expect((await call('PUT', path, { raw: Buffer.from(raw, 'latin1'), headers })).envelope.s).toBe('ok');
        }
      }
    },
  ],
  [
    'a preflight is answered without login: GET, POST, PUT, DELETE and the headers Authorization, Content-Type, X-Requested-With',
    async ({ call }) => {
      const { status, headers, text } = await call('OPTIONS', '/_data/x', { login: null, headers: { origin: 'https://app.example', 'access-control-request-method': 'PUT' } });
      expect([status, text, headers['access-control-allow-origin']]).toEqual([204, '', '*']);
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) expect(headers['access-control-allow-methods']).toContain(method);
      for (const name of ['Authorization', 'Content-Type', 'X-Requested-With']) expect(headers['access-control-allow-headers']).toContain(name);
    },
  ],
  [
    'every answer allows every origin, errors included',
    async ({ call }) => {
      for (const path of ['/_ds', '/_data/x?k=none', '/_unknown']) {
        const { headers } = await call('GET', path, { headers: { origin: 'https://app.example' } });
        expect(headers['access-control-allow-origin']).toBe('*');
        expect(headers['access-control-expose-headers']).toContain('ETag');
      }
      expect((await call('GET', '/_ds', { login: null })).headers['access-control-allow-origin']).toBe('*');
    },
  ],
  [
    'HEAD is GET without the body',
    async ({ call }) => {
      await call('PUT', '/_data/head', { body: { k: 'x', v: { n: 1 } } });
      const get = await call('GET', '/_data/head?k=x');
      const head = await call('HEAD', '/_data/head?k=x');
      expect([head.status, head.text, head.headers['content-length'], head.headers.etag]).toEqual([200, '', get.headers['content-length'], get.headers.etag]);
    },
  ],
  [
    'Prefer: status=http gets the status that describes the error',
    async ({ call }) => {
      const headers = { prefer: 'respond-async, status=http' };
      await call('PUT', '/_data/precise', { body: { k: 'x', v: {} } });
      for (const [method, path, body, status] of [
        ['GET', '/_data/precise?k=none', undefined, 404],
        ['PUT', '/_data/precise', { k: 'x', v: {} }, 428],
        ['PUT', '/_data/precise', { k: 'x', v: { _ver_: 'old' } }, 412],
        ['DELETE', '/_stats/x', undefined, 405],
        ['GET', '/_nothing', undefined, 404],
        ['GET', '/_data/%zz', undefined, 400],
      ] as const) {
        const answer = await call(method, path, { headers, ...(body === undefined ? {} : { body }) });
        expect([path, answer.status, answer.envelope.s]).toEqual([path, status, 'error']);
        expect(answer.headers['preference-applied']).toBe('status=http');
      }
      expect((await call('GET', '/_ds', { login: null, headers })).headers['www-authenticate']).toContain('Basic');
      expect((await call('DELETE', '/_stats/x', { headers })).headers.allow).toBe('GET, PUT, POST');
    },
  ],
  [
    'a method that a service does not know is method_not_allowed',
    async ({ call }) => {
      expect((await call('PATCH', '/_ns/x')).v).toBe('method_not_allowed');
      expect((await call('PUT', '/_subs/x')).v).toBe('method_not_allowed');
      expect((await call('DELETE', '/_stats/x')).v).toBe('method_not_allowed');
    },
  ],
  [
    'an error carries its stable code in X-KV4-Error',
    async ({ call }) => {
      expect((await call('GET', '/_data/x?k=none')).headers['x-kv4-error']).toBe('REST_NOT_FOUND');
      await call('PUT', '/_data/codes', { body: { k: 'x', v: {} } });
      const conflict = await call('PUT', '/_data/codes', { body: { k: 'x', v: { _ver_: 'old' } } });
      expect(conflict.headers['x-kv4-error']).toBe('KV4_VERSION_CONFLICT');
      expect((await call('GET', '/_ds', { login: 'elena:wrong' })).headers['x-kv4-error']).toBe('ACCOUNTS_UNAUTHORIZED');
    },
  ],
  [
    'an error of the request says in X-KV4-Error-Detail what is wrong; a failed login does not',
    async ({ call }) => {
      await call('PUT', '/_data/details', { body: { k: 'x', v: {} } });
      for (const [method, path, body, told] of [
        ['GET', '/_data/details?k=x&aggregate=1&break=week', undefined, /^break must be one of year, month/],
        ['GET', '/_data/details?limit=0', undefined, /limit/],
        ['GET', '/_data/details?k=x&time_series=1&gs=20x', undefined, /^gs cannot be read; it is first group of time/],
        ['PUT', '/_data/details', { k: 'x', v: {} }, /./],
        ['GET', '/_nothing', undefined, /_data/],
        ['GET', '/_data/%zz', undefined, /UTF-8/],
      ] as const) {
        const { headers } = await call(method, path, body === undefined ? {} : { body });
        expect([path, headers['x-kv4-error-detail']]).toEqual([path, expect.stringMatching(told)]);
      }
      expect((await call('GET', '/_ds', { login: 'elena:wrong' })).headers['x-kv4-error-detail']).toBeUndefined();
    },
  ],
  [
    'a detail is printable ASCII of at most 200 characters, whatever the request holds',
    async ({ call }) => {
      const { v, headers } = await call('GET', `/_data/details?k=x&time_series=1&gs=${encodeURIComponent('1\r\nX-Evil: 1\u2028é')}`);
      expect([v, headers['x-evil']]).toEqual(['bad_option', undefined]);
      expect(headers['x-kv4-error-detail']).toMatch(/^[\x20-\x7e]{1,200}$/);
    },
  ],
  [
    'the system login may act in any bucket with w, an account only in its own and its sub-accounts',
    async ({ call }) => {
      await call('PUT', '/_data/w', { body: { k: 'x', v: { n: 1 } } });
      expect((await call('GET', '/_data/w?k=x&w=elena', { login: SYSTEM })).v.n).toBe(1);
      expect((await call('GET', '/_data/w?k=x&w=$sys')).v).toBe('unauthorized');
      expect((await call('GET', '/_data/w?k=x&w=elena')).v.n).toBe(1);
      expect((await call('GET', '/_data/w?w=elena)nobody')).v).toBe('unauthorized');
    },
  ],
]);
