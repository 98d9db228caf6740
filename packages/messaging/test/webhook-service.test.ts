import { WEBHOOK_LAYER } from '@xir/webhooks';
import { expect, it } from 'vitest';

import { openSystem } from './messaging-fixture.ts';

const system = { authorization: `Basic ${Buffer.from('$sys:secret').toString('base64')}` };
const v = { url: 'https://hooks.example/hidden?x=1', secret: 'hidden hidden hidden', events: ['join', 'message'], bucket: 'elena' };

it('M17: the system account sets webhooks of paths, which are told without their secrets; nobody else does', async () => {
  await using opened = await openSystem();
  const { call } = await opened.open('a', { messaging: { webhooks: { systemSecret: 'secret' } } });
  const shown = { url: 'https://hooks.example', events: ['join', 'message'], bucket: 'elena' };
  const answers = [
    await call('PUT', '/_webhooks/shop', { k: 'orders', v }, system),
    await call('POST', '/_webhooks', { k: 'all', v: { url: v.url, secret: v.secret } }, system),
    await call('GET', '/_webhooks/shop?k=orders', undefined, system),
    await call('GET', '/_webhooks', undefined, system),
  ];
  expect(answers.map((answer) => answer.v)).toEqual([
    { ...shown, _ver_: expect.any(String) as string },
    { url: 'https://hooks.example', events: ['join', 'leave'], _ver_: expect.any(String) as string },
    { ...shown, _ver_: expect.any(String) as string },
    [{ path: '/', k: 'all', url: 'https://hooks.example', events: ['join', 'leave'] }, { path: '/shop', k: 'orders', ...shown }],
  ]);
  for (const [method, body] of [['GET', undefined], ['PUT', { k: 'own', v }], ['DELETE', undefined]] as const) expect(await call(method, '/_webhooks/shop', body)).toMatchObject({ v: 'unauthorized', code: 'MESSAGING_UNAUTHORIZED' });
  expect((await call('GET', `/_data/shop?l=${WEBHOOK_LAYER}&k=orders`, undefined, system)).v).toBe('bad_layer_prefix');
  expect((await call('DELETE', '/_webhooks/shop?k=orders', undefined, system)).v).toBe(1);
  expect((await call('DELETE', '/_webhooks', undefined, system)).v).toBe(1);
  expect(await call('GET', '/_webhooks/shop?k=orders', undefined, system)).toMatchObject({ v: 'not_found', code: 'MESSAGING_NO_WEBHOOK' });
  expect(JSON.stringify(answers)).not.toContain('hidden');
});

it('M17: what cannot be a webhook is refused with a stable code, without being repeated; there are no more than a hundred', async () => {
  await using opened = await openSystem();
  const { call } = await opened.open('a', { messaging: { webhooks: { systemSecret: 'secret' } } });
  for (const wrong of [undefined, 'hidden', { ...v, url: 'ftp://hidden' }, { ...v, url: 'https://hidden:hidden@x.example' }, { ...v, secret: 'hidden' }, { ...v, events: ['hidden'] }, { ...v, events: [] }, { ...v, hidden: 1 }, { ...v, bucket: '' }, { url: v.url }]) {
    const answer = await call('PUT', '/_webhooks/shop', { k: 'x', v: wrong }, system);
    expect(answer).toMatchObject({ v: 'bad_value', code: 'MESSAGING_BAD_WEBHOOK' });
    expect(JSON.stringify(answer)).not.toContain('hidden');
  }
  for (const k of [undefined, 'a/b', 'x'.repeat(65), 7]) expect(await call('PUT', '/_webhooks/shop', { k, v }, system)).toMatchObject({ v: 'bad_option', code: 'MESSAGING_BAD_OPTION' });
  for (let number = 0; number < 100; number += 1) expect((await call('PUT', `/_webhooks/p${number % 7}`, { k: `hook-${number}`, v }, system)).s).toBe('ok');
  expect(await call('PUT', '/_webhooks', { k: 'one-more', v }, system)).toMatchObject({ v: 'busy', code: 'MESSAGING_TOO_MANY_WEBHOOKS' });
  expect((await call('PUT', '/_webhooks/p1', { k: 'hook-1', v }, system)).s).toBe('ok');
});
