import { MemoryReferenceStore } from '@xir/kv4-testing';
import { Kv4Error, type KeyAddress, type Kv4Record } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';

import { accountAddress, SecretHasher, type CachedStore } from '../src/index.ts';
import { basic, open, SYSTEM, withMethod, type Opened } from './fixture.ts';

async function withElena(opened: Opened): Promise<void> {
  await opened.accounts.create(SYSTEM, 'elena', { email: 'elena@example.org', secret: 'elenas' });
}

describe('a login', () => {
  it('is verified once and then remembered: no hash is computed again', async () => {
    await using opened = open();
    await withElena(opened);
    const first = await opened.login('elena:elenas');
    const original = SecretHasher.prototype.verify;
    let verifications = 0;
    SecretHasher.prototype.verify = function (...parameters) {
      verifications += 1;
      return original.apply(this, parameters);
    };
    try {
      expect(await opened.login('elena:elenas')).toBe(first);
      expect(verifications).toBe(0);
      await expect(opened.login('elena:other')).rejects.toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
      expect(verifications).toBe(1);
    } finally {
      SecretHasher.prototype.verify = original;
    }
  });

  it('is verified anew when the record behind it has another version', async () => {
    await using opened = open();
    await withElena(opened);
    const first = await opened.login('elena:elenas');
    await opened.accounts.update(SYSTEM, 'elena', { details: { company: 'C' } });
    const second = await opened.login('elena:elenas');
    expect(second).not.toBe(first);
    await opened.accounts.update(SYSTEM, 'elena', { details: { secret: 'newer' } });
    await expect(opened.login('elena:elenas')).rejects.toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
  });

  it('that many send at once is verified once', async () => {
    await using opened = open();
    await withElena(opened);
    const logins = await Promise.all(Array.from({ length: 50 }, () => opened.login('elena:elenas')));
    expect(new Set(logins).size).toBe(1);
  });

  it('is recalled without a promise as long as the cache proves the record unchanged', async () => {
    const store = new MemoryReferenceStore();
    const versions = new Map<string, string>();
    const records = new Map<string, Kv4Record>();
    const peeking: CachedStore = withMethod(store, 'peek', (address: KeyAddress) => {
      const record = records.get(address.key);
      const version = versions.get(address.key);
      return record === undefined || version === undefined ? undefined : { ...record, version };
    });
    await using opened = open({ store: peeking });
    await withElena(opened);
    await opened.login('elena:elenas');
    expect(opened.logins.recall(basic('elena:elenas'))).toBeUndefined();
    const record = await store.get(accountAddress('$sys', 'elena'));
    if (record === undefined) throw new Error('elena was not stored');
    records.set('elena', record);
    versions.set('elena', record.version);
    expect(opened.logins.recall(basic('elena:elenas'))?.bucket).toBe('elena');
    versions.set('elena', 'another');
    expect(opened.logins.recall(basic('elena:elenas'))).toBeUndefined();
    expect(opened.logins.recall(basic('elena:unknown'))).toBeUndefined();
  });

  it('is refused past the limit of failures, with the time to wait; a remembered one goes on', async () => {
    await using opened = open({ attemptLimits: { maxFailuresPerAccount: 3, windowMs: 60_000 } });
    await withElena(opened);
    await opened.login('elena:elenas');
    for (let index = 0; index < 3; index += 1) await expect(opened.login(`elena:guess${index}`)).rejects.toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
    await expect(opened.login('elena:guess')).rejects.toMatchObject({ code: 'ACCOUNTS_TOO_MANY_ATTEMPTS', retryAfterMs: 60_000, errorString: 'unauthorized' });
    expect((await opened.login('elena:elenas')).account).toBe('elena');
    expect((await opened.login('$sys:secret')).kind).toBe('system');
    await opened.clock.advance(60_000);
    await expect(opened.login('elena:guess')).rejects.toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
  });

  it('that the database kept from being verified is no failure of the client', async () => {
    const inner = new MemoryReferenceStore();
    const away = withMethod(inner, 'get', () => Promise.reject(new Kv4Error('KV4_UNAVAILABLE', 'away')));
    await using opened = open({ store: away, attemptLimits: { maxFailuresPerAccount: 1 } });
    for (let index = 0; index < 3; index += 1) await expect(opened.login('elena:elenas')).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
  });

  it('never carries a secret in its error', async () => {
    await using opened = open();
    await withElena(opened);
    for (const text of ['elena:supersecret', '$sys:supersecret', 'elena#lily:!supersecret', 'elena:x#supersecret']) {
      const error: unknown = await opened.login(text).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify([String(error), error])).not.toContain('supersecret');
    }
  });

  it('of the system may have a secret with # in it', async () => {
    await using opened = open({ systemSecret: 'with#mark' });
    expect((await opened.login('$sys:with#mark')).kind).toBe('system');
    await opened.administrators.write(SYSTEM, 'root', { password: 'rootpw', email: 'r@example.org' });
    expect(await opened.login('$sys:root#rootpw')).toMatchObject({ kind: 'administrator', bucket: '$sys', author: 'root' });
  });

  it('needs a system secret', () => {
    expect(() => open({ systemSecret: '' })).toThrow(TypeError);
  });
});
