import { Kv4Error } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { accountAddress, ACCOUNTS_ERROR_CODES, ACCOUNTS_ERROR_STRINGS, AccountsError, emailAddress, EMAIL_CLAIM_GRACE_MS } from '../src/index.ts';
import { open, SYSTEM, withMethod } from './fixture.ts';

const email = 'Elena@Example.org';

describe('accounts', () => {
  it('are stored with hashes in the place of secret and password', async () => {
    await using opened = open();
    const { value } = await opened.accounts.create(SYSTEM, 'elena', { email, password: 'plainpass' });
    const stored = (await opened.store.get(accountAddress('$sys', 'elena')))?.value as Record<string, string>;
    expect(stored['secret']).toMatch(/^scrypt\$/);
    expect(stored['password']).toMatch(/^scrypt\$/);
    expect(value['secret']).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(stored)).not.toContain(value['secret'] as string);
    expect(value['password']).toBe('plainpass');
  });

  it('of two neurons that create the same email address at once exactly one succeeds', async () => {
    const shared = new MemoryReferenceStore();
    await using one = open({ store: shared });
    await using two = open({ store: new MemoryReferenceStore({ shareWith: shared, neuron: 'two' }) });
    const results = await Promise.allSettled([one.accounts.create(SYSTEM, 'a', { email }), two.accounts.create(SYSTEM, 'b', { email: email.toLowerCase() })]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ACCOUNTS_EMAIL_EXISTS' } });
  });

  it('of two that create the same name at once exactly one succeeds, and the other email address is free again', async () => {
    await using opened = open();
    const results = await Promise.allSettled([opened.accounts.create(SYSTEM, 'same', { email: 'a@example.org' }), opened.accounts.create(SYSTEM, 'same', { email: 'b@example.org' })]);
    const [loser] = results.flatMap((result, index) => (result.status === 'rejected' ? [['a@example.org', 'b@example.org'][index] ?? ''] : []));
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ACCOUNTS_USERNAME_EXISTS' } });
    await opened.accounts.create(SYSTEM, 'other', { email: loser ?? '' });
  });

  it('may take over an email address that a creation which broke off left claimed, after a grace', async () => {
    await using opened = open();
    await opened.store.put(emailAddress('$sys', email.toLowerCase()), { username: 'crashed' });
    await expect(opened.accounts.create(SYSTEM, 'elena', { email })).rejects.toMatchObject({ code: 'ACCOUNTS_EMAIL_EXISTS' });
    await opened.clock.advance(EMAIL_CLAIM_GRACE_MS);
    expect((await opened.accounts.create(SYSTEM, 'elena', { email })).value['username']).toBe('elena');
  });

  it('whose creation broke off can be created again after the grace, under the same name too', async () => {
    await using opened = open();
    await opened.store.put(emailAddress('$sys', email.toLowerCase()), { username: 'elena' });
    await expect(opened.accounts.create(SYSTEM, 'elena', { email })).rejects.toMatchObject({ code: 'ACCOUNTS_EMAIL_EXISTS' });
    await opened.clock.advance(EMAIL_CLAIM_GRACE_MS);
    await opened.accounts.create(SYSTEM, 'elena', { email });
  });

  it('that were being deleted when it broke off are switched off, and the deletion can be repeated', async () => {
    await using opened = open();
    await opened.accounts.create(SYSTEM, 'elena', { email, secret: 'elenas' });
    await opened.store.put({ bucket: 'elena', layer: '*data', path: '/a', key: 'x' }, {});
    await opened.store.put(accountAddress('$sys', 'elena'), { active: false }, { merge: true });
    await expect(opened.login('elena:elenas')).rejects.toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
    expect(await opened.accounts.remove(SYSTEM, 'elena')).toBe(1);
    expect(await opened.store.layers('elena')).toEqual([]);
    expect(await opened.accounts.remove(SYSTEM, 'elena')).toBe(0);
    await opened.accounts.create(SYSTEM, 'elena', { email });
  });

  it('that are deleted are erased, with their sub-accounts, on a store that can; what breaks off there can be repeated', async () => {
    const memory = new MemoryReferenceStore();
    const erased: string[] = [];
    let failing = true;
    const store = withMethod(memory, 'eraseBucket', async (bucket) => {
      if (bucket === 'elena' && failing) throw new Kv4Error('KV4_UNAVAILABLE', 'the database is away');
      expect(await memory.layers(bucket)).toEqual([]);
      return erased.push(bucket);
    });
    await using opened = open({ store });
    await opened.accounts.create(SYSTEM, 'elena', { email });
    await opened.accounts.create({ bucket: 'elena', author: 'elena' }, 'lily', { email });
    await store.put({ bucket: 'elena)lily', layer: '*data', path: '/a', key: 'x' }, {});
    await expect(opened.accounts.remove(SYSTEM, 'elena')).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    expect((await opened.accounts.get('$sys', 'elena'))?.value).toMatchObject({ active: false });
    failing = false;
    expect(await opened.accounts.remove(SYSTEM, 'elena')).toBe(1);
    expect(erased).toEqual(['elena)lily', 'elena']);
  });

  it('are updated under a version when one is given', async () => {
    await using opened = open();
    const { write } = await opened.accounts.create(SYSTEM, 'elena', { email });
    await opened.accounts.update(SYSTEM, 'elena', { details: { company: 'A' }, version: write.version });
    await expect(opened.accounts.update(SYSTEM, 'elena', { details: { company: 'B' }, version: write.version })).rejects.toMatchObject({ code: 'KV4_VERSION_CONFLICT' });
  });
});

describe('error codes', () => {
  it('each have a v3 error string', () => {
    expect(Object.keys(ACCOUNTS_ERROR_STRINGS).sort()).toEqual([...ACCOUNTS_ERROR_CODES].sort());
    expect(new AccountsError('ACCOUNTS_BAD_EMAIL', 'x').errorString).toBe('bad_email');
  });
});
