import { expect } from 'vitest';

import { checkFacts } from './facts.ts';
import { SYSTEM } from './neuron-fixture.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const login = SYSTEM;

checkFacts('_acc', [
  [
    'PUT answers everything, with a generated secret that works',
    async ({ call }) => {
      const { v } = await call('PUT', '/_acc/accounts', { login, body: { k: 'full', v: { email: 'full@example.org', first_name: 'F' } } });
      expect(v).toEqual({
        username: 'full',
        email: 'full@example.org',
        secret: expect.stringMatching(UUID),
        password: '',
        first_name: 'F',
        last_name: '',
        company: '',
        customer_id: null,
        plan: 'free',
        term: 'monthly',
        active: true,
        created: expect.any(Number),
        _ver_: expect.any(String),
      });
      expect(Math.abs(v.created - Date.now() / 1000)).toBeLessThan(60);
      expect((await call('GET', '/_ds', { login: `full:${v.secret}` })).envelope.s).toBe('ok');
    },
  ],
  [
    'a secret that was given is kept',
    async ({ call }) => {
      const { v } = await call('PUT', '/_acc/accounts', { login, body: { k: 'given', v: { email: 'given@example.org', secret: 'my-secret', password: 'pass' } } });
      expect([v.secret, v.password]).toEqual(['my-secret', 'pass']);
    },
  ],
  [
    'GET by k or by k2=email shows username, email, names, company, created, active and _ver_ only',
    async ({ call }) => {
      await call('PUT', '/_acc/accounts', { login, body: { k: 'shown', v: { email: 'Shown@example.org', company: 'C', plan: 'gold' } } });
      const expected = { username: 'shown', email: 'Shown@example.org', first_name: '', last_name: '', company: 'C', created: expect.any(Number), active: true, _ver_: expect.any(String) };
      for (const query of ['k=shown', 'k2=shown@example.org', 'k2=SHOWN%40example.org']) expect((await call('GET', `/_acc/accounts?${query}`, { login })).v).toEqual(expected);
      expect((await call('GET', '/_acc/accounts?k=nobody', { login })).v).toBe('not_found');
    },
  ],
  [
    'no read ever shows a secret or password, hashed or not',
    async ({ call, store }) => {
      await call('PUT', '/_acc/accounts', { login, body: { k: 'hidden', v: { email: 'hidden@example.org', secret: 'topsecret', password: 'toppass' } } });
      await call('POST', '/_acc/accounts', { login, body: { k: 'hidden', v: { company: 'x' } } });
      const stored = await store.get({ bucket: '$sys', layer: '*acc', path: '/accounts', key: 'hidden' });
      expect(stored?.valueText).not.toMatch(/topsecret|toppass/);
      const later = new Date(Date.now() + 60_000).toISOString();
      const paths = ['?k=hidden', '?as=datum', '?as=values', '?k=hidden&as=datum', '?k=hidden&time_series=1', '?k=hidden&time_series=1&as=datum', `?k=hidden&at=${later}`, `?at=${later}&as=datum`, '?tree=1', '?k=hidden&aggregate=1&field=secret', '?watch=1&k=hidden'];
      for (const path of paths) expect((await call('GET', `/_acc/accounts${path}`, { login })).text).not.toMatch(/scrypt|topsecret|toppass/);
      expect((await call('GET', '/_data/accounts?k=hidden&l=*acc', { login })).v).toBe('bad_layer_prefix');
    },
  ],
  [
    'GET lists names; as=datum records; time_series=1 rows',
    async ({ call }) => {
      await call('PUT', '/_acc/accounts', { login, body: { k: 'listed', v: { email: 'listed@example.org' } } });
      expect((await call('GET', '/_acc/accounts', { login })).v).toEqual(expect.arrayContaining(['elena', 'listed']));
      const records = (await call('GET', '/_acc/accounts?as=datum', { login })).v;
      const record = records.find((one: { k: string }) => one.k === 'listed');
      expect(record).toMatchObject({ w: '$sys', l: '*acc', p: '/accounts', m: { k2: 'listed@example.org' }, v: { username: 'listed' }, s: 'c' });
      const rows = (await call('GET', '/_acc/accounts?k=listed&time_series=1', { login })).v;
      expect(rows).toEqual([[expect.any(Number), '$sys', expect.objectContaining({ username: 'listed' })]]);
    },
  ],
  [
    'v that is no object is require_account_details; no or a bad email is bad_email; a bad name is bad_username',
    async ({ call }) => {
      const put = async (k: string, v?: unknown) => (await call('PUT', '/_acc/accounts', { login, body: { k, v } })).v;
      for (const v of [undefined, null, 'text', 5, ['x']]) expect(await put('wrong', v)).toBe('require_account_details');
      for (const email of [undefined, '', 'x', 'a@b', 5]) expect(await put('wrong', { email })).toBe('bad_email');
      for (const name of ['9x', 'a b', '$sys', 'a)b', 'a#b', 'x'.repeat(64)]) expect(await put(name, { email: 'w@example.org' })).toBe('bad_username');
      expect((await call('PUT', '/_acc/accounts', { login, body: { v: { email: 'w@example.org' } } })).v).toBe('bad_name');
      for (const secret of ['abc', 'a#bcd', '!abcd']) expect(await put('wrong', { email: 'w@example.org', secret })).toBe('bad_password_format');
    },
  ],
  [
    'a name that is taken is username_exists, an email address that is taken email_exists, whatever its case',
    async ({ call }) => {
      const put = async (k: string, email: string) => (await call('PUT', '/_acc/accounts', { login, body: { k, v: { email } } })).envelope;
      expect((await put('taken', 'taken@example.org')).s).toBe('ok');
      expect((await put('taken', 'other@example.org')).v).toBe('username_exists');
      expect((await put('other', 'Taken@Example.org')).v).toBe('email_exists');
      expect((await put('other', 'other@example.org')).s).toBe('ok');
    },
  ],
  [
    'of several accounts created at once with one email address exactly one is',
    async ({ call }) => {
      const all = await Promise.all(['r1', 'r2', 'r3', 'r4'].map((k) => call('PUT', '/_acc/accounts', { login, body: { k, v: { email: 'race@example.org' } } })));
      expect(all.map(({ envelope }) => (envelope.s === 'ok' ? 'ok' : envelope.v)).sort()).toEqual(['email_exists', 'email_exists', 'email_exists', 'ok']);
    },
  ],
  [
    'POST merges without _ver_ and answers the whole object; username in v is username_is_immutable',
    async ({ call }) => {
      await call('PUT', '/_acc/accounts', { login, body: { k: 'merged', v: { email: 'merged@example.org', company: 'A', first_name: 'F' } } });
      const { v } = await call('POST', '/_acc/accounts', { login, body: { k: 'merged', v: { company: 'B' } } });
      expect(v).toMatchObject({ username: 'merged', company: 'B', first_name: 'F', plan: 'free', _ver_: expect.any(String) });
      expect(v).not.toHaveProperty('secret');
      expect((await call('POST', '/_acc/accounts', { login, body: { k: 'merged', v: { username: 'x' } } })).v).toBe('username_is_immutable');
      expect((await call('POST', '/_acc/accounts', { login, body: { k: 'nobody', v: { company: 'x' } } })).v).toBe('not_found');
      expect((await call('POST', '/_acc/accounts', { login, body: { k: 'merged', v: { email: 'elena@example.org' } } })).v).toBe('email_exists');
    },
  ],
  [
    'a changed email address frees the old one and is found by k2',
    async ({ call }) => {
      await call('PUT', '/_acc/accounts', { login, body: { k: 'swap', v: { email: 'old@example.org' } } });
      await call('POST', '/_acc/accounts', { login, body: { k: 'swap', v: { email: 'new@example.org' } } });
      expect((await call('GET', '/_acc/accounts?k2=new@example.org', { login })).v.username).toBe('swap');
      expect((await call('GET', '/_acc/accounts?k2=old@example.org', { login })).v).toBe('not_found');
      expect((await call('PUT', '/_acc/accounts', { login, body: { k: 'heir', v: { email: 'old@example.org' } } })).envelope.s).toBe('ok');
    },
  ],
  [
    "DELETE answers the count and drops the account's whole bucket and those of its sub-accounts; absent is 0",
    async ({ call, store }) => {
      await call('PUT', '/_acc/accounts', { login, body: { k: 'gone', v: { email: 'gone@example.org', secret: 'gones' } } });
      const own = { login: 'gone:gones' };
      await call('PUT', '/_acc/accounts', { ...own, body: { k: 'child', v: { email: 'child@example.org' } } });
      await call('PUT', '/_data/a/b', { ...own, body: { k: 'x', v: {} } });
      await call('PUT', '/_data/a/b', { login: 'gone#child:!gones', body: { k: 'x', v: {} } });
      await call('PUT', '/_ns/Room', own);
      expect(await store.layers('gone')).toEqual(expect.arrayContaining(['*acc', '*data', '*ns']));
      expect((await call('DELETE', '/_acc/accounts?k=gone', { login })).envelope).toEqual({ v: 1, s: 'ok' });
      expect((await call('DELETE', '/_acc/accounts?k=gone', { login })).envelope).toEqual({ v: 0, s: 'ok' });
      expect([await store.layers('gone'), await store.layers('gone)child')]).toEqual([[], []]);
      expect((await call('GET', '/_ds', own)).v).toBe('unauthorized');
    },
  ],
  [
    'who gets a name after somebody else does not see the history of the other',
    async ({ call }) => {
      const create = (secret: string) => call('PUT', '/_acc/accounts', { login, body: { k: 'heiress', v: { email: 'heiress@example.org', secret } } });
      await create('first');
      await call('PUT', '/_data/diary', { login: 'heiress:first', body: { k: 'x', v: { private: 1 } } });
      const then = Date.now();
      await call('DELETE', '/_acc/accounts?k=heiress', { login });
      while (Date.now() <= then) await new Promise<void>((resolve) => setImmediate(resolve));
      await create('second');
      const own = { login: 'heiress:second' };
      expect((await call('GET', '/_data/diary?k=x&time_series=1', own)).v).toEqual([]);
      expect((await call('GET', `/_data/diary?k=x&at=${then}`, own)).v).toBe('not_found');
      expect((await call('GET', `/_data/diary?at=${then}&as=values`, own)).v).toEqual([]);
    },
  ],
  [
    'a sub-account has no accounts beneath it: two levels only',
    async ({ call }) => {
      await call('PUT', '/_acc/accounts', { body: { k: 'lily', v: { email: 'lily@example.org', secret: 'lilys' } } });
      const { v } = await call('PUT', '/_acc/accounts', { login: 'elena#lily:lilys', body: { k: 'mia', v: { email: 'mia@example.org' } } });
      expect(v).toBe('bad_me_context');
    },
  ],
  [
    'sub-accounts of two accounts may have the same name and email address',
    async ({ call }) => {
      await call('PUT', '/_acc/accounts', { login, body: { k: 'olga', v: { email: 'olga@example.org', secret: 'olgas' } } });
      for (const owner of ['elena:elenas', 'olga:olgas']) {
        expect((await call('PUT', '/_acc/accounts', { login: owner, body: { k: 'twin', v: { email: 'twin@example.org' } } })).envelope.s).toBe('ok');
        expect((await call('GET', '/_acc/accounts', { login: owner })).v).toContain('twin');
      }
    },
  ],
  [
    '/_acc/me reads and changes the own account; the system login has none',
    async ({ call }) => {
      expect((await call('GET', '/_acc/me')).v).toMatchObject({ username: 'elena', plan: 'free' });
      expect((await call('POST', '/_acc/me', { body: { v: { company: 'E' } } })).v.company).toBe('E');
      expect((await call('POST', '/_acc/me', { body: { v: { plan: 'gold' } } })).v).toBe('unauthorized');
      expect((await call('GET', '/_acc/me', { login })).v).toBe('bad_me_context');
    },
  ],
]);

