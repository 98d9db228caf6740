import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KV4_ERROR_STRINGS, isErrorString, MAX_BATCH_REQUESTS, MAX_JSON_DEPTH, readWebSocketRequest, WEBSOCKET_PROBLEM_CODES } from '../../src/index.ts';

type Fields = Record<string, unknown>;

/** A request of every operation with every field. */
const COMPLETE: readonly Fields[] = [
  { op: 'get', path: '/a', key: 'k', layer: 'l', bucket: 'b', fresh: true, maxAgeMs: 5 },
  { op: 'put', path: '/a', key: 'k', layer: 'l', bucket: 'b', value: { any: ['thing'] }, condition: { type: 'version', version: 'v' }, merge: true, secondary: { k2: 'x', k3: 'y', k4: 'z' }, expiresInMs: 1, answer: 'record' },
  { op: 'find', path: '/a', layer: 'l', bucket: 'b', by: 'k3', value: 'x', fresh: false, maxAgeMs: 0 },
  { op: 'keys', path: '/a', layer: 'l', bucket: 'b', limit: 1, after: 'c', fresh: true, maxAgeMs: 0 },
  { op: 'list', path: '/a', layer: 'l', bucket: 'b', limit: 10_000, after: 'c', fresh: true, maxAgeMs: 0 },
  { op: 'tree', path: '/a', layer: 'l', bucket: 'b', limit: 1, after: 'c', fresh: true, maxAgeMs: 0, depth: 0 },
  { op: 'paths', path: '/a', layer: 'l', bucket: 'b', limit: 1, after: 'c', fresh: true, maxAgeMs: 0, depth: 3 },
  { op: 'layers', bucket: 'b', fresh: true, maxAgeMs: 0 },
  { op: 'series', path: '/a', key: 'k', layer: 'l', bucket: 'b', fromMs: 0, toMs: 9, limit: 1, after: 'v', ascending: true },
  { op: 'at', path: '/a', key: 'k', layer: 'l', bucket: 'b', timeMs: 0 },
  { op: 'tree-at', path: '/a', layer: 'l', bucket: 'b', timeMs: 0, depth: 1, limit: 1, after: 'c' },
  { op: 'aggregate', path: '/a', key: 'k', layer: 'l', bucket: 'b', fromMs: 0, toMs: 9, field: 'f', groupBy: 'day' },
  { op: 'delete', path: '/a', key: 'k', layer: 'l', bucket: 'b', condition: { type: 'locked' } },
  { op: 'delete-path', path: '/a', layer: 'l', bucket: 'b', condition: { type: 'any' } },
  { op: 'delete-tree', path: '/a', layer: 'l', bucket: 'b', condition: { type: 'present' } },
];
const CONNECTION: readonly Fields[] = [
  { op: 'batch', requests: COMPLETE },
  { op: 'watch', scope: 'key', path: '/a', key: 'k', layer: 'l', bucket: 'b', initial: false, after: 'p', latestOnly: true, history: true, credit: 0 },
  { op: 'stop', watch: 'w' },
  { op: 'login', account: 'a', secret: 's' },
  { op: 'login', token: 't' },
  { op: 'token', expiresInSeconds: 60 },
  { op: 'ping' },
];
const REQUESTS = [...COMPLETE, ...CONNECTION].map((fields): Fields => ({ id: 1, ...fields }));

const read = (fields: unknown) => readWebSocketRequest(typeof fields === 'string' ? fields : JSON.stringify(fields));
const codeOf = (fields: unknown) => {
  const reading = read(fields);
  return reading.ok ? 'ok' : reading.problem.code;
};

