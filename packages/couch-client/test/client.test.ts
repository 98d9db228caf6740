import { inspect } from 'node:util';
import { CouchClient, LOGIN_REFUSED_HOLD_MS, type BearerToken, type Clock, type CouchTransport, type TransportRequest } from '@xir/couch-client';
import { describe, expect, it } from 'vitest';

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** A transport that answers from a function and keeps what was asked. */
function scripted(reply: (request: TransportRequest) => Reply) {
  const requests: TransportRequest[] = [];
  const transport: CouchTransport = {
    request(request) {
      requests.push(request);
      const { status = 200, headers = {}, body = '{}' } = reply(request);
      const bytes = Buffer.from(body);
      return Promise.resolve({
        status,
        headers,
        body: (async function* () {
          yield await Promise.resolve(bytes);
        })(),
        text: () => Promise.resolve(body),
        discard: () => Promise.resolve(),
      });
    },
    close: () => Promise.resolve(),
  };
  return { transport, requests };
}

/** A clock that is set by hand. */
function handClock() {
  let nowMs = 1_000_000;
  const clock: Clock = { now: () => nowMs, monotonic: () => nowMs, schedule: () => ({ cancel: () => undefined }) };
  return { clock, pass: (byMs: number) => void (nowMs += byMs) };
}

const URL_WITH_SECRET = 'http://ada:s3cr3t@db.example:5984/';

describe('CouchClient', () => {
  it('takes credentials out of the URL and keeps them out of everything printable', async () => {
    const { transport, requests } = scripted(() => ({ status: 500, body: 'broken' }));
    const client = new CouchClient({ url: URL_WITH_SECRET, transport });
    expect(client.url).toBe('http://db.example:5984');
    const error: unknown = await client.json({ path: '/x' }).catch((caught: unknown) => caught);
    expect(requests[0]?.headers?.['authorization']).toBe(`Basic ${Buffer.from('ada:s3cr3t').toString('base64')}`);
    for (const shown of [inspect(client, { depth: 9, showHidden: true }), JSON.stringify(client), inspect(error, { depth: 9 })]) {
      expect(shown).not.toContain('s3cr3t');
      expect(shown).not.toContain(Buffer.from('ada:s3cr3t').toString('base64'));
    }
  });

  it('maps refusals to errors, save those that are allowed', async () => {
    const { transport } = scripted(() => ({ status: 404, body: '{"error":"not_found","reason":"missing"}' }));
    const client = new CouchClient({ url: 'http://fake', transport });
    await expect(client.json({ path: '/x' })).rejects.toMatchObject({ code: 'COUCH_NOT_FOUND', reason: 'missing' });
    expect((await client.json({ path: '/x', allow: [404] })).status).toBe(404);
  });

  it('refuses an answer that is not JSON, and says that a write’s outcome is unknown', async () => {
    const { transport } = scripted(() => ({ body: '<html>' }));
    const client = new CouchClient({ url: 'http://fake', transport });
    await expect(client.json({ path: '/x' })).rejects.toMatchObject({ code: 'COUCH_BAD_RESPONSE', outcomeUnknown: false });
    await expect(client.json({ method: 'PUT', path: '/x', body: {} })).rejects.toMatchObject({ code: 'COUCH_BAD_RESPONSE', outcomeUnknown: true });
  });

  it('carries Retry-After of a busy server', async () => {
    const { transport } = scripted(() => ({ status: 429, headers: { 'retry-after': '7' } }));
    await expect(new CouchClient({ url: 'http://fake', transport }).json({ path: '/x' })).rejects.toMatchObject({ code: 'COUCH_BUSY', retryAfterMs: 7000 });
  });

  it('sends nothing any more once it is closed', async () => {
    const { transport, requests } = scripted(() => ({}));
    const client = new CouchClient({ url: 'http://fake', transport });
    await Promise.all([client.close(), client.close()]);
    await expect(client.json({ path: '/' })).rejects.toMatchObject({ code: 'COUCH_CLOSED' });
    expect(requests).toEqual([]);
  });

  it('refuses incomplete credentials when it is made', () => {
    expect(() => new CouchClient({ url: 'http://fake', auth: { type: 'cookie', username: 'ada' } })).toThrow(TypeError);
  });

  it('a missing document is undefined, a missing database is an error', async () => {
    const replies = ['missing', 'deleted', 'Database does not exist.', 'no_db_file'];
    const { transport } = scripted(() => ({ status: 404, body: JSON.stringify({ error: 'not_found', reason: replies.shift() }) }));
    const database = new CouchClient({ url: 'http://fake', transport }).database('db');
    expect(await database.get('a')).toBeUndefined();
    expect(await database.get('a')).toBeUndefined();
    await expect(database.get('a')).rejects.toMatchObject({ code: 'COUCH_NOT_FOUND' });
    await expect(database.get('a')).rejects.toMatchObject({ code: 'COUCH_NOT_FOUND' });
  });

  it('says whether a write reached the quorum', async () => {
    const statuses = [201, 202];
    const { transport } = scripted(() => ({ status: statuses.shift() ?? 201, body: '{"ok":true,"rev":"1-a"}' }));
    const database = new CouchClient({ url: 'http://fake', transport }).database('db');
    expect(await database.put('a', {})).toEqual({ rev: '1-a', durable: true });
    expect(await database.put('a', {})).toEqual({ rev: '1-a', durable: false });
  });
});

