import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DEFAULT_RESP_REQUEST_LIMITS, RESP_PROBLEM_CODES, RespRequestParser, splitInlineRequest, type RespProblem, type RespRequestLimits } from '../../src/index.ts';
import { request, utf8 } from './byte-text.ts';

/** Again with others: `XIR_TEST_SEED=<n> XIR_TEST_CASES=<n> npx vitest run test/resp`. */
const SEED = Number(process.env['XIR_TEST_SEED'] ?? 1);
const CASES = Number(process.env['XIR_TEST_CASES'] ?? 1000);

/** Everything that comes of some pieces. */
function parse(pieces: readonly string[], limits?: RespRequestLimits): { requests: string[][]; problem: RespProblem | undefined; buffered: number } {
  const parser = new RespRequestParser(limits);
  const requests: string[][] = [];
  for (const piece of pieces) {
    parser.push(piece);
    for (let found = parser.next(); found !== undefined; found = parser.next()) requests.push(found);
  }
  return { requests, problem: parser.problem, buffered: parser.bufferedBytes };
}

const byteText = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((unit) => String.fromCharCode(unit)), maxLength: 40 });
const words = fc.array(byteText, { minLength: 1, maxLength: 6 });
const small: RespRequestLimits = { maxBulkBytes: 64, maxArguments: 8, maxRequestBytes: 256, maxInlineBytes: 64 };

describe('the parser of requests', () => {
  it('gives arrays of bulk strings and lines, and passes empty ones over', () => {
    const { requests, problem, buffered } = parse([`*0\r\n\r\n*-1\r\n${request('GET', 'a b', '')}PING  "x\\x41" \n${request('SET', utf8('ä'), '\r\n\0')}`]);
    expect(requests).toEqual([['GET', 'a b', ''], ['PING', 'xA'], ['SET', utf8('ä'), '\r\n\0']]);
    expect(problem).toBeUndefined();
    expect(buffered).toBe(0);
  });

  it('gives the same requests wherever the bytes are split in two', () => {
    const text = `${request('SET', '/rooms/kitchen/lamp', '{"on":true}')}PING\r\n${request('GET', utf8('schlüssel'))}*0\r\n${request('ECHO', 'x'.repeat(300))}`;
    const whole = parse([text]);
    for (let at = 0; at <= text.length; at += 1) expect(parse([text.slice(0, at), text.slice(at)]), `split at ${at}`).toEqual(whole);
  });

  it('gives the same requests byte by byte and in any pieces', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 20 }), (requests, lengths) => {
        const text = requests.map((one) => request(...one)).join('');
        expect(parse([...text]).requests).toEqual(requests);
        const pieces: string[] = [];
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const length = lengths[turn % lengths.length] ?? 0;
          pieces.push(text.slice(at, at + length));
          at += length === 0 && turn % lengths.length === 0 ? 1 : length;
          if (length === 0 && turn % lengths.length === 0) pieces.push(text.slice(at - 1, at));
        }
        expect(parse(pieces).requests).toEqual(requests);
      }),
      { numRuns: 300, seed: SEED },
    );
  });

  it('answers mutated bytes with requests or a problem, the same in one piece as byte by byte, and keeps within its limits', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 4 }), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('change', 'insert', 'remove')), { maxLength: 6 }), (requests, mutations) => {
        let text = requests.map((one) => request(...one)).join('');
        for (const [place, unit, kind] of mutations) {
          const at = text.length === 0 ? 0 : place % text.length;
          const added = kind === 'remove' ? '' : String.fromCharCode(unit);
          text = text.slice(0, at) + added + text.slice(kind === 'insert' ? at : at + 1);
        }
        const whole = parse([text], small);
        const single = parse([...text], small);
        expect(single.requests).toEqual(whole.requests);
        expect(single.problem?.code).toBe(whole.problem?.code);
        if (whole.problem !== undefined) expect(RESP_PROBLEM_CODES).toContain(whole.problem.code);
        expect(single.buffered).toBeLessThanOrEqual(small.maxRequestBytes + small.maxInlineBytes);
      }),
      { numRuns: CASES, seed: SEED },
    );
  });

  it.each([
    ['a count that is no number', '*x\r\n', 'RESP_BAD_ARGUMENT_COUNT'],
    ['a count beyond the limit', '*9\r\n', 'RESP_BAD_ARGUMENT_COUNT'],
    ['a count without end', `*${'1'.repeat(40)}`, 'RESP_BAD_ARGUMENT_COUNT'],
    ['a count with a line end of its own', '*1\rx', 'RESP_BAD_ARGUMENT_COUNT'],
    ['a bulk length that is no number', '*1\r\n$x\r\n', 'RESP_BAD_BULK_LENGTH'],
    ['a negative bulk length', '*1\r\n$-1\r\n', 'RESP_BAD_BULK_LENGTH'],
    ['a huge bulk length', '*1\r\n$2147483647\r\n', 'RESP_BAD_BULK_LENGTH'],
    ['a bulk length without end', `*1\r\n$${'0'.repeat(40)}`, 'RESP_BAD_BULK_LENGTH'],
    ['an array in an array', '*1\r\n*1\r\n$4\r\nPING\r\n', 'RESP_BULK_EXPECTED'],
    ['a bulk that is longer than it says', '*1\r\n$1\r\nabc', 'RESP_LINE_END_EXPECTED'],
    ['arguments beyond the limit of a request', `*8\r\n${`$60\r\n${'x'.repeat(60)}\r\n`.repeat(8)}`, 'RESP_REQUEST_TOO_LARGE'],
    ['a line without end', 'x'.repeat(65), 'RESP_LINE_TOO_LONG'],
    ['quotes that are not closed', 'SET "a\r\n', 'RESP_UNBALANCED_QUOTES'],
  ])('refuses %s', (_, text, code) => {
    const { problem, requests } = parse([text], small);
    expect(problem?.code).toBe(code);
    expect(requests).toEqual([]);
    expect(parse([...text], small).problem?.code).toBe(code);
    expect(parse([text, request('PING')], small).requests).toEqual([]);
  });

  it('holds no more than the bytes of a request that is announced and on its way', () => {
    const parser = new RespRequestParser();
    parser.push('*1\r\n$2000000\r\n');
    for (let count = 0; count < 100; count += 1) {
      parser.push('x'.repeat(1000));
      expect(parser.next()).toBeUndefined();
    }
    expect(parser.bufferedBytes).toBe(100_000 + 14);
    expect(DEFAULT_RESP_REQUEST_LIMITS.maxBulkBytes).toBeGreaterThan(2_000_000);
  });
});

describe('a request in one line', () => {
  it.each([
    ['a  b\tc', ['a', 'b', 'c']],
    ['"a b" \'c d\'', ['a b', 'c d']],
    [String.raw`"\n\r\t\b\a\x00\q" 'it\'s \n'`, ['\n\r\t\b\x07\0q', "it's \\n"]],
    ['', []],
  ])('%j is %j', (line, expected) => {
    expect(splitInlineRequest(line)).toEqual(expected);
  });

  it.each(['"a', "'a", '"a"b', "'a'b"])('%j is none', (line) => {
    expect(splitInlineRequest(line)).toBeUndefined();
  });
});
