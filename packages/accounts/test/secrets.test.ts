import { describe, expect, it } from 'vitest';

import { equalSecrets, SecretHasher } from '../src/index.ts';

const hasher = new SecretHasher({ costLog2: 4 });

describe('hashes of secrets', () => {
  it('verify the secret and nothing else', async () => {
    const stored = await hasher.hash('correct horse');
    expect(await hasher.verify('correct horse', stored)).toBe(true);
    for (const wrong of ['', 'correct hors', 'correct horse ', 'Correct horse']) expect(await hasher.verify(wrong, stored)).toBe(false);
  });

  it('have a salt of their own and do not contain the secret', async () => {
    const [one, other] = [await hasher.hash('same'), await hasher.hash('same')];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^scrypt\$4\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toContain('same');
  });

  it('stay valid when the cost changes', async () => {
    const stored = await hasher.hash('kept');
    expect(await new SecretHasher({ costLog2: 6 }).verify('kept', stored)).toBe(true);
  });

  it.each([undefined, null, 5, '', 'kept', 'scrypt$4$8$1$short$short', 'scrypt$99$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])(
    'that are missing or malformed (%j) match nothing, not even the secret of the decoy',
    async (stored) => {
      expect(await hasher.verify('kept', stored)).toBe(false);
    },
  );

  it('are computed a few at a time, and past the limit refused as busy', async () => {
    const small = new SecretHasher({ costLog2: 4, maxRunningHashes: 1, maxWaitingHashes: 2 });
    const results = await Promise.allSettled([1, 2, 3, 4].map((index) => small.hash(`secret${index}`)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(results[3]).toMatchObject({ reason: { code: 'ACCOUNTS_BUSY' } });
    expect(await small.hash('later')).toMatch(/^scrypt/);
  });

  it('refuse a cost that makes no sense', () => {
    for (const costLog2 of [3, 18, 14.5]) expect(() => new SecretHasher({ costLog2 })).toThrow(TypeError);
  });
});

describe('equalSecrets', () => {
  it('compares whole texts of any length', () => {
    expect([equalSecrets('a', 'a'), equalSecrets('a', 'b'), equalSecrets('a', 'aa'), equalSecrets('', '')]).toEqual([true, false, false, true]);
  });
});
