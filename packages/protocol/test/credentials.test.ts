import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MAX_AUTHORIZATION_CHARACTERS, parseBasicCredentials } from '../src/index.ts';

const basic = (text: string) => 'Basic ' + Buffer.from(text).toString('base64');

describe('the login forms', () => {
  it.each([
    ['elena:s3cret', { form: 'account', account: 'elena', secret: 's3cret' }],
    ['$sys:secret', { form: 'account', account: '$sys', secret: 'secret' }],
    ['%24sys:secret', { form: 'account', account: '$sys', secret: 'secret' }],
    ['elena:a:b:c', { form: 'account', account: 'elena', secret: 'a:b:c' }],
    [
      'elena:key#pw',
      { form: 'administrator', account: 'elena', administrator: { name: 'key', password: 'pw' }, secret: 'key#pw' },
    ],
    [
      'elena#lily:key#p#w',
      { form: 'administrator', account: 'elena', subAccount: 'lily', administrator: { name: 'key', password: 'p#w' }, secret: 'key#p#w' },
    ],
    ['elena#lily:hers', { form: 'sub-account', account: 'elena', subAccount: 'lily', secret: 'hers' }],
    ['elena#lily:!elenas', { form: 'acting', account: 'elena', subAccount: 'lily', secret: 'elenas' }],
    ['elena:pässwörd', { form: 'account', account: 'elena', secret: 'pässwörd' }],
  ])('reads %s', (text, expected) => {
    expect(parseBasicCredentials(basic(text))).toEqual(expected);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', 'Bearer abc'],
    ['no credentials', 'Basic'],
    ['no base64', 'Basic ***'],
    ['no colon', basic('elena')],
    ['an empty user', basic(':secret')],
    ['an empty password', basic('elena:')],
    ['an empty sub-account', basic('elena#:secret')],
    ['an empty account', basic('#lily:secret')],
    ['control characters', basic('elena:sec\nret')],
    ['bytes that are not UTF-8', 'Basic ' + Buffer.from([0x61, 0x3a, 0xff, 0xfe]).toString('base64')],
    ['broken percent-encoding in the user', basic('%zz:secret')],
    ['an over-long header', basic('elena:' + 'x'.repeat(MAX_AUTHORIZATION_CHARACTERS))],
  ])('refuses %s', (_title, header) => {
    expect(parseBasicCredentials(header)).toBeUndefined();
  });

  it('takes the scheme in any case', () => {
    expect(parseBasicCredentials(basic('a:b').replace('Basic', 'bAsIc'))).toBeDefined();
  });

  it('never throws, whatever the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseBasicCredentials('Basic ' + text);
        expect(parsed === undefined || typeof parsed.form === 'string').toBe(true);
      }),
    );
  });
});
