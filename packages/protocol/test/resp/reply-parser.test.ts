import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RespErrorReply, RespPush, RespReplyParser, type RespReply } from '../../src/resp/door.ts';
import { RespReplyWriter } from '../../src/index.ts';

function readAll(pieces: readonly string[], maxBytes?: number): { readonly replies: RespReply[]; readonly problem: string | undefined } {
  const parser = new RespReplyParser(maxBytes);
  const replies: RespReply[] = [];
  for (const piece of pieces) {
    parser.push(piece);
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(reply);
  }
  return { replies, problem: parser.problem };
}

const wire = (() => {
  const writer = new RespReplyWriter();
  writer.version = 3;
  writer.simple('OK');
  writer.error('KV4_BUSY try again');
  writer.integer(-7);
  writer.bulk('a\r\nb\xff');
  writer.nothing();
  writer.array(2);
  writer.bulk('');
  writer.boolean(true);
  writer.map(1);
  writer.bulk('k');
  writer.double(1.5);
  writer.push(2);
  writer.bulk('invalidate');
  writer.array(1);
  writer.bulk('/k');
  writer.verbatim('text');
  writer.set(0);
  return writer.take();
})();
const expected: RespReply[] = ['OK', new RespErrorReply('KV4_BUSY try again'), -7, 'a\r\nb\xff', null, ['', true], ['k', 1.5], new RespPush(['invalidate', ['/k']]), 'text', []];

describe('the answers of a server', () => {
  it('are read back as they were written, whatever the pieces they come in', () => {
    expect(readAll([wire])).toEqual({ replies: expected, problem: undefined });
    expect(readAll([...wire])).toEqual({ replies: expected, problem: undefined });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: wire.length }), { maxLength: 8 }), (cuts) => {
        const ends = [...cuts, wire.length].sort((left, right) => left - right);
        expect(readAll(ends.map((end, index) => wire.slice(index === 0 ? 0 : ends[index - 1], end))).replies).toEqual(expected);
      }),
      { seed: 20261129, numRuns: 200 },
    );
  });

  it('that are none, too long or too deep end it with a problem, and nothing is given any more', () => {
    for (const text of ['x1\r\n', '$x\r\n', '$3\r\nabcd\r\n', '*-2\r\n', '$99999999999999\r\n', '*1\r\n'.repeat(40), 'x'.repeat(70_000)]) {
      const { replies, problem } = readAll([`+first\r\n${text}`, '+behind\r\n']);
      expect(replies, text.slice(0, 20)).toEqual(['first']);
      expect(problem, text.slice(0, 20)).toEqual(expect.any(String));
    }
    expect(readAll(['$101\r\n'], 100).problem).toMatch(/too large/);
    expect(readAll(['*2\r\n$60\r\n', 'x'.repeat(60), '\r\n$60\r\n'], 100).problem).toMatch(/too long/);
  });

  it('of many parts are read once, however small the pieces they come in, and of too many are refused before they are held', () => {
    const parts = 200_000;
    const text = `*${parts}\r\n${':1\r\n'.repeat(parts)}`;
    const pieces = Array.from({ length: Math.ceil(text.length / 16) }, (_, index) => text.slice(index * 16, index * 16 + 16));
    expect(readAll(pieces).replies).toEqual([Array.from({ length: parts }, () => 1)]);
    for (const many of ['*1048577\r\n', '%524289\r\n', '*2\r\n*1048576\r\n']) expect(readAll([many, '_\r\n']).problem).toMatch(/too many parts/);
  });

  it('never throws on bytes of any kind', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary-ascii', maxLength: 40 }), { maxLength: 10 }), (pieces) => {
        readAll(pieces.map((piece, index) => (index % 2 === 0 ? `*2\r\n$${piece.length}\r\n${piece}` : piece)));
      }),
      { seed: 20261129, numRuns: 500 },
    );
  });
});
