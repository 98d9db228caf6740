import {
  backoffDelayMs,
  codeOfStatus,
  COUCH_ERROR_CODES,
  CouchError,
  DEFAULT_BACKOFF_MAX_MS,
  encodeDatabaseName,
  encodeDocumentId,
  encodeQuery,
  errorOfResponse,
  isCouchError,
  isTransient,
  MAX_RETRY_AFTER_MS,
  parseRetryAfter,
  parseServerUrl,
  readDatabaseInfo,
} from '@xir/couch-client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('names and ids in paths', () => {
  it('a database name keeps letters and encodes what a path would misread', () => {
    expect(encodeDatabaseName('a/b+c$d(e)')).toBe('a%2Fb%2Bc%24d(e)');
    expect(() => encodeDatabaseName('')).toThrow(expect.objectContaining({ code: 'COUCH_BAD_REQUEST' }));
  });

  it('a document id is encoded whole, save the slash of _design and _local', () => {
    expect(encodeDocumentId('d!a!b!!k/1 "ü"+%')).toBe('d!a!b!!k%2F1%20%22%C3%BC%22%2B%25');
    expect(encodeDocumentId('_design/a/b')).toBe('_design/a%2Fb');
    expect(encodeDocumentId('_local/x y')).toBe('_local/x%20y');
    expect(encodeDocumentId('..')).toBe('%2E%2E');
  });

  it('decodes to the same id for every id without lone surrogates, and refuses those with one', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'binary' }), (id) => {
      expect(decodeURIComponent(encodeDocumentId(id))).toBe(id);
    }));
    expect(() => encodeDocumentId('\ud800')).toThrow(expect.objectContaining({ code: 'COUCH_BAD_REQUEST' }));
  });

  it('a query carries strings as they are, lists as JSON and nothing for undefined', () => {
    expect(encodeQuery({ since: '5-a+b', limit: 3, docs: true, keys: ['a', 'b'], none: undefined })).toBe('?since=5-a%2Bb&limit=3&docs=true&keys=%5B%22a%22%2C%22b%22%5D');
    expect(encodeQuery(undefined)).toBe('');
    expect(encodeQuery({ none: undefined })).toBe('');
  });
});

describe('back-off', () => {
  it('is spread evenly between 100 ms and a ceiling that doubles up to 57 s', () => {
    expect([0, 1, 2, 20].map((attempt) => backoffDelayMs(attempt, () => 0))).toEqual([100, 100, 100, 100]);
    expect([0, 1, 2, 20].map((attempt) => backoffDelayMs(attempt, () => 1))).toEqual([200, 400, 800, DEFAULT_BACKOFF_MAX_MS]);
  });

  it('never undercuts what the server asked for', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(600_000), (attempt, random, retryAfterMs) => {
        expect(backoffDelayMs(attempt, () => random, { retryAfterMs })).toBeGreaterThanOrEqual(retryAfterMs + 100);
      }),
    );
  });

  it('reads Retry-After in seconds and as a date, and no nonsense', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(parseRetryAfter('20', now)).toBe(20_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5000);
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfter('999999999', now)).toBe(MAX_RETRY_AFTER_MS);
    expect(parseRetryAfter('soon', now)).toBeUndefined();
    expect(parseRetryAfter(undefined, now)).toBeUndefined();
  });
});

describe('errors', () => {
  it.each([
    [400, 'COUCH_BAD_REQUEST'], [401, 'COUCH_UNAUTHORIZED'], [403, 'COUCH_FORBIDDEN'], [404, 'COUCH_NOT_FOUND'], [408, 'COUCH_TIMEOUT'], [409, 'COUCH_CONFLICT'],
    [412, 'COUCH_PRECONDITION'], [413, 'COUCH_TOO_LARGE'], [415, 'COUCH_BAD_REQUEST'], [429, 'COUCH_BUSY'], [500, 'COUCH_SERVER'], [502, 'COUCH_SERVER'],
    [503, 'COUCH_BUSY'], [302, 'COUCH_BAD_RESPONSE'],
  ] as const)('status %i is %s', (status, code) => {
    expect(codeOfStatus(status)).toBe(code);
    expect(COUCH_ERROR_CODES).toContain(code);
  });

  it('carry what the server said, and the path without its query', () => {
    const error = errorOfResponse({ method: 'PUT', path: '/db/a?token=hidden', status: 409, text: '{"error":"conflict","reason":"Document update conflict."}', now: 0 });
    expect(error).toMatchObject({ code: 'COUCH_CONFLICT', status: 409, error: 'conflict', reason: 'Document update conflict.', outcomeUnknown: false });
    expect(error.message).toBe('PUT /db/a: 409 conflict: Document update conflict.');
  });

  it('say that the outcome is unknown for effects and server failures only', () => {
    const failed = (method: string, status: number) => errorOfResponse({ method, path: '/db', status, text: '<html>', now: 0 }).outcomeUnknown;
    expect([failed('PUT', 500), failed('POST', 503), failed('DELETE', 504)]).toEqual([true, true, true]);
    expect([failed('GET', 500), failed('PUT', 409), failed('PUT', 429)]).toEqual([false, false, false]);
  });

  it('are told apart by code, and by whether trying again can help', () => {
    expect(isCouchError(new CouchError('COUCH_BUSY', 'x'), 'COUCH_BUSY')).toBe(true);
    expect(isCouchError(new Error('x'))).toBe(false);
    expect(COUCH_ERROR_CODES.filter((code) => isTransient(new CouchError(code, 'x')))).toEqual(['COUCH_UNREACHABLE', 'COUCH_TIMEOUT', 'COUCH_BUSY', 'COUCH_SERVER']);
  });
});

describe('the server URL', () => {
  it('gives up its credentials, decoded', () => {
    expect(parseServerUrl('http://ada:p%40ss%25@db.example:5984/prefix/?x=1')).toEqual({
      url: 'http://db.example:5984/prefix',
      credentials: { username: 'ada', password: 'p@ss%' },
    });
    expect(parseServerUrl('https://db.example').credentials).toBeUndefined();
  });

  it('is never repeated in the error about it', () => {
    for (const text of ['ada:secret@host', 'ftp://ada:secret@host/']) {
      expect(() => parseServerUrl(text)).toThrow(TypeError);
      expect(() => parseServerUrl(text)).not.toThrow(/secret/);
    }
  });
});

describe('database information', () => {
  it('keeps positions as opaque text, whatever the server made them of', () => {
    const body = { db_name: 'db', instance_start_time: '17', purge_seq: 0, update_seq: [5, 'x'], doc_count: 2, doc_del_count: 1, sizes: { file: 9 } };
    expect(readDatabaseInfo(body)).toEqual({ name: 'db', instanceStartTime: '17', purgeSeq: '0', updateSeq: '[5,"x"]', documentCount: 2, deletedCount: 1, fileBytes: 9 });
    expect(() => readDatabaseInfo({ ok: true })).toThrow(expect.objectContaining({ code: 'COUCH_BAD_RESPONSE' }));
  });
});
