import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkKeyAddress, checkPathAddress, checkSecondaryKeys, headId, Kv4Error, MAX_ID_BYTES, normalisePath, type KeyAddress, type SecondaryKeys } from '../src/index.ts';
import { keyAddress, segmentText } from './arbitrary-address.ts';

const address: KeyAddress = { bucket: 'cool', layer: '*data', path: '/a', key: 'k' };

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Kv4Error ? error.code : String(error);
  }
}

describe('normalisePath', () => {
  it.each([
    ['', '/'], ['/', '/'], ['//', '/'], ['a', '/a'], ['/a', '/a'], ['/a/', '/a'], ['a//b///c//', '/a/b/c'], ['//a', '/a'], ['/a/./..', '/a/./..'], ['/ ', '/ '],
  ])('makes %j into %j', (path, normal) => {
    expect(normalisePath(path)).toBe(normal);
  });

  it('changes nothing twice, and keeps the segments', () => {
    fc.assert(fc.property(fc.array(fc.oneof(segmentText, fc.constant('')), { maxLength: 8 }), (segments) => {
      const normal = normalisePath(segments.join('/'));
      expect(normalisePath(normal)).toBe(normal);
      expect(normal).toBe(`/${segments.filter((segment) => segment !== '').join('/')}`);
    }));
  });

  it('accepts 32 segments of 256 characters, and not one more of either', () => {
    expect(normalisePath('/s'.repeat(32))).toBe('/s'.repeat(32));
    expect(normalisePath(`/${'s'.repeat(256)}`)).toBe(`/${'s'.repeat(256)}`);
    expect(codeOf(() => normalisePath('/s'.repeat(33)))).toBe('KV4_BAD_ADDRESS');
    expect(codeOf(() => normalisePath(`/${'s'.repeat(257)}`))).toBe('KV4_BAD_ADDRESS');
  });

  it('refuses lone surrogates and what is no string', () => {
    for (const path of ['/\ud800', '/a/\udfff/b', undefined, null, 7, {}]) expect(codeOf(() => normalisePath(path as string))).toBe('KV4_BAD_ADDRESS');
  });
});

describe('checkKeyAddress', () => {
  it('gives a normalised copy without anything that does not belong', () => {
    const given = { ...address, path: 'a//b/', extra: 1 };
    expect(checkKeyAddress(given)).toStrictEqual({ ...address, path: '/a/b' });
  });

  it('accepts every address of short fields', () => {
    fc.assert(fc.property(keyAddress, (any) => {
      expect(checkKeyAddress(any)).toEqual(any);
    }));
  });

  it.each<[string, Partial<Record<keyof KeyAddress, unknown>>]>([
    ['an empty bucket', { bucket: '' }],
    ['a bucket of 129 characters', { bucket: 'b'.repeat(129) }],
    ['an empty layer', { layer: '' }],
    ['a layer of 129 characters', { layer: 'l'.repeat(129) }],
    ['an empty key', { key: '' }],
    ['a key of 1,025 characters', { key: 'k'.repeat(1025) }],
    ['a lone surrogate', { key: '\ud83d' }],
    ['a number for a key', { key: 1 }],
    ['no path', { path: undefined }],
  ])('refuses %s', (_, change) => {
    expect(codeOf(() => checkKeyAddress({ ...address, ...change } as KeyAddress))).toBe('KV4_BAD_ADDRESS');
  });

  it('refuses an id of more than 4,096 bytes, and nothing shorter', () => {
    const path = `/${'p'.repeat(255)}`.repeat(12);
    const room = MAX_ID_BYTES - headId({ ...address, path, key: '' }).length;
    expect(codeOf(() => checkKeyAddress({ ...address, path, key: 'k'.repeat(room) }))).toBeUndefined();
    expect(codeOf(() => checkKeyAddress({ ...address, path: `${path}/p`, key: 'k'.repeat(room) }))).toBe('KV4_BAD_ADDRESS');
    // Escaped characters count twice, others as their UTF-8 does.
    expect(codeOf(() => checkKeyAddress({ ...address, path: `/${' '.repeat(256)}`.repeat(6), key: ' '.repeat(600) }))).toBe('KV4_BAD_ADDRESS');
    expect(codeOf(() => checkKeyAddress({ ...address, path: `/${'漢'.repeat(256)}`.repeat(5), key: '漢'.repeat(100) }))).toBe('KV4_BAD_ADDRESS');
  });

  it('refuses what is no object', () => {
    for (const given of [undefined, null, 'x', 7]) {
      expect(codeOf(() => checkKeyAddress(given as unknown as KeyAddress))).toBe('KV4_BAD_ADDRESS');
      expect(codeOf(() => checkPathAddress(given as unknown as KeyAddress))).toBe('KV4_BAD_ADDRESS');
    }
  });
});

describe('checkSecondaryKeys', () => {
  it('copies k2, k3 and k4', () => {
    expect(checkSecondaryKeys({ k2: 'a', k4: 'b' })).toStrictEqual({ k2: 'a', k4: 'b' });
    expect(checkSecondaryKeys({})).toStrictEqual({});
  });

  it('refuses other names, and values that cannot be stored', () => {
    for (const keys of [{ k5: 'a' }, { __proto__: null, constructor: 'a' }, { k2: '' }, { k2: 7 }, { k2: '\ud800' }, { k2: 'k'.repeat(1025) }, null]) {
      expect(codeOf(() => checkSecondaryKeys(keys as unknown as SecondaryKeys))).toBe('KV4_BAD_ADDRESS');
    }
  });
});