describe('cookie authentication', () => {
  /** A server whose cookies live ten seconds. */
  function cookieServer(clock: Clock) {
    let cookies = 0;
    const good = new Map<string, number>();
    const state = { logins: 0, refuseLogins: false };
    const script = scripted((request) => {
      if (request.path === '/_session') {
        state.logins += 1;
        if (state.refuseLogins) return { status: 401, body: '{"error":"unauthorized","reason":"Name or password is incorrect."}' };
        cookies += 1;
        good.set(`AuthSession=c${cookies}`, clock.monotonic() + 10_000);
        return { headers: { 'set-cookie': [`AuthSession=c${cookies}; Version=1; Path=/; HttpOnly; Max-Age=10`] } };
      }
      const ends = good.get(request.headers?.['cookie'] ?? '');
      return ends !== undefined && clock.monotonic() < ends ? {} : { status: 401, body: '{"error":"unauthorized"}' };
    });
    return { ...script, state, revokeAll: () => good.clear() };
  }

  it('T27 logs in once for all who wait, and again at half of the cookie’s life', async () => {
    const { clock, pass } = handClock();
    const server = cookieServer(clock);
    const client = new CouchClient({ url: URL_WITH_SECRET, auth: { type: 'cookie' }, transport: server.transport, clock });
    await Promise.all(Array.from({ length: 5 }, () => client.json({ path: '/x' })));
    expect(server.state.logins).toBe(1);
    pass(4999);
    await client.json({ path: '/x' });
    expect(server.state.logins).toBe(1);
    pass(1);
    await client.json({ path: '/x' });
    expect(server.state.logins).toBe(2);
    expect(server.requests.find(({ path }) => path === '/_session')?.body).toBe('{"name":"ada","password":"s3cr3t"}');
  });

  it('T27 logs in anew once after a 401 and repeats the request', async () => {
    const { clock } = handClock();
    const server = cookieServer(clock);
    const client = new CouchClient({ url: URL_WITH_SECRET, auth: { type: 'cookie' }, transport: server.transport, clock });
    await client.json({ path: '/x' });
    server.revokeAll();
    expect((await client.json({ path: '/x' })).status).toBe(200);
    expect(server.state.logins).toBe(2);
  });

  it('T27 does not repeat a refused login for a minute: servers lock accounts out', async () => {
    const { clock, pass } = handClock();
    const server = cookieServer(clock);
    server.state.refuseLogins = true;
    const client = new CouchClient({ url: URL_WITH_SECRET, auth: { type: 'cookie' }, transport: server.transport, clock });
    for (let n = 0; n < 10; n += 1) await expect(client.json({ path: '/x' })).rejects.toMatchObject({ code: 'COUCH_UNAUTHORIZED' });
    expect(server.state.logins).toBe(1);
    pass(LOGIN_REFUSED_HOLD_MS);
    server.state.refuseLogins = false;
    expect((await client.json({ path: '/x' })).status).toBe(200);
  });

  it('T27 goes on with a cookie that is still good when its renewal fails', async () => {
    const { clock, pass } = handClock();
    const server = cookieServer(clock);
    const client = new CouchClient({ url: URL_WITH_SECRET, auth: { type: 'cookie' }, transport: server.transport, clock });
    await client.json({ path: '/x' });
    pass(6000);
    server.state.refuseLogins = true;
    expect((await client.json({ path: '/x' })).status).toBe(200);
    pass(5000);
    await expect(client.json({ path: '/x' })).rejects.toMatchObject({ code: 'COUCH_UNAUTHORIZED' });
  });
});

describe('bearer authentication', () => {
  it('sends a fixed token and does not repeat a refusal', async () => {
    const { transport, requests } = scripted(() => ({ status: 401, body: '{}' }));
    const client = new CouchClient({ url: 'http://fake', auth: { type: 'bearer', token: 't0' }, transport });
    await expect(client.json({ path: '/x' })).rejects.toMatchObject({ code: 'COUCH_UNAUTHORIZED' });
    expect(requests.map(({ headers }) => headers?.['authorization'])).toEqual(['Bearer t0']);
  });

  it('asks a supplier again at half of the token’s life and once after a refusal', async () => {
    const { clock, pass } = handClock();
    let asked = 0;
    let refuse = '';
    const supply = (): Promise<BearerToken> => Promise.resolve({ token: `t${(asked += 1)}`, expiresAtMs: clock.now() + 10_000 });
    const { transport, requests } = scripted(({ headers }) => (headers?.['authorization'] === refuse ? { status: 401 } : {}));
    const client = new CouchClient({ url: 'http://fake', auth: { type: 'bearer', token: supply }, transport, clock });
    await client.json({ path: '/x' });
    pass(5000);
    await client.json({ path: '/x' });
    expect(asked).toBe(2);
    refuse = 'Bearer t2';
    expect((await client.json({ path: '/x' })).status).toBe(200);
    expect(requests.map(({ headers }) => headers?.['authorization'])).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2', 'Bearer t3']);
  });

  it('reports a supplier that fails as COUCH_UNAUTHORIZED', async () => {
    const { transport } = scripted(() => ({}));
    const client = new CouchClient({ url: 'http://fake', auth: { type: 'bearer', token: () => Promise.reject(new Error('vault sealed')) }, transport });
    await expect(client.json({ path: '/x' })).rejects.toMatchObject({ code: 'COUCH_UNAUTHORIZED' });
  });
});
