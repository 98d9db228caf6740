import { decodeHead, isStorableValue, MAX_VALUE_DEPTH, type JsonValue } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { LARGE_PIECE_BYTES, largeHeadInPieces, readLargeHead } from '../src/large-head.ts';
import { MAX_KEPT_TAIL_CHARACTERS, TAIL_NOT_KEPT } from '../src/snapshot.ts';
import { scanValue, ValueScan } from '../src/value-scan.ts';

const FIELDS = { _id: 'd!b!l!p!!k', _rev: `1-${'a'.repeat(32)}` };
const REST = { ver: '0193abcd12340000-a', by: 'x', m: { k2: 'second' }, x: 4_000_000_000_000, tail: [['0193abcd12330000-a', 'y', 1]] };

const scanned = (json: string): number => scanValue(Buffer.from(json), 0, Buffer.byteLength(json));
/** The same, a few bytes at a time. */
function scannedInPieces(json: string, length: number): number {
  const bytes = Buffer.from(json);
  const scan = new ValueScan(bytes, 0, bytes.length);
  for (;;) {
    const end = scan.run(length);
    if (end !== 0) return end;
  }
}

const read = (json: string): ReturnType<typeof readLargeHead> => readLargeHead(Buffer.from(json));

/** A linear congruential generator: the same values for the same seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomValue(random: (below: number) => number, depth: number): JsonValue {
  const texts = ['', 'plain', 'quote " and \\ back', 'line\nfeed\ttab', 'ünïcödé 日本 🎈', 'x'.repeat(100), `${'y'.repeat(60)}"\\${'z'.repeat(60)}`];
  const numbers = [0, -0.5, 1, 123_456_789, 1e21, -1e-7, 0.1];
  switch (random(depth > 4 ? 4 : 6)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
      return numbers[random(numbers.length)] as number;
    case 3:
      return texts[random(texts.length)] as string;
    case 4:
      return Array.from({ length: random(4) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random(4) }, (_, index) => [`${texts[random(texts.length)] as string}${index}`, randomValue(random, depth + 1)]));
  }
}

describe('M19 T24: a large head is read without building its value', () => {
  it('and says what the parser says of it', () => {
    const value = { list: [1, 'two', null, true, { deep: [] }], text: 'x"\\\n', empty: {} };
    const document = { ...FIELDS, v: value, ...REST };
    const large = read(JSON.stringify(document));
    expect(large?.valueText).toBe(JSON.stringify(value));
    expect(large?.head).toEqual({ ...decodeHead(document), v: null });
  });

  it('wherever the value stands among its fields', () => {
    const text = JSON.stringify({ ver: REST.ver, m: REST.m, ...FIELDS, by: 'x', v: [1, 2, 3] });
    expect(read(text)?.valueText).toBe('[1,2,3]');
  });

  it('and is left to the parser where that is not certain', () => {
    const around = (value: string, more = ''): string => `{"_id":"d!b!l!p!!k","_rev":"1-a","v":${value},"ver":"0193abcd12340000-a","by":"x"${more}}`;
    expect(read(around('[1]'))).toBeDefined();
    expect(read(around('[1]', ',"v":2'))).toBeUndefined();
    expect(read(around('"\\ud800"'))).toBeUndefined();
    expect(read(around('1e400'))).toBeUndefined();
    expect(read(around('[1,]'))).toBeUndefined();
    expect(read(around('[ 1 ]'))).toBeUndefined();
    expect(read(around('[1]', ',"by":7'))).toBeUndefined();
    expect(read(around('[1]', ',"gone":true'))).toBeUndefined();
    expect(read('{"_id":"d!b!l!p!!k","gone":true,"ver":"0193abcd12340000-a","by":"x"}')).toBeUndefined();
    expect(read('[]')).toBeUndefined();
    expect(read('')).toBeUndefined();
  });
});

describe('M19 T41: a large head is read in pieces', () => {
  it('of which none is much longer than the others, a long string included', () => {
    for (const value of ['x'.repeat(20 * LARGE_PIECE_BYTES), Array.from({ length: 200_000 }, (_, n) => n)]) {
      const bytes = Buffer.from(JSON.stringify({ ...FIELDS, v: value, ...REST }));
      const pieces = largeHeadInPieces(bytes);
      let count = 0;
      for (let next = pieces.next(); next.done !== true; next = pieces.next()) count += 1;
      expect(count).toBeGreaterThanOrEqual(Math.floor(bytes.length / LARGE_PIECE_BYTES));
    }
  });

  it('and without a long tail, which is not kept', () => {
    const tail = [['0193abcd12330000-a', 'y', 'z'.repeat(MAX_KEPT_TAIL_CHARACTERS)]];
    const large = read(JSON.stringify({ ...FIELDS, v: [1], ...REST, tail }));
    expect(large).toMatchObject({ valueText: '[1]', tail: TAIL_NOT_KEPT });
    expect(large?.head.tail).toBe(undefined);
  });
});

describe('the walk over a value', () => {
  it('ends behind it', () => {
    for (const json of ['1', '-0.5', '"x"', 'null', '[]', '{}', '[[],{}]', '{"a":{"b":[1,2,{"c":null}]},"d":"]}"}']) expect(scanned(`${json},`)).toBe(json.length);
  });

  it('takes no value deeper than can be stored', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(scanned(nested(MAX_VALUE_DEPTH))).toBe(2 * MAX_VALUE_DEPTH);
    expect(scanned(nested(MAX_VALUE_DEPTH + 1))).toBe(-1);
  });

  it('accepts nothing that the parser or the store would not', () => {
    const bytes = Array.from('{}[]",:\\0123456789-+.eEtruefalsn u\u0001', (each) => each);
    for (let seed = 1; seed <= 3000; seed += 1) {
      const random = seeded(seed);
      const json = JSON.stringify(randomValue(random, 0));
      // What JSON.stringify writes is accepted, unless a number has an exponent.
      if (!/\de/.test(json)) expect(scanned(`${json},`), `seed ${seed}: ${json}`).toBe(Buffer.byteLength(json));
      for (let change = 0; change < 5; change += 1) {
        const at = random(json.length);
        const changed = json.slice(0, at) + (bytes[random(bytes.length)] as string) + json.slice(at + random(3));
        const end = scanned(`${changed},`);
        const length = 1 + random(9);
        expect(scannedInPieces(`${changed},`, length), `seed ${seed}, pieces of ${length}: ${changed}`).toBe(end);
        if (end < 0) continue;
        const accepted = Buffer.from(`${changed},`).subarray(0, end).toString();
        expect(() => JSON.parse(accepted) as unknown, `seed ${seed}: ${accepted}`).not.toThrow();
        expect(isStorableValue(JSON.parse(accepted)), `seed ${seed}: ${accepted}`).toBe(true);
      }
    }
  });
});
