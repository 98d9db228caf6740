import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkValue, isStorableValue, Kv4Error, MAX_VALUE_DEPTH } from '../src/index.ts';

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Kv4Error ? error.code : String(error);
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe('checkValue', () => {
  it('gives the JSON text of everything JSON carries', () => {
    fc.assert(fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      expect(checkValue(value)).toBe(JSON.stringify(value));
      expect(isStorableValue(value)).toBe(true);
    }));
  });

  const cycle: unknown[] = [];
  cycle.push({ cycle });
  it.each<[string, unknown]>([
    ['undefined', undefined], ['undefined in an object', { a: undefined }], ['undefined in an array', [undefined]], ['a hole', new Array(1)], ['a function', () => 1], ['a symbol', Symbol('s')],
    ['a bigint', 1n], ['NaN', Number.NaN], ['an infinity', [Number.NEGATIVE_INFINITY]], ['a cycle', cycle], ['a Date', new Date()], ['a Map', new Map()], ['a class instance', new (class Point { x = 1; })()],
    ['a boxed string', Object('text')], ['bytes', new Uint8Array(2)], ['a toJSON method', { toJSON: () => 1 }], ['a lone surrogate', 'a\ud800'], ['a lone surrogate in a name', { '\udc00': 1 }],
    ['a value nested 257 deep', nested(MAX_VALUE_DEPTH + 1)], ['a value nested 100,000 deep', nested(100_000)],
  ])('refuses %s with KV4_BAD_VALUE', (_, value) => {
    expect(codeOf(() => checkValue(value))).toBe('KV4_BAD_VALUE');
    expect(isStorableValue(value)).toBe(false);
  });

  it('accepts a value nested 256 deep, objects without prototype, and __proto__ as a field', () => {
    expect(codeOf(() => checkValue(nested(MAX_VALUE_DEPTH)))).toBeUndefined();
    expect(checkValue(Object.assign(Object.create(null) as object, { a: 1 }))).toBe('{"a":1}');
    expect(checkValue(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  it('counts the limit in bytes of UTF-8, and is exact', () => {
    expect(checkValue('ä'.repeat(4), { maxValueBytes: 10 })).toBe('"ääää"');
    expect(codeOf(() => checkValue('ä'.repeat(4), { maxValueBytes: 9 }))).toBe('KV4_VALUE_TOO_LARGE');
    expect(checkValue('😀', { maxValueBytes: 6 })).toBe('"😀"');
    expect(codeOf(() => checkValue('😀', { maxValueBytes: 5 }))).toBe('KV4_VALUE_TOO_LARGE');
    expect(codeOf(() => checkValue('x'.repeat(1_048_575)))).toBe('KV4_VALUE_TOO_LARGE');
    expect(codeOf(() => checkValue('x'.repeat(1_048_574)))).toBeUndefined();
  });

  it('gives up on a value that would be huge before making its text', () => {
    let wide: unknown = ['x'];
    for (let level = 0; level < 60; level += 1) wide = [wide, wide];
    expect(codeOf(() => checkValue(wide))).toBe('KV4_VALUE_TOO_LARGE');
  });
});