describe('a message over the WebSocket', () => {
  it('is read as it stands, whatever its operation', () => {
    for (const fields of REQUESTS) expect(read(fields)).toEqual({ ok: true, request: fields });
    expect(read({ op: 'credit', watch: 1, events: 5 })).toEqual({ ok: true, request: { op: 'credit', watch: 1, events: 5 } });
  });

  it('is refused for a field of a wrong type or that is not known, each by its name and with the id', () => {
    for (const fields of REQUESTS) {
      for (const [name, value] of Object.entries({ ...fields, unknown: 1 })) {
        if (name === 'value' && fields['op'] === 'put') continue;
        const wrong = typeof value === 'object' && value !== null ? 'text' : { not: 'this' };
        const reading = read({ ...fields, [name]: wrong });
        expect(reading.ok, `${String(fields['op'])}.${name}`).toBe(false);
        if (reading.ok) continue;
        expect(reading.problem.code).toBe(name === 'op' ? 'WEBSOCKET_UNKNOWN_OPERATION' : 'WEBSOCKET_BAD_FIELD');
        expect(reading.problem.message).toContain(name);
        expect(reading.problem.id).toBe(name === 'id' ? null : 1);
      }
    }
  });

  it('is refused for numbers and texts outside their bounds', () => {
    const bad: readonly Fields[] = [
      { op: 'get', path: '/', key: '' },
      { op: 'get', path: 'x'.repeat(16_385), key: 'k' },
      { op: 'get', path: '/', key: 'k', maxAgeMs: -1 },
      { op: 'keys', path: '/', limit: 0 },
      { op: 'keys', path: '/', limit: 10_001 },
      { op: 'tree', path: '/', depth: 0.5 },
      { op: 'at', path: '/', key: 'k', timeMs: 1e300 },
      { op: 'put', path: '/', key: 'k', value: 1, expiresInMs: 0 },
      { op: 'put', path: '/', key: 'k', value: 1, secondary: { k5: 'x' } },
      { op: 'put', path: '/', key: 'k', value: 1, condition: { type: 'version' } },
      { op: 'put', path: '/', key: 'k', value: 1, condition: { type: 'any', version: 'v' } },
      { op: 'batch', requests: [] },
      { op: 'batch', requests: Array.from({ length: MAX_BATCH_REQUESTS + 1 }, () => ({ op: 'layers' })) },
      { op: 'batch', requests: [{ op: 'get', id: 2, path: '/', key: 'k' }] },
      { op: 'watch', scope: 'key', path: '/' },
      { op: 'watch', scope: 'path', path: '/', key: 'k' },
      { op: 'watch', scope: 'path' },
      { op: 'watch', scope: 'layer', path: '/' },
      { op: 'watch', scope: 'path', path: '/', credit: 1_000_001 },
      { op: 'login' },
      { op: 'login', account: 'a' },
      { op: 'login', account: 'a', secret: 's', token: 't' },
      { op: 'token', expiresInSeconds: 86_401 },
    ];
    for (const fields of bad) expect(codeOf({ id: 1, ...fields }), JSON.stringify(fields).slice(0, 80)).toBe('WEBSOCKET_BAD_FIELD');
    for (const id of [-1, 0.5, '', 'x'.repeat(65), null, 2 ** 53, undefined]) expect(codeOf({ id, op: 'ping' })).toBe('WEBSOCKET_BAD_FIELD');
    expect(codeOf({ id: 1, op: 'batch', requests: [{ op: 'nonsense' }] })).toBe('WEBSOCKET_UNKNOWN_OPERATION');
    expect(codeOf({ id: 1, op: 'batch', requests: [{ op: 'batch', requests: [] }] })).toBe('WEBSOCKET_UNKNOWN_OPERATION');
  });

  it('needs a value to put, which may be null', () => {
    expect(codeOf({ id: 1, op: 'put', path: '/', key: 'k' })).toBe('WEBSOCKET_VALUE_MISSING');
    expect(codeOf({ id: 1, op: 'put', path: '/', key: 'k', value: null })).toBe('ok');
    const requests = [{ op: 'put', path: '/', key: 'k', value: null }, { op: 'put', path: '/', key: 'k' }];
    expect(read({ id: 1, op: 'batch', requests })).toMatchObject({ problem: { code: 'WEBSOCKET_VALUE_MISSING', message: 'requests.1.value: is missing' } });
  });

  it('has to be one JSON object that is not nested too deep', () => {
    for (const text of ['', 'null', '1', '[]', '{', '{"op":"ping"', '"op"', `{"id":1,"op":"ping","x":${'['.repeat(MAX_JSON_DEPTH)}${']'.repeat(MAX_JSON_DEPTH)}}`]) expect(codeOf(text), text.slice(0, 30)).toBe('WEBSOCKET_BAD_MESSAGE');
  });

  it('never makes the reader throw, and what is refused has a code', () => {
    const seed = Number(process.env['XIR_TEST_SEED'] ?? 1);
    const field = fc.constantFrom('op', 'id', 'path', 'key', 'value', 'watch', 'scope', 'requests', 'condition', '__proto__');
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('get', 'put', 'watch', 'batch', 'login', 'path', '/'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.dictionary(field, value).map((fields) => JSON.stringify(fields))), (text) => {
        const reading = readWebSocketRequest(text);
        if (!reading.ok) expect(WEBSOCKET_PROBLEM_CODES).toContain(reading.problem.code);
      }),
      { seed, numRuns: 500 },
    );
  });
});

it('every code of a store has one of the error strings', () => {
  for (const text of Object.values(KV4_ERROR_STRINGS)) expect(isErrorString(text)).toBe(true);
});
