import { MemoryReferenceStore } from '@xir/kv4-testing';
import { InMemoryNetwork, openRouter } from '@xir/router';
import { expect, it, vi } from 'vitest';

import { encodeWebhook, MAX_STORED_WEBHOOKS, shownWebhook, startWebhooks, verifyWebhook, WebhookFollower, webhookAddress, type WebhookRequest } from '../src/index.ts';

const bucket = 'cool';
const SECRET = 'a secret of sixteen and more';
const SYSTEM = 'the secret of the system';
const url = 'https://hooks.example/secret-path';
const receiver = { deliver: () => undefined, end: () => undefined };
const until = (fact: () => boolean) => vi.waitFor(() => expect(fact()).toBe(true), { timeout: 15_000, interval: 5 });

/** Neurons on one store, each of which follows the webhooks that are stored there. */
function openSystem(send: (request: WebhookRequest) => Promise<number> = async () => 200) {
  const store = new MemoryReferenceStore();
  const network = new InMemoryNetwork();
  const requests: WebhookRequest[] = [];
  const errors: unknown[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  return {
    store,
    requests,
    errors,
    events: () => requests.flatMap(({ body }) => (JSON.parse(body) as { events: Record<string, unknown>[] }).events),
    keep: (name: string, path: string, fields: Partial<Parameters<typeof encodeWebhook>[0]> = {}, systemSecret = SYSTEM) => store.put(webhookAddress(path, name), encodeWebhook({ url, secret: SECRET, events: ['join', 'leave', 'message'], ...fields }, systemSecret)),
    async open(name: string) {
      const { membership, links } = network.start(name);
      const router = await openRouter({ store, membership, links });
      const record = async (request: WebhookRequest) => {
        requests.push(request);
        return send(request);
      };
      const webhooks = startWebhooks({ hooks: [], router, membership, send: record, random: () => 0 });
      const follower = new WebhookFollower({ store, systemSecret: SYSTEM, onChange: (hooks) => webhooks.set(hooks), onError: (error) => errors.push(error) });
      await follower.open();
      closers.push(async () => {
        await follower.close();
        await router.close();
        await webhooks.close();
      });
      return { router, webhooks };
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
    },
  };
}

it('W8: a webhook that is stored, changed or deleted while neurons run is told by each of them from then on, each event once, of its path and what is beneath it', async () => {
  await using system = openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  await system.keep('orders', '/shop', { bucket });
  await until(() => a.webhooks.metrics().hooks === 1 && b.webhooks.metrics().hooks === 1);
  for (const [{ router }, user] of [[a, 'alex'], [b, 'bob']] as const) for (const path of ['/shop', '/shop/1', '/other']) router.join({ bucket, path, user }, receiver);
  a.router.join({ bucket: 'another', path: '/shop', user: 'eve' }, receiver);
  // Both know all of it, and neither has anything left to tell.
  await until(() => [a, b].every(({ router }) => ['/shop', '/shop/1'].every((path) => router.count({ bucket, path }).users === 2)));
  await until(() => [a, b].every(({ webhooks }) => webhooks.metrics().queued === 0) && system.events().length >= 4);
  expect(system.events().map(({ k, path }) => `${String(k)} ${String(path)}`).toSorted()).toEqual(['alex /shop', 'alex /shop/1', 'bob /shop', 'bob /shop/1']);
  await system.keep('orders', '/shop', { bucket, secret: 'another secret of sixteen', events: ['message'] });
  const sent = () => system.events().filter(({ type }) => type === 'message');
  await until(() => {
    if (sent().length === 0) a.router.publisher({ bucket, user: 'server' }).send('/shop', { target: { type: 'channel' }, event: 'e', content: '1' });
    return sent().length > 0;
  });
  const last = system.requests.at(-1);
  expect(verifyWebhook('another secret of sixteen', { body: last?.body ?? '', timestamp: last?.headers['x-xir-timestamp'], signature: last?.headers['x-xir-signature'] }, Date.now())).toBe(true);
  await system.store.delete(webhookAddress('/shop', 'orders'));
  await until(() => a.webhooks.metrics().hooks === 0 && b.webhooks.metrics().hooks === 0);
  const before = system.requests.length;
  a.router.publisher({ bucket, user: 'server' }).send('/shop', { target: { type: 'channel' }, event: 'e', content: '1' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(system.requests.length).toBe(before);
  // What a webhook did goes on counting when it is gone.
  await until(() => a.webhooks.metrics().sent + b.webhooks.metrics().sent === system.events().length);
});

it('W8: what waits for a webhook whose receiver fails goes to where it is changed to', async () => {
  await using system = openSystem(async (request) => (request.url === url ? 503 : 200));
  const { router, webhooks } = await system.open('a');
  await system.keep('orders', '/');
  await until(() => webhooks.metrics().hooks === 1);
  router.publisher({ bucket, user: 'server' }).send('/room', { target: { type: 'channel' }, event: 'e', content: '1' });
  await until(() => webhooks.metrics().failed === 1);
  await system.keep('orders', '/', { url: 'https://mended.example/' });
  await until(() => webhooks.metrics().sent === 1);
  expect(system.requests.map((request) => request.url).at(-1)).toBe('https://mended.example/');
});

it('W9: what is stored shows neither secret nor path of the URL, and is of no use with another system secret, which is said without them', async () => {
  await using system = openSystem();
  await system.keep('sealed', '/a');
  await system.keep('foreign', '/b', {}, 'the secret of another system');
  await system.store.put(webhookAddress('/c', 'none'), { sealed: 'v1.AAAA', events: ['join'], url: 'x' });
  const text = (await system.store.get(webhookAddress('/a', 'sealed')))?.valueText ?? '';
  expect(text).toContain('https://hooks.example');
  expect(text).not.toMatch(/secret/);
  expect(shownWebhook(JSON.parse(text))).toEqual({ url: 'https://hooks.example', events: ['join', 'leave', 'message'] });
  const { webhooks } = await system.open('a');
  expect(webhooks.metrics().hooks).toBe(1);
  expect(system.errors.map(String).toSorted()).toEqual([expect.stringContaining('the webhook foreign of /b cannot be used'), expect.stringContaining('the webhook none of /c cannot be used')]);
});

it('W9: no more than so many stored webhooks are told, and it is said that there are more', async () => {
  await using system = openSystem();
  for (let number = 0; number <= MAX_STORED_WEBHOOKS; number += 1) await system.keep(`hook-${number}`, '/');
  const { webhooks } = await system.open('a');
  expect(webhooks.metrics().hooks).toBe(MAX_STORED_WEBHOOKS);
  expect(String(system.errors[0])).toContain('there are 101 webhooks, and 100 are told');
});
