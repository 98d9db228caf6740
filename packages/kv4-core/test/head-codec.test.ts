import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHead,
  decodeSegment,
  formatVersion,
  headId,
  recordFromHead,
  recordFromText,
  recordFromValue,
  segmentId,
  versionsOfHead,
  versionsOfSegment,
  type HeadDocument,
  type JsonValue,
  type KeyAddress,
} from '../src/index.ts';
import { keyAddress } from './arbitrary-address.ts';

const address: KeyAddress = { bucket: 'cool', layer: '*data', path: '/users', key: 'elena' };
const version = (n: number): string => formatVersion({ timeMs: 1000 + n, counter: 0, neuron: 'n1' });
const head: HeadDocument = {
  _id: headId(address),
  _rev: '3-abc',
  v: { name: 'Elena' },
  ver: version(3),
  by: 'elena',
  m: { k2: 'mail' },
  x: 5000,
  tail: [[version(2), 'lily'], [version(1), 'elena', { name: 'E' }]],
};
const segment = { _id: segmentId(address, version(1)), _rev: '1-x', to: version(3), versions: [[version(1), 'a', 1], [version(2), 'b'], [version(3), 'c', null]] };

function deep(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

describe('decodeHead', () => {
  it('takes every head as it is written', () => {
    fc.assert(fc.property(keyAddress, fc.jsonValue({ stringUnit: 'grapheme' }), fc.nat({ max: 5 }), (any, value, count) => {
      const tail = Array.from({ length: count }, (_, n) => (n % 2 === 0 ? [version(count - n), 'a'] : [version(count - n), 'a', value]));
      const written = { _id: headId(any), ver: version(count + 1), by: '$sys', v: value, ...(count === 0 ? {} : { tail }) };
      expect(decodeHead(JSON.parse(JSON.stringify(written)))).toEqual(JSON.parse(JSON.stringify(written)));
    }));
    expect(decodeHead(head)).toEqual(head);
    const gone = { _id: head._id, ver: version(1), by: 'a', gone: true };
    expect(decodeHead(gone)).toEqual(gone);
  });

  it('drops fields that are not the head’s', () => {
    expect(decodeHead({ ...head, _conflicts: ['3-b'], other: 1 })).toStrictEqual(head);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined], ['null', null], ['text', 'd!'], ['an array', []], ['a stranger’s document', { _id: 'user-42', name: 'x' }], ['a segment’s id', { ...head, _id: segment._id }],
    ['no version', { ...head, ver: undefined }], ['a malformed version', { ...head, ver: '1' }], ['no author', { ...head, by: undefined }], ['an author with a lone surrogate', { ...head, by: '\ud800' }],
    ['neither value nor gone', { _id: head._id, ver: head.ver, by: 'a' }], ['both value and gone', { ...head, gone: true }], ['gone other than true', { _id: head._id, ver: head.ver, by: 'a', gone: 1 }],
    ['a revision that is no text', { ...head, _rev: 3 }], ['an expiry that is no number', { ...head, x: '5' }], ['additional keys that are no object', { ...head, m: 'k2' }],
    ['an additional key that is no text', { ...head, m: { k2: 1 } }], ['an empty additional key', { ...head, m: { k2: '' } }], ['a tail that is no list', { ...head, tail: {} }],
    ['a tail out of order', { ...head, tail: [...(head.tail ?? [])].reverse() }], ['a tail above the version', { ...head, tail: [[version(3), 'a']] }], ['a tail entry too short', { ...head, tail: [[version(1)]] }],
    ['a tail entry too long', { ...head, tail: [[version(1), 'a', 1, 2]] }], ['a tail entry that is no list', { ...head, tail: ['x'] }],
    ['a value nested 10,000 deep', { ...head, v: deep(10_000) }], ['a tail value nested 10,000 deep', { ...head, tail: [[version(1), 'a', deep(10_000)]] }],
    ['a lone surrogate in the value', { ...head, v: { a: '\ud800' } }], ['a head only by prototype', Object.create(head)],
  ])('refuses %s', (_, document) => {
    expect(decodeHead(document)).toBeUndefined();
  });

  it('takes __proto__ in parsed text for data', () => {
    expect(decodeHead(JSON.parse(`{"__proto__":${JSON.stringify(head)}}`))).toBeUndefined();
    const decoded = decodeHead(JSON.parse(JSON.stringify(head).replace('"name":"Elena"', '"__proto__":{"polluted":true}')));
    expect(JSON.stringify(decoded?.v)).toBe('{"__proto__":{"polluted":true}}');
    expect(decodeHead({ ...head, m: JSON.parse('{"__proto__":{"k2":"x"}}') })?.m).toStrictEqual({});
  });

  it('never throws, whatever it is given', () => {
    const mutation = fc.tuple(fc.constantFrom('_id', '_rev', 'v', 'ver', 'by', 'gone', 'm', 'x', 'tail', 'versions', 'to'), fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }));
    fc.assert(fc.property(fc.array(mutation, { maxLength: 4 }), (changes) => {
      for (const base of [head, segment]) {
        const document = { ...base, ...Object.fromEntries(changes) };
        expect(() => [decodeHead(document), decodeSegment(document)]).not.toThrow();
      }
    }), { numRuns: 1000 });
  });
});

