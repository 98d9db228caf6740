import { request as httpRequest } from 'node:http';

import { createAccounts } from '@xir/accounts';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { createRestHandler } from '@xir/rest';
import { expect, it } from 'vitest';

import { createLegacyServer } from '../src/index.ts';

interface Answer {
  readonly http: number;
  readonly s: number;
  readonly p: string;
  readonly d: any;
  readonly e: string | null;
}

async function open() {
  const store = new MemoryReferenceStore();
  const accounts = createAccounts({ store, systemSecret: 'secret', hashing: { costLog2: 4 } });
  const handler = createRestHandler({ store, accounts, systemSecret: 'secret', neuron: 'a', hosts: { signal: ['wss://signal.example/ws'] }, turn: { hosts: ['turn.example'], secret: 'shared' }, apiStats: false });
  const server = await createLegacyServer({ invoke: handler.invoke, addressOf: () => '127.0.0.1', port: 0 });
  const call = (method: string, path: string, body = '', headers: Readonly<Record<string, string>> = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const request = httpRequest(server.url + path, { method, agent: false, headers: { 'content-length': Buffer.byteLength(body), ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ http: response.statusCode ?? 0, ...(JSON.parse(text) as Omit<Answer, 'http'>) }));
      });
      request.once('error', reject);
      request.end(body);
    });
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
  const login = 'ident=%24sys&secret=secret';
  return {
    handler,
    call,
    form: (method: string, path: string, fields = '') => call(method, path, `${login}${fields === '' ? '' : `&${fields}`}`, FORM),
    json: (method: string, path: string, fields: object = {}) => call(method, path, JSON.stringify({ ident: '$sys', secret: 'secret', ...fields })),
    async [Symbol.asyncDispose]() {
      await server.close();
      await handler.close();
      await accounts.close();
    },
  };
}

it('V1: domains, applications and rooms are made, listed and removed, with a form or JSON as body, also of GET and DELETE', async () => {
  await using v2 = await open();
  expect(await v2.form('POST', '/domain', 'domain=www.example.com')).toEqual({ http: 200, s: 200, p: '/domain', d: null, e: null });
  expect(await v2.json('POST', '/application', { domain: 'www.example.com', application: 'chat' })).toMatchObject({ s: 200, d: null });
  expect(await v2.form('POST', '/addRoom', 'domain=www.example.com&application=chat&room=lobby')).toMatchObject({ s: 200, p: '/addRoom' });
  expect((await v2.form('GET', '/domain')).d).toEqual(['www.example.com']);
  expect((await v2.json('GET', '/application/', { domain: 'www.example.com' })).d).toEqual(['chat']);
  expect((await v2.call('GET', '/listRooms?ident=%24sys&secret=secret&domain=www.example.com&application=chat')).d).toEqual(['lobby']);
  expect(await v2.form('DELETE', '/room', 'domain=www.example.com&application=chat&room=lobby')).toMatchObject({ s: 200, d: null });
  expect((await v2.form('POST', '/listRooms', 'domain=www.example.com&application=chat')).d).toEqual([]);
});

it('V2: errors stand in e, with a status in s, and HTTP says 200', async () => {
  await using v2 = await open();
  const failed = async (method: string, path: string, fields = '') => {
    const { http, s, d, e } = await v2.form(method, path, fields);
    expect([http, d]).toEqual([200, null]);
    return [s, e];
  };
  await v2.form('POST', '/domain', 'domain=a.com');
  expect(await failed('POST', '/domain', 'domain=a.com')).toEqual([409, 'domain_exists']);
  expect(await failed('POST', '/domain', 'domain=1')).toEqual([400, 'bad_domain_format']);
  expect(await failed('POST', '/domain')).toEqual([404, 'no_domain']);
  expect(await failed('POST', '/application', 'domain=b.com&application=x')).toEqual([404, 'no_domain']);
  expect(await failed('POST', '/application', 'domain=a.com&application=%20')).toEqual([400, 'bad_app_format']);
  expect(await failed('POST', '/room', 'domain=a.com&application=x&room=y')).toEqual([404, 'no_application']);
  expect(await failed('DELETE', '/domain', 'domain=b.com')).toEqual([404, 'no_domain']);
  expect(await failed('GET', '/signal/token', 'domain=a.com&application=default&room=y')).toEqual([404, 'no_room']);
  expect(await failed('GET', '/nowhere')).toEqual([404, 'not_found']);
  expect(await v2.call('GET', '/domain', 'ident=%24sys&secret=wrong')).toMatchObject({ http: 200, s: 401, d: null, e: 'unauthorized' });
  expect(await v2.call('GET', '/domain')).toMatchObject({ s: 401, e: 'unauthorized' });
  expect(await v2.call('POST', '/domain', '{"ident":')).toMatchObject({ s: 400, e: 'bad_body' });
  expect(await v2.call('POST', '/domain', 'x'.repeat(100_000))).toMatchObject({ s: 413, e: 'too_large' });
});

it('V3: tokens, hosts and ICE servers are those of v3, under their names and the older ones', async () => {
  await using v2 = await open();
  await v2.form('POST', '/domain', 'domain=a.com');
  const { d } = await v2.form('POST', '/signal/token', 'domain=a.com&application=default&room=default&username=alex&secure=1&timeout=30');
  const claims = v2.handler.tokens.verify(d.token, Date.now());
  expect(claims).toMatchObject({ ar: { pri: '$sys' }, dr: { k: 'alex', p: '/a.com/default/default' } });
  expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(30);
  expect((await v2.json('GET', '/getToken', { domain: 'a.com', username: 'bob' })).d.token).toMatch(/^[\w.-]+$/);
  expect((await v2.form('POST', '/signal/list?secure=1')).d).toEqual({ value: 'wss://signal.example/ws' });
  expect((await v2.form('GET', '/wsList')).d).toEqual({ value: 'wss://signal.example/ws' });
  const ice = (await v2.form('POST', '/getIceServers', 'domain=a.com&application=default&room=default&username=alex&secure=1')).d;
  expect(ice.iceServers[0]).toEqual({ url: 'stun:turn.example' });
  expect(ice.iceServers[1]).toMatchObject({ url: 'turn:turn.example:80?transport=udp', username: expect.stringMatching(/^\d+:alex$/), credential: expect.any(String) });
  expect((await v2.json('POST', '/ice')).d).toMatchObject({ iceServers: [{ url: 'stun:turn.example' }, {}, {}, {}, {}, {}, {}] });
});
