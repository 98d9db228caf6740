import { expect } from 'vitest';

import { checkFacts, type Fact } from './facts.ts';
import { SYSTEM, type Neuron } from './neuron-fixture.ts';

async function withFamily({ call }: Neuron, name: string): Promise<void> {
  const login = SYSTEM;
  await call('PUT', '/_acc/accounts', { login, body: { k: name, v: { email: `${name}@example.org`, secret: `${name}s` } } });
  await call('PUT', '/_acc/accounts', { login: `${name}:${name}s`, body: { k: 'lily', v: { email: 'lily@example.org', secret: 'lilys' } } });
  await call('PUT', '/_acc/users/admins', { login: `${name}:${name}s`, body: { k: 'anna', v: { password: 'anna1', email: 'anna@example.org' } } });
}

/** Who a login is, as its writes show. */
async function whoIs({ call }: Neuron, login: string): Promise<string> {
  const put = await call('PUT', '/_data/who', { login, body: { k: 'me', v: { _ver_: '_splat_' } } });
  if (put.envelope.s !== 'ok') return put.v;
  const [record] = (await call('GET', '/_data/who?as=datum', { login })).v;
  return `${record.a} in ${record.w}`;
}

const forms: readonly Fact[] = (
  [
    ['an account with its secret', 'NAME:NAMEs', 'NAME in NAME'],
    ['the system account', '$sys:secret', '$sys in $sys'],
    ['an administrator: writes are stamped with the name', 'NAME:anna#anna1', 'anna in NAME'],
    ['a sub-account with its secret', 'NAME#lily:lilys', 'lily in NAME)lily'],
    ["the primary acting for a sub-account: data goes to the sub-account's bucket", 'NAME#lily:!NAMEs', 'NAME in NAME)lily'],
    ['a sub-account without its owner', 'lily:lilys', 'unauthorized'],
    ["a sub-account's secret with !", 'NAME#lily:!lilys', 'unauthorized'],
    ["the owner's secret without !", 'NAME#lily:NAMEs', 'unauthorized'],
    ['a sub-account that does not exist', 'NAME#nobody:!NAMEs', 'unauthorized'],
    ['an administrator with a wrong password', 'NAME:anna#wrong', 'unauthorized'],
    ['an administrator that does not exist', 'NAME:nobody#anna1', 'unauthorized'],
    ['an administrator of another account', 'elena:anna#anna1', 'unauthorized'],
    ['a wrong secret', 'NAME:wrong', 'unauthorized'],
    ['an account that does not exist', 'nobody:secret', 'unauthorized'],
    ['a wrong system secret', '$sys:wrong', 'unauthorized'],
    ['a sub-account of the system account', '$sys#NAME:!secret', 'unauthorized'],
    ['a name that cannot be stored', 'x\u0000:secret', 'unauthorized'],
  ] as const
).map(([title, login, expected], index) => [
  `${title}: ${login} is ${expected}`,
  async (neuron) => {
    const name = `family${index}`;
    await withFamily(neuron, name);
    expect(await whoIs(neuron, login.replaceAll('NAME', name))).toBe(expected.replaceAll('NAME', name));
  },
]);

checkFacts('login', [
  ...forms,
  [
    'no login, or a malformed one, is unauthorized with an envelope and status 200, never an empty body',
    async ({ call }) => {
      const headers = [{}, { authorization: '' }, { authorization: 'Basic' }, { authorization: 'Basic !!!' }, { authorization: 'Bearer x' }, { authorization: 'Basic ' + Buffer.from('nocolon').toString('base64') }];
      for (const given of headers) {
        const { status, envelope } = await call('GET', '/_data/x', { login: null, headers: given });
        expect([status, envelope]).toEqual([200, { v: 'unauthorized', s: 'error' }]);
      }
    },
  ],
  [
    'active:false is unauthorized everywhere, also for the sub-accounts and administrators; active:true lets them in again',
    async (neuron) => {
      const { call } = neuron;
      await withFamily(neuron, 'sleepy');
      const logins = ['sleepy:sleepys', 'sleepy#lily:lilys', 'sleepy#lily:!sleepys', 'sleepy:anna#anna1'];
      const states = async () => Promise.all(logins.map(async (login) => (await call('GET', '/_ds', { login })).envelope.s));
      expect(await states()).toEqual(['ok', 'ok', 'ok', 'ok']);
      await call('POST', '/_acc/accounts', { login: SYSTEM, body: { k: 'sleepy', v: { active: false } } });
      expect(await states()).toEqual(['error', 'error', 'error', 'error']);
      await call('POST', '/_acc/accounts', { login: SYSTEM, body: { k: 'sleepy', v: { active: true } } });
      expect(await states()).toEqual(['ok', 'ok', 'ok', 'ok']);
    },
  ],
  [
    'a changed secret counts at once, and the old one no longer',
    async (neuron) => {
      const { call } = neuron;
      await withFamily(neuron, 'mover');
      expect((await call('GET', '/_ds', { login: 'mover:movers' })).envelope.s).toBe('ok');
      await call('POST', '/_acc/me', { login: 'mover:movers', body: { v: { secret: 'newer' } } });
      expect((await call('GET', '/_ds', { login: 'mover:movers' })).v).toBe('unauthorized');
      expect((await call('GET', '/_ds', { login: 'mover:newer' })).envelope.s).toBe('ok');
    },
  ],
  [
    'accounts do not see one another',
    async (neuron) => {
      const { call } = neuron;
      await withFamily(neuron, 'apart');
      await call('PUT', '/_data/secret', { login: 'apart:aparts', body: { k: 'x', v: { n: 1 } } });
      for (const login of ['elena:elenas', 'apart#lily:lilys']) {
        expect((await call('GET', '/_data/secret', { login })).v).toEqual([]);
        expect((await call('GET', '/_data/secret?k=x', { login })).v).toBe('not_found');
      }
    },
  ],
]);