checkFacts('_acc/users/admins', [
  [
    'PUT or POST creates; username is not inside v, created is seconds, the password is not shown',
    async ({ call }) => {
      for (const [index, method] of ['PUT', 'POST'].entries()) {
        const { v } = await call(method, '/_acc/users/admins', { body: { k: `adm${index}`, v: { password: 'pass', email: 'a@example.org', role: 'admin' } } });
        expect(v).toEqual({ email: 'a@example.org', first_name: '', last_name: '', role: 'admin', created: expect.any(Number), _ver_: expect.any(String) });
        expect(v.created).toBeLessThan(2 ** 31);
      }
    },
  ],
  [
    'a missing password is require_password, a short one bad_password_format, a missing email require_email',
    async ({ call }) => {
      const put = async (v: unknown) => (await call('PUT', '/_acc/users/admins', { body: { k: 'bad', v } })).v;
      expect(await put({ email: 'a@example.org' })).toBe('require_password');
      expect(await put({ email: 'a@example.org', password: 'abc' })).toBe('bad_password_format');
      expect(await put({ password: 'abcd' })).toBe('require_email');
      expect(await put({ password: 'abcd', email: 'x' })).toBe('bad_email');
    },
  ],
  [
    'GET, list, time_series and DELETE work as usual, and POST changes',
    async ({ call }) => {
      await call('PUT', '/_acc/users/admins', { body: { k: 'anna', v: { password: 'pass', email: 'anna@example.org' } } });
      await call('POST', '/_acc/users/admins', { body: { k: 'anna', v: { first_name: 'Anna' } } });
      expect((await call('GET', '/_acc/users/admins?k=anna')).v).toMatchObject({ first_name: 'Anna', email: 'anna@example.org' });
      expect((await call('GET', '/_acc/users/admins')).v).toContain('anna');
      const series = await call('GET', '/_acc/users/admins?k=anna&time_series=1');
      expect(series.v).toHaveLength(2);
      expect(series.text).not.toContain('scrypt');
      expect((await call('DELETE', '/_acc/users/admins?k=anna')).v).toBe(1);
      expect((await call('GET', '/_ds', { login: 'elena:anna#pass' })).v).toBe('unauthorized');
    },
  ],
  [
    'an administrator of another role reads accounts but does not change them: user_not_admin',
    async ({ call }) => {
      await call('PUT', '/_acc/users/admins', { body: { k: 'viewer', v: { password: 'pass', email: 'v@example.org', role: 'viewer' } } });
      const viewer = 'elena:viewer#pass';
      expect((await call('GET', '/_acc/accounts', { login: viewer })).envelope.s).toBe('ok');
      expect((await call('PUT', '/_acc/accounts', { login: viewer, body: { k: 'x', v: { email: 'x@example.org' } } })).v).toBe('user_not_admin');
    },
  ],
]);
