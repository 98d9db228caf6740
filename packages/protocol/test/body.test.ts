import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MAX_JSON_DEPTH, parseBody } from '../src/index.ts';

const nested = (depth: number) => '{"v":' + '['.repeat(depth) + ']'.repeat(depth) + '}';

describe('bodies that clients send', () => {
  it.each([
    ['nothing', '', undefined, {}],
    ['nothing, labelled JSON', '', 'application/json; charset=utf-8', {}],
    ['white space', ' \r\n', undefined, {}],
    ['null, labelled JSON', 'null', 'application/json', {}],
    ['an empty object', '{}', undefined, {}],
    ['JSON without a content type', '{"k":"a","v":{"b":1}}', undefined, { k: 'a', v: { b: 1 } }],
    ['JSON labelled text/plain', '{"k":"a"}', 'text/plain;charset=UTF-8', { k: 'a' }],
    ['JSON labelled as a form', '{"k":"a"}', 'application/x-www-form-urlencoded', { k: 'a' }],
    ['a form with nesting', 'k=a&v[u]=0&v[n][m]=x+y', 'application/x-www-form-urlencoded', { k: 'a', v: { u: '0', n: { m: 'x y' } } }],
    ['a form with encoded brackets', 'k=a&v%5Bu%5D=0', 'application/x-www-form-urlencoded; charset=UTF-8', { k: 'a', v: { u: '0' } }],
    ['a form with an array', 'v[]=a&v[]=b', 'application/x-www-form-urlencoded', { v: { 0: 'a', 1: 'b' } }],
    ['a form without a content type', 'k=a&v[u]=0', undefined, { k: 'a', v: { u: '0' } }],
    ['duplicate names: the last counts', '{"k":"a","k":"b"}', undefined, { k: 'b' }],
  ])('reads %s', (_title, text, contentType, expected) => {
    expect(parseBody(text, contentType)).toEqual({ ok: true, body: expected });
  });

  it.each([
    ['an array', '[1]', 'bad_body'],
    ['a string', '"a"', 'bad_body'],
    ['a number', '7', 'bad_body'],
    ['broken JSON', '{"k":', 'bad_body'],
    ['words', 'hello', 'bad_body'],
    ['JSON nested too deeply', nested(MAX_JSON_DEPTH), 'bad_body'],
    ['JSON nested 100,000 deep', nested(100_000), 'bad_body'],
    ['a number beyond a double', '{"v":1e400}', 'bad_value'],
    ['a number beyond a double, deep inside', '{"v":{"a":[0,-1e999]}}', 'bad_value'],
  ])('refuses %s', (_title, text, problem) => {
    expect(parseBody(text)).toEqual({ ok: false, problem });
  });

  it.each(['__proto__[x]=1', 'v[__proto__][x]=1', 'constructor[prototype][x]=1', 'v=1&v[a]=2', 'v[a]=1&v=2', 'a' + '[b]'.repeat(20) + '=1'])(
    'refuses the form %s',
    (text) => {
      expect(parseBody(text, 'application/x-www-form-urlencoded').ok).toBe(false);
    },
  );

  it('keeps a field named __proto__ a field', () => {
    const result = parseBody('{"v":{"__proto__":{"polluted":1}}}');
    expect(JSON.stringify(result)).toContain('"__proto__":{"polluted":1}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('returns every JSON object unchanged', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (body) => {
        const text = JSON.stringify(body);
        expect(parseBody(text)).toEqual({ ok: true, body: JSON.parse(text) });
      }),
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(undefined, 'application/x-www-form-urlencoded'), (text, type) => {
        expect(typeof parseBody(text, type).ok).toBe('boolean');
      }),
    );
  });
});
