import { DataTokens, type Login } from '@xir/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openFixture, SYSTEM_SECRET, type Fixture } from './face-fixture.ts';

const tokens = new DataTokens(SYSTEM_SECRET);
const REFUSED = expect.objectContaining({ message: expect.stringContaining('WRONGPASS') });
let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture({ resp: { systemSecret: SYSTEM_SECRET } });
});
afterAll(() => fixture[Symbol.asyncDispose]());

function loginOf(account: string, secret: string): Promise<Login> {
  return fixture.accounts.logins.login(`Basic ${Buffer.from(`${account}:${secret}`).toString('base64')}`, '127.0.0.1');
}

async function elenasToken(expiresInMs = 60_000): Promise<string> {
  return tokens.sign(await loginOf('elena', 'elenas'), Date.now() + expiresInMs);
}

describe('a token', () => {
  it('C9 logs in where the secret stands, with AUTH and with HELLO, also a sub-account’s', async () => {
    const client = fixture.connect();
    expect(await client.call('AUTH', 'elena', await elenasToken())).toBe('OK');
    expect(await client.call('SET', '/t/a', '1')).toBe('OK');
    expect(await fixture.store.get({ bucket: 'elena', layer: '*data', path: '/t', key: 'a' })).toMatchObject({ value: 1, author: 'elena' });
    await fixture.accounts.accounts.create({ bucket: 'elena', author: 'elena' }, 'lily', { email: 'lily@example.org', secret: 'lilys' });
    const token = tokens.sign(await loginOf('elena#lily', 'lilys'), Date.now() + 60_000);
    const sub = fixture.connect();
    expect(await sub.call('HELLO', 3, 'AUTH', 'elena#lily', token)).not.toBeInstanceOf(Error);
    expect(await sub.call('SET', '/t/b', '2')).toBe('OK');
    expect(await fixture.store.get({ bucket: 'elena)lily', layer: '*data', path: '/t', key: 'b' })).toMatchObject({ value: 2, author: 'lily' });
  });

  it('C9 of another account, of another system, or an old one is a wrong secret, and counted', async () => {
    const before = fixture.face.metrics().loginsFailed;
    const wrong: ReadonlyArray<readonly [string, string]> = [
      ['elena#lily', await elenasToken()],
      ['$sys', await elenasToken()],
      ['elena', new DataTokens('another').sign(await loginOf('elena', 'elenas'), Date.now() + 60_000)],
      ['elena', await elenasToken(-1)],
    ];
    for (const [account, secret] of wrong) {
      expect(await fixture.connect().call('AUTH', account, secret)).toEqual(REFUSED);
    }
    expect(fixture.face.metrics().loginsFailed).toBe(before + wrong.length);
  });

  it('C9 ends with its account', async () => {
    await fixture.accounts.accounts.create({ bucket: '$sys', author: '$sys' }, 'zoe', { email: 'zoe@example.org', secret: 'zoes' });
    const token = tokens.sign(await loginOf('zoe', 'zoes'), Date.now() + 60_000);
    await fixture.accounts.accounts.remove({ bucket: '$sys', author: '$sys' }, 'zoe');
    expect(await fixture.connect().call('AUTH', 'zoe', token)).toEqual(REFUSED);
  });

  it('C9 logs nobody in where the face was given no secret', async () => {
    await using other = await openFixture();
    const token = tokens.sign(await loginOf('$sys', SYSTEM_SECRET), Date.now() + 60_000);
    expect(await other.connect().call('AUTH', '$sys', token)).toEqual(REFUSED);
  });
});