describe('decodeSegment', () => {
  it('takes every segment as it is written', () => {
    expect(decodeSegment(segment)).toStrictEqual(segment);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined], ['a head', head], ['no versions', { ...segment, versions: [] }], ['versions out of order', { ...segment, versions: [...segment.versions].reverse() }],
    ['a first version other than the id’s', { ...segment, versions: segment.versions.slice(1) }], ['a last version other than to', { ...segment, to: version(9) }], ['a revision that is no text', { ...segment, _rev: 1 }],
    ['a repeated version', { ...segment, versions: [segment.versions[0], segment.versions[0], segment.versions[2]] }],
  ])('refuses %s', (_, document) => {
    expect(decodeSegment(document)).toBeUndefined();
  });
});

describe('records and versions of documents', () => {
  it('a head gives its record', () => {
    const record = recordFromHead(head);
    expect(record).toMatchObject({ address, version: version(3), timeMs: 1003, author: 'elena', secondary: { k2: 'mail' }, expiresAtMs: 5000, revision: '3-abc' });
    expect([record?.value, record?.valueText]).toEqual([{ name: 'Elena' }, '{"name":"Elena"}']);
  });

  it('a head that is gone gives none', () => {
    expect(recordFromHead({ _id: head._id, ver: version(1), by: 'a', gone: true })).toBeUndefined();
  });

  it('a record of text and a record of a value say the same, each the other on demand', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const fields = { version: version(1), author: 'a' };
      const text = JSON.stringify(value);
      const ofText = recordFromText(address, text, fields);
      const ofValue = recordFromValue(address, JSON.parse(text) as JsonValue, fields);
      expect(ofText.value).toEqual(JSON.parse(text));
      expect(ofText.value).toBe(ofText.value);
      expect([ofText.valueText, ofValue.valueText]).toEqual([text, text]);
      expect(JSON.parse(JSON.stringify(ofText))).toEqual({ address, value: JSON.parse(text), version: version(1), timeMs: 1001, author: 'a', secondary: {} });
    }));
  });

  it('a record of text is not parsed before its value is asked for', () => {
    const record = recordFromText(address, 'not JSON', { version: version(1), author: 'a' });
    expect(record.valueText).toBe('not JSON');
    expect(() => record.value).toThrow(SyntaxError);
  });

  it('empty and falsy values are values', () => {
    for (const value of [null, false, 0, '', [], {}]) {
      const record = recordFromHead({ ...head, v: value });
      expect([record?.value, record?.value, record?.valueText]).toEqual([value, value, JSON.stringify(value)]);
    }
  });

  it('a head and a segment give their versions newest first, deletions marked', () => {
    expect(versionsOfHead(head)).toEqual([
      { address, version: version(3), timeMs: 1003, author: 'elena', deleted: false, value: { name: 'Elena' } },
      { address, version: version(2), timeMs: 1002, author: 'lily', deleted: true, value: null },
      { address, version: version(1), timeMs: 1001, author: 'elena', deleted: false, value: { name: 'E' } },
    ]);
    const decoded = decodeSegment(segment);
    expect(decoded && versionsOfSegment(decoded).map(({ version: name, deleted, value }) => [name, deleted, value])).toEqual([
      [version(3), false, null], [version(2), true, null], [version(1), false, 1],
    ]);
  });
});
