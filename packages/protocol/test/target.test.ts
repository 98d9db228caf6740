import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isTruthy, lenientInteger, parseQuery, parseTarget } from '../src/index.ts';

describe('paths', () => {
  it.each([
    ['/_turn/', 'turn', '/'],
    ['/_turn//', 'turn', '/'],
    ['/_turn//examples', 'turn', '/examples'],
    ['/_token?expire=20', 'token', '/'],
    ['/_ds?a=layers', 'ds', '/'],
    ['/_ns/?depth=5', 'ns', '/'],
    ['/_data/a%20b/c%C3%A9', 'data', '/a b/cé'],
    ['/_data/a/b/', 'data', '/a/b'],
    ['//_data//a', 'data', '/a'],
    ['/', '', '/'],
    ['/favicon.ico', '', '/favicon.ico'],
    ['http://example.org/_data/a', 'data', '/a'],
    ['/_data/_data/x', 'data', '/_data/x'],
    ['/_data?p=/a/b', 'data', '/a/b'],
    ['/_data/a/b?p=../c', 'data', '/a/b/../c'],
    ['/_data/a?k=x&p=.%2F%2F%00', 'data', '/a/./\0'],
    ['/_data/a?p=', 'data', '/a'],
    ['/_data/a?p=b&p=c', 'data', '/a/c'],
    ['/x?p=_data', '', '/x/_data'],
  ])('reads %s', (url, service, path) => {
    expect(parseTarget(url)).toMatchObject({ service, path });
  });

  it.each(['/_data/%', '/_data/%zz', '/_data/%ff', '/_data/a%2fb', '/_data/a%00b', '/_data' + '/a'.repeat(40), '/_data' + '/a'.repeat(30) + '?p=b/c/d'])('refuses %s', (url) => {
    expect(parseTarget(url)).toBeUndefined();
  });

  it('never throws, whatever the target', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const target = parseTarget('/_data/' + text);
        expect(target === undefined || target.path.startsWith('/')).toBe(true);
      }),
    );
  });
});

describe('queries', () => {
  it('reads parameters, the last of a name counting', () => {
    expect([...parseQuery('k=a%20b&l=*acc&x&k=c+d&')]).toEqual([
      ['k', 'c d'],
      ['l', '*acc'],
      ['x', ''],
    ]);
  });

  it('leaves broken percent-encoding as it stands', () => {
    expect(parseQuery('k=100%&j=%zz').get('k')).toBe('100%');
  });

  it('takes depth=depth=10 for 10', () => {
    expect(lenientInteger(parseQuery('depth=depth=10').get('depth'))).toBe(10);
    expect(lenientInteger('5')).toBe(5);
    expect(lenientInteger('x')).toBeUndefined();
    expect(lenientInteger('-1')).toBeUndefined();
    expect(lenientInteger(undefined)).toBeUndefined();
  });

  it('knows what means yes', () => {
    expect(['1', 'true', 'yes', 'x'].map(isTruthy)).toEqual([true, true, true, true]);
    expect([undefined, '', '0', 'false', 'no'].map(isTruthy)).toEqual([false, false, false, false, false]);
  });
});
