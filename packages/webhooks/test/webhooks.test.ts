import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { MemoryReferenceStore } from '@xir/kv4-testing';
import { InMemoryNetwork, openRouter, type Router } from '@xir/router';
import { expect, it, vi } from 'vitest';

import { startWebhooks, verifyWebhook, type Webhook, type WebhookFailure, type WebhookRequest, type Webhooks, type WebhooksOptions } from '../src/index.ts';

const bucket = 'cool';
const SECRET = 'a secret of sixteen and more';
const hook: Webhook = { url: 'https://hooks.example/secret-path', path: '/**', events: ['join', 'leave', 'message'], secret: SECRET };
const receiver = { deliver: () => undefined, end: () => undefined };

const until = (fact: () => boolean) => vi.waitFor(() => expect(fact()).toBe(true), { timeout: 15_000, interval: 5 });

/** Neurons with webhooks, whose requests are written down instead of being sent. */
function openSystem() {
  const store = new MemoryReferenceStore();
  const network = new InMemoryNetwork();
  const requests: (WebhookRequest & { readonly from: string })[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  return {
    network,
    requests,
    events: () => requests.flatMap(({ body, from }) => (JSON.parse(body) as { events: Record<string, unknown>[] }).events.map((event) => ({ ...event, from }) as Record<string, unknown>)),
    async open(name: string, options: Partial<WebhooksOptions> = {}): Promise<{ readonly router: Router; readonly webhooks: Webhooks }> {
      const { membership, links } = network.start(name);
      const router = await openRouter({ store, membership, links });
      const send = async (request: WebhookRequest) => {
        requests.push({ ...request, from: name });
        return 200;
      };
      const webhooks = startWebhooks({ hooks: [hook], router, membership, send, ...options });
      closers.push(async () => {
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

it('W1: joins, leaves and messages are told once, by the neuron of the peer, with what happened', async () => {
  await using system = openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const alex = a.router.join({ bucket, path: '/room', user: 'alex', state: { mood: 'good' } }, receiver);
  await until(() => b.router.count({ bucket, path: '/room' }).users === 1);
  alex.send({ target: { type: 'channel' }, event: 'chat', content: '{"n":1.0}', id: 'm1' });
  b.router.publisher({ bucket, user: 'server' }).send('/room', { target: { type: 'user', user: 'alex' }, event: 'news', content: '2' });
  await until(() => system.events().length === 3);
  alex.leave();
  await until(() => system.events().length === 4 && b.router.count({ bucket, path: '/room' }).users === 0);
  const found = system.events();
  expect(found.find(({ type }) => type === 'join')).toMatchObject({ from: 'a', bucket, path: '/room', k: 'alex', device: 'default', devices: 1, state: { mood: 'good' } });
  expect(found.find(({ event }) => event === 'chat')).toMatchObject({ from: 'a', type: 'message', k: 'alex', v: { n: 1 }, messageId: 'm1' });
  expect(found.find(({ event }) => event === 'news')).toMatchObject({ from: 'b', k: 'server', to: 'alex', published: true, v: 2 });
  expect(found.find(({ type }) => type === 'leave')).toMatchObject({ from: 'a', k: 'alex', devices: 0 });
  expect(system.requests.some(({ body }) => body.includes('{"n":1.0}'))).toBe(true);
});

it('W2: of peers whose neuron died exactly one of the others tells that they are gone', async () => {
  await using system = openSystem();
  const [a, b, c] = [await system.open('a'), await system.open('b'), await system.open('c')];
  for (let number = 0; number < 20; number += 1) a.router.join({ bucket, path: `/room/${number}`, user: `user${number}` }, receiver);
  const seen = ({ router }: typeof a) => router.channels({ bucket, path: '/' }).length;
  await until(() => seen(b) === 20 && seen(c) === 20);
  system.network.kill('a');
  const leaves = () => system.events().filter(({ type, from }) => type === 'leave' && from !== 'a');
  await until(() => leaves().length === 20);
  expect([seen(b), seen(c)]).toEqual([0, 0]);
  expect(new Set(leaves().map(({ k }) => k)).size).toBe(20);
  expect(new Set(leaves().map(({ from }) => from)).size).toBe(2);
});

it('W3: what happens in a turn travels together, in order, and only what a webhook asks for', async () => {
  await using system = openSystem();
  const quiet: Webhook = { ...hook, bucket: 'other' };
  const messages: Webhook = { ...hook, path: '/room/*', events: ['message'] };
  const { router, webhooks } = await system.open('a', { hooks: [quiet, messages], limits: { maxBatchEvents: 3 } });
  const publisher = router.publisher({ bucket, user: 'server' });
  for (const path of ['/room', '/room/1', '/room/2', '/room/3', '/room/4', '/room/1/2']) publisher.send(path, { target: { type: 'channel' }, event: 'e', content: '1' });
  await until(() => webhooks.metrics().sent === 4);
  expect(system.requests.map(({ body }) => (JSON.parse(body) as { events: { path: string }[] }).events.map(({ path }) => path))).toEqual([['/room/1', '/room/2', '/room/3'], ['/room/4']]);
});

it('W4: what is sent is signed over time and body, and what was changed, is old, or was signed by others is not believed', async () => {
  await using system = openSystem();
  const { router } = await system.open('a');
  router.publisher({ bucket, user: 'server' }).send('/room', { target: { type: 'channel' }, event: 'e', content: '1' });
  await until(() => system.requests.length === 1);
  const [{ body, headers } = { body: '', headers: {} as Record<string, string> }] = system.requests;
  const received = { body, timestamp: headers['x-xir-timestamp'], signature: headers['x-xir-signature'] };
  const sentAtMs = Number(received.timestamp) * 1000;
  expect(verifyWebhook(SECRET, received, sentAtMs)).toBe(true);
  expect(verifyWebhook(SECRET, { ...received, body: `${body} ` }, sentAtMs)).toBe(false);
  expect(verifyWebhook(SECRET, { ...received, timestamp: String(Number(received.timestamp) + 1) }, sentAtMs)).toBe(false);
  expect(verifyWebhook(SECRET, received, sentAtMs + 400_000)).toBe(false);
  expect(verifyWebhook('another secret of sixteen', received, sentAtMs)).toBe(false);
  expect(verifyWebhook(SECRET, { ...received, signature: undefined }, sentAtMs)).toBe(false);
});

it('W5: what fails is tried again with the same id until it is taken, in order; redirects are failures', async () => {
  await using system = openSystem();
  const answers = [500, 302, 200, 200];
  const requests: WebhookRequest[] = [];
  const failures: WebhookFailure[] = [];
  const send = async (request: WebhookRequest) => {
    requests.push(request);
    return answers.shift() ?? 200;
  };
  const { router, webhooks } = await system.open('a', { send, random: () => 0, onFailure: (failure) => failures.push(failure) });
  const publisher = router.publisher({ bucket, user: 'server' });
  publisher.send('/room', { target: { type: 'channel' }, event: 'first', content: '1' });
  await until(() => requests.length === 1);
  publisher.send('/room', { target: { type: 'channel' }, event: 'second', content: '2' });
  await until(() => webhooks.metrics().sent === 2);
  const ids = requests.map(({ headers }) => headers['x-xir-delivery']);
  expect(ids.slice(0, 3)).toEqual([ids[0], ids[0], ids[0]]);
  expect(ids[3]).not.toBe(ids[0]);
  expect(requests.map(({ body }) => (JSON.parse(body) as { events: { event: string }[] }).events[0]?.event)).toEqual(['first', 'first', 'first', 'second']);
  expect(failures).toEqual([
    { origin: 'https://hooks.example', reason: 500, attempt: 1, isGivenUp: false },
    { origin: 'https://hooks.example', reason: 302, attempt: 2, isGivenUp: false },
  ]);
});

it('W6: a receiver that hangs costs bounded memory: requests time out, what waits is bounded, the rest is dropped and counted', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const failures: WebhookFailure[] = [];
  const limits = { maxQueuedEvents: 50, maxQueuedCharacters: 100_000, timeoutMs: 50, maxAgeMs: 100, drainMs: 50 };
  const network = new InMemoryNetwork();
  const { membership, links } = network.start('z');
  const router = await openRouter({ store: new MemoryReferenceStore(), membership, links });
  const webhooks = startWebhooks({ hooks: [{ ...hook, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hang` }], router, membership, limits, random: () => 0, onFailure: (failure) => failures.push(failure) });
  const publisher = router.publisher({ bucket, user: 'server' });
  for (let number = 0; number < 1_000; number += 1) publisher.send('/room', { target: { type: 'channel' }, event: 'e', content: JSON.stringify('x'.repeat(100)) });
  expect(webhooks.metrics().queued).toBeLessThanOrEqual(50);
  expect(webhooks.metrics().dropped).toBeGreaterThanOrEqual(950);
  await until(() => webhooks.metrics().dropped === 1_000);
  expect(failures.at(-1)).toMatchObject({ reason: 'timeout', isGivenUp: true });
  publisher.send('/room', { target: { type: 'channel' }, event: 'e', content: JSON.stringify('x'.repeat(200_000)) });
  expect(webhooks.metrics().dropped).toBe(1_001);
  await router.close();
  await webhooks.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('W7: what cannot be a webhook is refused without its URL and secret being told', () => {
  const { membership } = new InMemoryNetwork().start('a');
  const started = (wrong: Partial<Webhook>) => () => startWebhooks({ hooks: [{ ...hook, ...wrong }], router: {} as Router, membership });
  for (const wrong of [{ url: 'file:///etc/passwd' }, { url: 'hooks.example' }, { url: 'https://user:password@hooks.example/' }, { path: 'room' }, { events: [] }, { secret: 'short' }]) {
    expect(started(wrong)).toThrow(TypeError);
    expect(started(wrong)).not.toThrow(/passw|hooks\.example|short/);
  }
});
