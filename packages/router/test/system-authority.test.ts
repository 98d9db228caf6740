import { createPrivateKey, X509Certificate } from 'node:crypto';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';
import { neuronOf, pemKey } from '../src/links/certificates.ts';
import { AUTHORITY_ADDRESS, SystemAuthority } from '../src/links/system-authority.ts';

const NOW_MS = Date.UTC(2026, 10, 29);

describe('the system authority', () => {
  it('L1: is made once, however many neurons start at once, and opens with the system secret alone', async () => {
    await using store = new MemoryReferenceStore();
    const [first, second] = await Promise.all([SystemAuthority.open(store, 'secret', NOW_MS), SystemAuthority.open(store, 'secret', NOW_MS)]);
    const third = await SystemAuthority.open(store, 'secret', NOW_MS);
    expect(new Set([first.certificate, second.certificate, third.certificate]).size).toBe(1);
    await expect((await SystemAuthority.open(store, 'another secret', NOW_MS)).issue('a', NOW_MS)).rejects.toMatchObject({ code: 'LINK_WRONG_SECRET' });
  });

  it('L1: does not show its key, nor the secret, in the database', async () => {
    await using store = new MemoryReferenceStore();
    await SystemAuthority.open(store, 'a system secret', NOW_MS);
    const text = (await store.get(AUTHORITY_ADDRESS))?.valueText ?? '';
    expect(text).toContain('BEGIN CERTIFICATE');
    expect(text).not.toContain('PRIVATE');
    expect(text).not.toContain('a system secret');
  });

  it('L1: is not believed where it is damaged', async () => {
    await using store = new MemoryReferenceStore();
    await SystemAuthority.open(store, 'secret', NOW_MS);
    const value = (await store.get(AUTHORITY_ADDRESS))?.value as { readonly certificate: string; readonly sealed: Record<string, string> };
    for (const damaged of [{}, { ...value, certificate: 'none' }, { ...value, sealed: { ...value.sealed, cost: 2 ** 30 } }, { ...value, sealed: { ...value.sealed, nonce: '' } }]) {
      await store.put(AUTHORITY_ADDRESS, damaged);
      await expect(SystemAuthority.open(store, 'secret', NOW_MS).then((authority) => authority.issue('a', NOW_MS))).rejects.toMatchObject({ code: 'LINK_AUTHORITY_DAMAGED' });
    }
    const tag = Buffer.from(value.sealed['tag'] ?? '', 'base64').map((byte) => byte ^ 1);
    await store.put(AUTHORITY_ADDRESS, { ...value, sealed: { ...value.sealed, tag: Buffer.from(tag).toString('base64') } });
    await expect((await SystemAuthority.open(store, 'secret', NOW_MS)).issue('a', NOW_MS)).rejects.toMatchObject({ code: 'LINK_WRONG_SECRET' });
  });

  it('L2: issues certificates that name the neuron, hold for a week and are signed by it', async () => {
    await using store = new MemoryReferenceStore();
    const authority = await SystemAuthority.open(store, 'secret', NOW_MS);
    const issued = await authority.issue('neuron1', NOW_MS);
    const certificate = new X509Certificate(issued.certificate);
    const parent = new X509Certificate(authority.certificate);
    expect(neuronOf(certificate)).toBe('neuron1');
    expect(neuronOf(parent)).toBe(undefined);
    expect(certificate.checkIssued(parent)).toBe(true);
    expect(certificate.verify(parent.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(pemKey(issued)))).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(Date.parse(certificate.validTo) - NOW_MS).toBe(7 * 86_400_000);
    expect((await authority.issue('neuron1', NOW_MS)).certificate).not.toBe(issued.certificate);
  });
});
