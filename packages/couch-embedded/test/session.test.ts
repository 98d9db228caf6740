import { ProtocolClient } from '@xir/couch-testing';
import { describe, expect, it } from 'vitest';
import { EmbeddedError, hashPassword, startEmbeddedCouch } from '../src/index.ts';
import { temporaryDirectory, temporaryServer } from './support/temporary-server.ts';

const withLogin = (url: string, name: string, password: string) => ({ url: url.replace('//', `//${name}:${encodeURIComponent(password)}@`) });
const cookieOf = (headers: Readonly<Record<string, string | string[] | undefined>>) => /AuthSession=[^;]*/.exec(String(headers['set-cookie']))?.[0] ?? '';

describe('who may do what', () => {
  it('A1 without admins everybody is one, as GET /_session says', async () => {
    await using server = await temporaryServer();
    const client = new ProtocolClient(server);
    expect((await client.server('GET', '/_session')).json()).toMatchObject({ ok: true, userCtx: { name: null, roles: ['_admin'] } });
    await client.close();
  });

  it('A2 without admins only loopback is served: another address is refused at start, a foreign Host name per request', async () => {
    using directory = temporaryDirectory();
    const refusal = await startEmbeddedCouch({ directory: directory.path, host: '0.0.0.0' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(EmbeddedError);
    expect(refusal).toMatchObject({ code: 'EMBEDDED_BAD_OPTION' });
    await using server = await startEmbeddedCouch({ directory: directory.path });
    const client = new ProtocolClient(server);
    expect((await client.server('GET', '/_all_dbs', { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await client.server('GET', '/_all_dbs', { headers: { host: 'localhost:1' } })).status).toBe(200);
    await client.close();
  });

  it('A3 with admins everything but /, /_up, /_uuids and /_session needs a login', async () => {
    await using server = await temporaryServer({ admins: { ada: 'pass word' } });
    const client = new ProtocolClient(server);
    const admin = new ProtocolClient(withLogin(server.url, 'ada', 'pass word'));
    expect((await admin.server('PUT', '/t')).status).toBe(201);
    for (const [method, path, reason] of [
      ['GET', '/t', 'You are not authorized to access this db.'],
      ['GET', '/t/_changes', 'You are not authorized to access this db.'],
      ['PUT', '/t/a', 'You are not authorized to access this db.'],
      ['GET', '/_all_dbs', 'You are not a server admin.'],
      ['PUT', '/u', 'You are not a server admin.'],
      ['DELETE', '/t', 'You are not a server admin.'],
    ] as const) {
      const answer = await client.server(method, path);
      expect([answer.status, answer.json()], path).toEqual([401, { error: 'unauthorized', reason }]);
    }
    for (const path of ['/', '/_up', '/_uuids', '/_session']) expect((await client.server('GET', path)).status).toBe(200);
    expect((await admin.server('GET', '/_session')).json()).toMatchObject({ userCtx: { name: 'ada', roles: ['_admin'] }, info: { authenticated: 'default' } });
    await Promise.all([client.close(), admin.close()]);
  });

  it('A4 wrong Basic credentials are 401, also for what is open', async () => {
    await using server = await temporaryServer({ admins: { ada: 'right' } });
    for (const [name, password] of [['ada', 'wrong'], ['bob', 'right'], ['ada', '']] as const) {
      const client = new ProtocolClient(withLogin(server.url, name, password));
      const answer = await client.server('GET', '/');
      expect([answer.status, answer.json()]).toEqual([401, { error: 'unauthorized', reason: 'Name or password is incorrect.' }]);
      await client.close();
    }
  });

  it('A5 POST /_session gives a cookie that logs in until DELETE; a changed one is nobody', async () => {
    await using server = await temporaryServer({ admins: { ada: await hashPassword('right', 1000) } });
    const client = new ProtocolClient(server);
    const login = await client.server('POST', '/_session', { body: { name: 'ada', password: 'right' } });
    expect([login.status, login.json()]).toEqual([200, { ok: true, name: 'ada', roles: ['_admin'] }]);
    expect(String(login.headers['set-cookie'])).toMatch(/^AuthSession=[^;]+; Version=1; Expires=.*; Max-Age=600; Path=\/; HttpOnly/);
    const cookie = cookieOf(login.headers);
    expect((await client.server('GET', '/_all_dbs', { headers: { cookie } })).status).toBe(200);
    const last = cookie.at(-5) === 'A' ? 'B' : 'A';
    expect((await client.server('GET', '/_all_dbs', { headers: { cookie: `${cookie.slice(0, -5)}${last}${cookie.slice(-4)}` } })).status).toBe(401);
    const form = await client.server('POST', '/_session', { body: 'name=ada&password=right', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(form.status).toBe(200);
    expect((await client.server('POST', '/_session', { body: { name: 'ada', password: 'x' } })).status).toBe(401);
    expect(cookieOf((await client.server('DELETE', '/_session')).headers)).toBe('AuthSession=');
    await client.close();
  });

  it('A6 a cookie outlives a restart of the server, but not a change of the password', async () => {
    using directory = temporaryDirectory();
    const options = (password: string) => ({ directory: directory.path, admins: { ada: password } });
    const first = await startEmbeddedCouch(options('one'));
    const firstClient = new ProtocolClient(first);
    const cookie = cookieOf((await firstClient.server('POST', '/_session', { body: { name: 'ada', password: 'one' } })).headers);
    await firstClient.close();
    await first.close();
    for (const [password, status] of [['one', 200], ['two', 401]] as const) {
      await using server = await startEmbeddedCouch(options(password));
      const client = new ProtocolClient(server);
      expect((await client.server('GET', '/_all_dbs', { headers: { cookie } })).status).toBe(status);
      await client.close();
    }
  });
});
