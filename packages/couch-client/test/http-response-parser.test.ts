import { describe, expect, it } from 'vitest';
import { HttpResponseParser, MAX_HEAD_BYTES, type ResponseHead } from '../src/http-response-parser.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nServer: CouchDB/3.5.0\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\n\r\n';

interface Read {
  readonly heads: readonly ResponseHead[];
  readonly body: string;
  readonly ends: number;
  /** The code of the error, and what it says. */
  readonly error?: string;
}

/** What comes of a response that arrives in these pieces, after which the connection closes. The memory of each piece is used again at once. */
function read(pieces: readonly string[]): Read {
  const heads: ResponseHead[] = [];
  let body = '';
  let ends = 0;
  const parser = new HttpResponseParser({ head: (head) => heads.push(head), body: (piece) => (body += piece.toString('latin1')), end: () => (ends += 1) });
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'latin1');
      parser.push(bytes);
      bytes.fill(0x30);
    }
    parser.close();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { heads, body, ends, error: `${code}: ${message}` };
  }
  return { heads, body, ends };
}

/** The pieces of a text cut at these places. */
const cut = (text: string, ...places: readonly number[]): string[] => [...places, text.length].map((place, index) => text.slice(index === 0 ? 0 : places[index - 1], place));

const RESPONSES: Readonly<Record<string, { readonly text: string; readonly body: string; readonly status?: number }>> = {
  'in chunks': { text: `${CHUNKED}5\r\nhello\r\n1;name="value"\r\n\n\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n`, body: 'hello\n0123456789' },
  'in chunks, with bare line feeds': { text: 'HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n3\nabc\n0\n\n', body: 'abc' },
  'of a length': { text: 'HTTP/1.1 404 Object Not Found\r\nContent-Length: 9\r\nX-A: 1\r\nX-A: 2\r\n\r\nnot found', body: 'not found', status: 404 },
  'up to the end of the connection': { text: 'HTTP/1.0 200 OK\r\n\r\nall\r\nof\r\nit', body: 'all\r\nof\r\nit' },
  'without a body': { text: 'HTTP/1.1 204 No Content\r\n\r\n', body: '', status: 204 },
  'empty': { text: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', body: '' },
  'behind interim ones': { text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', body: 'ok' },
};

describe('a response read piece by piece', () => {
  it.each(Object.entries(RESPONSES))('is the same from every cut in two and in three, and byte by byte: %s', (_, { text, body, status = 200 }) => {
    const whole = read([text]);
    expect(whole).toMatchObject({ body, ends: 1 });
    expect(whole.error).toBeUndefined();
    expect(whole.heads.map((head) => head.status)).toEqual([status]);
    const expected = JSON.stringify(whole);
    const differing: number[][] = [];
    for (let first = 0; first <= text.length; first += 1) {
      for (let second = first; second <= text.length; second += 1) if (JSON.stringify(read(cut(text, first, second))) !== expected) differing.push([first, second]);
    }
    expect(differing).toEqual([]);
    expect(JSON.stringify(read([...text]))).toBe(expected);
  });

  it('joins repeated headers, and keeps cookies apart', () => {
    expect(read([RESPONSES['of a length']?.text ?? '']).heads[0]?.headers['x-a']).toBe('1, 2');
    expect(read([RESPONSES['in chunks']?.text ?? '']).heads[0]?.headers['set-cookie']).toEqual(['a=1', 'b=2; Path=/']);
  });

  it('has the prototype of no header', () => {
    const { heads } = read(['HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\ncontent-length: 0\r\n\r\n']);
    expect(Object.entries(heads[0]?.headers ?? {})).toEqual([['__proto__', 'x'], ['constructor', 'y'], ['content-length', '0']]);
  });

  it.each([
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'it does not begin as one'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', 'it does not begin as one'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n', 'a header is none'],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: 1\r\n b\r\n\r\n', 'a header is none'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'its length cannot be told'],
    ['chunks and a length', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n`, 'its length cannot be told'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 'its length cannot be told'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'its length cannot be told'],
    ['a chunk without a length', `${CHUNKED}hello\r\n`, 'a chunk has no length'],
    ['a chunk beyond all bounds', `${CHUNKED}ffffffffffff\r\n`, 'a chunk has no length'],
    ['a chunk that is longer than it said', `${CHUNKED}2\r\nhello\r\n`, 'a chunk is longer than it said'],
    ['a head without an end', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(MAX_HEAD_BYTES)}`, 'its head is too long'],
    ['a long head', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(MAX_HEAD_BYTES)}\r\n\r\n`, 'its head is too long'],
    ['a line of the framing without an end', `${CHUNKED}1;${'x'.repeat(9000)}`, 'a line of its framing is too long'],
    ['half a chunk', `${CHUNKED}5\r\nhel`, 'it ended early'],
    ['no last chunk', `${CHUNKED}5\r\nhello\r\n`, 'it ended early'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', 'it ended early'],
    ['half a head', 'HTTP/1.1 200 OK\r\nConte', 'it ended early'],
  ])('is refused, in one piece and byte by byte: %s', (_, text, reason) => {
    const error = `COUCH_BAD_RESPONSE: the answer is no HTTP response: ${reason}`;
    expect(read([text]).error).toBe(error);
    expect(read([...text]).error).toBe(error);
  });

  it('ends where it ends: what lies behind is not read', () => {
    expect(read(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 no\r\n\r\n'])).toMatchObject({ body: 'ok', ends: 1 });
  });
});
