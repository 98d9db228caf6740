import { AUTHORITY_ADDRESS, REVOKED_PATH } from '@xir/router';
import { expect, it } from 'vitest';

import { openSystem } from './messaging-fixture.ts';

const system = { authorization: `Basic ${Buffer.from('$sys:secret').toString('base64')}` };

it('M18: the system account revokes neurons and certificates, and believes them again; nobody else does', async () => {
  await using opened = await openSystem();
  const { call } = await opened.open('a');
  const { v: revoked } = await call('PUT', '/_links/revoked', { k: 'n9' }, system);
  expect(revoked).toEqual({ k: 'n9', _ver_: expect.any(String) as string });
  expect((await call('POST', '/_links/revoked?k=5f0c31aa', {}, system)).v).toMatchObject({ k: '5f0c31aa' });
  expect(await call('PUT', '/_links/revoked', { k: 'n9' }, system)).toMatchObject({ s: 'ok', v: revoked });
  expect((await opened.store.list(REVOKED_PATH)).items.map(({ address }) => address.key)).toEqual(['5f0c31aa', 'n9']);
  const since = async (key: string) => ({ k: key, t: Math.floor(((await opened.store.get({ ...REVOKED_PATH, key }))?.timeMs ?? 0) / 1000), a: '$sys' });
  expect((await call('GET', '/_links/revoked', undefined, system)).v).toEqual([await since('5f0c31aa'), await since('n9')]);
  for (const [method, path, body] of [['GET', 'revoked'], ['PUT', 'revoked', { k: 'n1' }], ['DELETE', 'revoked?k=n9'], ['DELETE', 'authority']] as const) {
    expect(await call(method, `/_links/${path}`, body)).toMatchObject({ v: 'unauthorized', code: 'MESSAGING_UNAUTHORIZED' });
  }
  expect((await call('DELETE', '/_links/revoked?k=n9', undefined, system)).v).toBe(1);
  expect((await call('DELETE', '/_links/revoked?k=n9', undefined, system)).v).toBe(0);
  expect((await call('GET', '/_links/revoked', undefined, system)).v).toEqual([await since('5f0c31aa')]);
});

it('M18: the system account deletes the authority; its key is never answered', async () => {
  await using opened = await openSystem();
  const { call } = await opened.open('a');
  await opened.store.put(AUTHORITY_ADDRESS, { certificate: 'hidden', sealed: 'hidden' });
  const read = await call('GET', '/_links/authority', undefined, system);
  expect(read).toMatchObject({ v: 'bad_option', code: 'MESSAGING_BAD_OPTION' });
  expect(JSON.stringify([read, await call('GET', '/_links', undefined, system), await call('PUT', '/_links/authority', { k: 'certificate' }, system)])).not.toContain('hidden');
  expect(await opened.store.get(AUTHORITY_ADDRESS)).toBeDefined();
  expect((await call('DELETE', '/_links/authority', undefined, system)).v).toBe(1);
  expect(await opened.store.get(AUTHORITY_ADDRESS)).toBeUndefined();
});

it('M18: what is no name is refused, and so are more than a thousand', async () => {
  await using opened = await openSystem();
  const { call } = await opened.open('a');
  for (const k of [undefined, '', 'N9', 'a/b', 'x'.repeat(65), 7]) expect(await call('PUT', '/_links/revoked', { k }, system)).toMatchObject({ v: 'bad_option', code: 'MESSAGING_BAD_OPTION' });
  for (let number = 0; number < 1_000; number += 1) await opened.store.put({ ...REVOKED_PATH, key: `n${number}` }, true);
  expect(await call('PUT', '/_links/revoked', { k: 'another' }, system)).toMatchObject({ v: 'busy', code: 'MESSAGING_TOO_MANY_REVOKED' });
  expect((await call('PUT', '/_links/revoked', { k: 'n1' }, system)).s).toBe('ok');
});
