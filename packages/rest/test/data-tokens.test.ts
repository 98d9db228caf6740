import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAccounts, type CachedStore } from '@xir/accounts';
import { systemClock, type Clock } from '@xir/couch-client';

import { createRestHandler, createRestServer } from '../src/index.ts';
import { openEmbeddedMemory } from './memory-store.ts';
import { openNeuron, SYSTEM, type Answer, type Neuron } from './neuron-fixture.ts';

let neuron: Neuron;
let store: CachedStore;
let nowMs = Date.now();
const clock: Clock = { ...systemClock, now: () => nowMs, monotonic: () => systemClock.monotonic(), schedule: (delayMs, run) => systemClock.schedule(delayMs, run) };

beforeAll(async () => {
  store = await openEmbeddedMemory();
  neuron = await openNeuron({ store, clock });
});
afterAll(async () => {
  await neuron[Symbol.asyncDispose]();
});

async function tokenOf(login?: string, query = ''): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
  const answer = await neuron.call('PUT', `/_acc/token${query}`, login === undefined ? {} : { login });
  expect(answer.envelope.s, answer.text).toBe('ok');
  return answer.v as { token: string; expiresAtMs: number };
}

function bearing(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return neuron.call(method, path, { login: null, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body }) });
}

describe('a token of PUT /_acc/token', () => {
  it('stands for the login that asked for it, on every service, and its writes carry the same author', async () => {
    await neuron.call('PUT', '/_acc/users/admins', { body: { k: 'anna', v: { password: 'anna1', email: 'anna@example.org', role: 'reader' } } });
    const { token, expiresAtMs } = await tokenOf('elena:anna#anna1');
    expect(token).toMatch(/^[\w.-]+$/);
    expect(expiresAtMs).toBe(Math.floor(nowMs) + 60_000);
    expect((await bearing(token, 'PUT', '/_data/tokens', { k: 'x', v: { n: 1 } })).v).toMatchObject({ n: 1 });
    expect((await bearing(token, 'GET', '/_data/tokens?k=x&as=datum')).v).toMatchObject({ a: 'anna', w: 'elena' });
    expect((await bearing(token, 'GET', '/_acc/me')).v).toMatchObject({ username: 'elena' });
    expect((await bearing(token, 'POST', '/_acc/me', { v: { company: 'x' } })).v).toBe('user_not_admin');
  });

  it('is good until it expires, also on a connection that has used it, and the short ways of reading and writing know that', async () => {
    const { token, expiresAtMs } = await tokenOf(undefined, '?expire=30');
    expect(expiresAtMs).toBe(Math.floor(nowMs) + 30_000);
    const { Agent, request } = await import('undici');
    const agent = new Agent({ connections: 1 });
    const ask = async (method: 'GET' | 'PUT', path: string, body?: string) => {
      const answer = await request(neuron.server.url + path, { dispatcher: agent, method, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body }) });
      return (await answer.body.json()) as { v: unknown; s: string };
    };
    const before = neuron.handler.metrics();
    expect(await ask('PUT', '/_data/expiring', '{"k":"x","v":{"n":1}}')).toMatchObject({ s: 'ok' });
    for (let count = 0; count < 3; count += 1) expect(await ask('GET', '/_data/expiring?k=x')).toMatchObject({ s: 'ok', v: { n: 1 } });
    const after = neuron.handler.metrics();
    expect(after.cachedAnswers).toBeGreaterThan(before.cachedAnswers);
    expect(after.plainWrites).toBeGreaterThan(before.plainWrites);
    nowMs = expiresAtMs;
    expect(await ask('GET', '/_data/expiring?k=x')).toEqual({ v: 'unauthorized', s: 'error' });
    expect(await ask('PUT', '/_data/expiring', '{"k":"y","v":{"n":1}}')).toEqual({ v: 'unauthorized', s: 'error' });
    await agent.close();
  });

  it('begets no further token, and lives for 1 to 86,400 seconds', async () => {
    const { token } = await tokenOf();
    const again = await bearing(token, 'PUT', '/_acc/token');
    expect([again.v, again.headers['x-kv4-error']]).toEqual(['unauthorized', 'REST_FORBIDDEN']);
    for (const expire of ['0', '86401', '1.5', 'soon', '-1']) expect((await neuron.call('PUT', `/_acc/token?expire=${expire}`)).v, expire).toBe('bad_option');
    for (const expire of [true, [], 0]) expect((await neuron.call('PUT', '/_acc/token', { body: { expire } })).v).toBe('bad_option');
    expect((await neuron.call('POST', '/_acc/token', { body: { expire: 86_400 } })).v.expiresAtMs).toBe(Math.floor(nowMs) + 86_400_000);
    expect((await neuron.call('GET', '/_acc/token')).v).toBe('method_not_allowed');
  });

  it('ends with the secret of the account, everywhere', async () => {
    await neuron.call('PUT', '/_acc/accounts', { login: SYSTEM, body: { k: 'mover', v: { email: 'mover@example.org', secret: 'movers' } } });
    const { token } = await tokenOf('mover:movers');
    expect((await bearing(token, 'GET', '/_ds')).envelope.s).toBe('ok');
    await neuron.call('POST', '/_acc/me', { login: 'mover:movers', body: { v: { secret: 'newer' } } });
    expect((await bearing(token, 'GET', '/_ds')).v).toBe('unauthorized');
  });

  it('of another system, changed, or none at all, is unauthorized; so is a token of signalling', async () => {
    const signalling = (await neuron.call('PUT', '/_token')).v as string;
    const { token } = await tokenOf();
    for (const wrong of [signalling, 'no.token', `${token.slice(0, 5)}x${token.slice(6)}`, 'A'.repeat(9000)]) expect((await bearing(wrong, 'GET', '/_ds')).v).toBe('unauthorized');
    const accounts = createAccounts({ store, systemSecret: 'another', clock, hashing: { costLog2: 4 } });
    await using server = await createRestServer({ handler: createRestHandler({ store, accounts, systemSecret: 'another', neuron: 'other', clock }), port: 0 });
    const answer = await fetch(`${server.url}/_ds`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toEqual({ v: 'unauthorized', s: 'error' });
    await accounts.close();
  });

  it('is never read from a URL', async () => {
    const { token } = await tokenOf();
    for (const name of ['token', 'access_token', 'authorization']) expect((await neuron.call('GET', `/_ds?${name}=${token}`, { login: null })).v).toBe('unauthorized');
  });

  it('is refused from an address that is banned', async () => {
    await neuron.call('PUT', '/_acc/accounts', { login: SYSTEM, body: { k: 'banner', v: { email: 'banner@example.org', secret: 'banners' } } });
    const { token } = await tokenOf('banner:banners');
    await neuron.call('PUT', '/_auth/closed', { login: 'banner:banners', body: { k: '127.0.0.1' } });
    expect((await bearing(token, 'GET', '/_data/closed')).v).toBe('unauthorized');
    expect((await bearing(token, 'GET', '/_data/open')).envelope.s).toBe('ok');
  });
});
