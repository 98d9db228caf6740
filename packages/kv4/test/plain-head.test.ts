import { decodeHead, type HeadDocument } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { readPlainHead } from '../src/plain-head.ts';
import { MAX_KEPT_TAIL_CHARACTERS, TAIL_NOT_KEPT } from '../src/snapshot.ts';

const ID = 'd!b!*data!a!!k';
const REVISION = `12-${'a1'.repeat(16)}`;
const HEAD = { _id: ID, _rev: REVISION, v: { n: 1, text: 'ü "quoted"', list: [null, true, -0.5] }, ver: '0193abcd12340001-a', by: '$sys' };
const TAIL = [
  ['0193abcd12340000-a', '$sys', { n: 0 }],
  ['0193abcd12330000-b', 'someone'],
  ['0193abcd12320000-b', 'someone', 'text'],
];
const PLAIN = [JSON.stringify(HEAD), JSON.stringify({ ...HEAD, tail: TAIL }), JSON.stringify({ ...HEAD, v: 'ü', tail: [TAIL[1]] }), JSON.stringify({ ...HEAD, v: 0 })];

/** Reads a document that stands among other bytes. */
function read(json: Buffer | string): ReturnType<typeof readPlainHead> {
  const bytes = Buffer.concat([Buffer.from('"doc":'), Buffer.from(json), Buffer.from('}{"seq":"1","tail":[["0193abcd12330000-b","x"]]}')]);
  const start = '"doc":'.length;
  return readPlainHead(bytes, start, start + Buffer.byteLength(json), { id: ID, revision: REVISION });
}

/** What the decoder says of the same bytes. */
function decoded(json: Buffer | string): HeadDocument | undefined {
  try {
    return decodeHead(JSON.parse(json.toString()));
  } catch {
    return undefined;
  }
}

describe('M19: a head as this software writes it is read without a parse', () => {
  it.each(PLAIN)('%s', (json) => {
    const head = decoded(json) as HeadDocument;
    const plain = read(json);
    expect(plain).toEqual({ version: head.ver, author: head.by, valueText: JSON.stringify(head.v), tail: head.tail && JSON.stringify(head.tail) });
  });

  it.each([
    ['a further field', JSON.stringify({ ...HEAD, m: { k2: 'x' } })],
    ['an expiry', JSON.stringify({ ...HEAD, x: 1 })],
    ['another order', JSON.stringify({ _id: ID, _rev: REVISION, ver: HEAD.ver, by: '$sys', v: 1 })],
    ['a deletion', JSON.stringify({ _id: ID, _rev: REVISION, ver: HEAD.ver, by: '$sys', gone: true })],
    ['another id', JSON.stringify({ ...HEAD, _id: `${ID}2` })],
    ['another revision', JSON.stringify({ ...HEAD, _rev: `1-${'a'.repeat(32)}` })],
    ['no version', JSON.stringify({ ...HEAD, ver: 'none' })],
    ['an author with escapes', JSON.stringify({ ...HEAD, by: 'a"b' })],
    ['an author beyond ASCII', JSON.stringify({ ...HEAD, by: 'é' })],
    ['a long author', JSON.stringify({ ...HEAD, by: 'x'.repeat(1000) })],
    ['an empty tail', JSON.stringify({ ...HEAD, tail: [] })],
    ['a tail that rises', JSON.stringify({ ...HEAD, tail: [...TAIL].reverse() })],
    ['a tail above the head', JSON.stringify({ ...HEAD, tail: [['0193abcd12350000-a', 'x']] })],
    ['a tail of four parts', JSON.stringify({ ...HEAD, tail: [['0193abcd12330000-a', 'x', 1, 2]] })],
    ['white space', JSON.stringify(HEAD, undefined, 1)],
    ['a value with escapes by number', `{"_id":"${ID}","_rev":"${REVISION}","v":"\\ud800","ver":"${HEAD.ver}","by":"$sys"}`],
    ['nothing', ''],
  ])('leaves one with %s to the decoder', (_, json) => {
    expect(read(json)).toBe(undefined);
  });

  it('does not keep a long tail', () => {
    const long = [['0193abcd12330000-b', 'x', 'y'.repeat(MAX_KEPT_TAIL_CHARACTERS)]];
    expect(read(JSON.stringify({ ...HEAD, tail: long }))?.tail).toBe(TAIL_NOT_KEPT);
  });

  it('says what the decoder says, or nothing, of every document with one byte changed or cut', () => {
    for (const json of PLAIN) {
      const bytes = Buffer.from(json);
      for (let at = 0; at < bytes.length; at += 1) {
        const variants = [...'"\\,:[]{}0e-x \u0000'].map((text) => {
          const changed = Buffer.from(bytes);
          changed[at] = text.charCodeAt(0);
          return changed;
        });
        variants.push(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]), bytes.subarray(0, at), Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + 1), bytes.subarray(at)]));
        for (const variant of variants) {
          const plain = read(variant);
          if (plain === undefined) continue;
          const head = decoded(variant);
          expect(head, variant.toString()).toMatchObject({ _id: ID, _rev: REVISION, ver: plain.version, by: plain.author });
          expect(JSON.parse(plain.valueText), variant.toString()).toEqual(head?.v);
          expect(plain.tail === undefined ? undefined : JSON.parse(plain.tail), variant.toString()).toEqual(head?.tail);
        }
      }
    }
  });
});
