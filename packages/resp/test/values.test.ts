import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { JsonValue, Kv4Record } from '@xir/kv4-core';

import { bytesOfText, textOfBytes } from '../src/byte-text.ts';
import { keyNameOf, parseKeyName, parsePathName, pathNameOf } from '../src/key-name.ts';
import { bytesOfRecord, bytesOfValue, valueOfBytes } from '../src/stored-value.ts';
import { SEED } from './seed.ts';

const recordOf = (value: JsonValue): Kv4Record => ({ value, valueText: JSON.stringify(value) }) as unknown as Kv4Record;

/** Through the store and back, both ways that values are read. */
function roundTrip(bytes: string): string {
  const value = valueOfBytes(bytes);
  expect(bytesOfValue(JSON.parse(JSON.stringify(value)) as JsonValue)).toBe(bytesOfRecord(recordOf(value)));
  return bytesOfRecord(recordOf(value));
}

describe('the value of a key', () => {
  it.each<[string, JsonValue]>([
    ['hello', 'hello'],
    ['', ''],
    ['"quoted"', '"quoted"'],
    ['42', 42],
    ['-1.5', -1.5],
    ['042', '042'],
    ['-0', '-0'],
    ['1e3', '1e3'],
    ['9007199254740993', '9007199254740993'],
    ['true', true],
    ['null', null],
    ['{"a":[1,"ä"]}', { a: [1, 'ä'] }],
    ['{"a": 1}', '{"a": 1}'],
    ['{"2":1,"1":2}', '{"2":1,"1":2}'],
    ['{"$bytes":"AA=="}', '{"$bytes":"AA=="}'],
    ['[1,2]', [1, 2]],
    ['["\\ud800"]', '["\\ud800"]'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, `${'['.repeat(200)}${']'.repeat(200)}`],
  ])('V1 %j is kept as %j, and comes back as it was', (text, value) => {
    expect(valueOfBytes(bytesOfText(text))).toEqual(value);
    expect(roundTrip(bytesOfText(text))).toBe(bytesOfText(text));
  });

  it('V1 bytes that are no text are kept as base64, and come back as they were', () => {
    expect(valueOfBytes('\xff\x00\x80')).toEqual({ $bytes: '/wCA' });
    expect(roundTrip('\xff\x00\x80')).toBe('\xff\x00\x80');
  });

  it('V1 any bytes, any text and any JSON come back as they were', () => {
    const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((unit) => String.fromCharCode(unit)), maxLength: 80 });
    const json = fc.json({ depthSize: 'small' });
    fc.assert(
      fc.property(fc.oneof(bytes, fc.string({ unit: 'binary' }).map(bytesOfText), json.map(bytesOfText), fc.double().map(String), fc.bigInt().map(String)), (value) => {
        expect(roundTrip(value)).toBe(value);
      }),
      { numRuns: 1000, seed: SEED },
    );
  });
});

describe('N1 N2 the name of a key', () => {
  it.each([
    ['foo', '*data', '/', 'foo'],
    ['user:1000', '*data', '/', 'user:1000'],
    ['a/b', '*data', '/', 'a/b'],
    ['http://example.org/x', '*data', '/', 'http://example.org/x'],
    ['/foo', '*data', '/', 'foo'],
    ['/a/b/k', '*data', '/a/b', 'k'],
    ['logs:/a/k', 'logs', '/a', 'k'],
    ['*data:mine:/k', '*data:mine', '/', 'k'],
    ['/ä/ö', '*data', '/ä', 'ö'],
  ])('N1 %s leads to layer %s, path %s, key %s', (name, layer, path, key) => {
    expect(parseKeyName(bytesOfText(name))).toEqual({ layer, path, key });
  });

  it.each(['', '/', '/a/', '/a//b', 'logs:/', '\xff', '*acc:/accounts/elena', '*auth:/x'])('N2 %j leads nowhere', (name) => {
    expect(() => parseKeyName(name)).toThrow(expect.objectContaining({ name: 'RespError' }) as Error);
  });

  it.each([
    ['h', '/h'],
    ['user:1', '/user:1'],
    ['/', '/'],
    ['/a/b', '/a/b'],
  ])('N1 the hash %s is the path %s', (name, path) => {
    expect(parsePathName(name)).toEqual({ layer: '*data', path });
  });

  it.each(['a/b', '/a/', '//', '*acc:/accounts'])('N2 %j is no hash', (name) => {
    expect(() => parsePathName(name)).toThrow(expect.objectContaining({ name: 'RespError' }) as Error);
  });

  it('N3 what is named by a key leads back to it', () => {
    const segment = fc.string({ unit: fc.constantFrom('a', ':', '*', 'ä', '.', ' '), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom('*data', 'logs', '*data:x'), fc.array(segment, { maxLength: 3 }), fc.oneof(segment, fc.constantFrom('a/b', '/x', 'l:/x')), (layer, segments, key) => {
        const address = { layer, path: `/${segments.join('/')}`, key };
        const name = keyNameOf(address);
        if (name !== undefined) expect(parseKeyName(bytesOfText(name))).toEqual(address);
        else expect(key).toMatch(/[/]/);
        expect(parsePathName(bytesOfText(pathNameOf(address)))).toEqual({ layer, path: address.path });
      }),
      { numRuns: 500, seed: SEED },
    );
  });
});

describe('byte text', () => {
  it('is UTF-8 and back', () => {
    for (const text of ['', 'abc', 'ä', 'x'.repeat(100), `${'x'.repeat(100)}ä€😀`]) expect(textOfBytes(bytesOfText(text))).toBe(text);
    expect(textOfBytes('\xc3')).toBeUndefined();
  });
});
