import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import {
  ERROR_STRING_LIST,
  ERROR_STRINGS,
  errorText,
  iceAnswer,
  iceUrls,
  isAccountName,
  isChannelSegment,
  isEmail,
  isErrorString,
  isPassword,
  isSecret,
  okText,
  OPERATIONS,
  parseToken,
  tokenSigningInput,
  withVersionText,
  type TokenClaims,
} from '../src/index.ts';

describe('the envelope', () => {
  it('carries a value or an error string', () => {
    expect(JSON.parse(okText('{"a":1}'))).toEqual({ v: { a: 1 }, s: 'ok' });
    expect(JSON.parse(errorText('not_found'))).toEqual({ v: 'not_found', s: 'error' });
  });

  it.each([
    ['{"a":1}', { a: 1, _ver_: 'x1' }],
    ['{}', { _ver_: 'x1' }],
    ['{"_ver_":"old"}', { _ver_: 'x1' }],
    ['"text"', 'text'],
    ['[1]', [1]],
    ['null', null],
  ])('puts _ver_ into %s where it is an object', (text, expected) => {
    expect(JSON.parse(withVersionText(text, 'x1'))).toEqual(expected);
  });
});

describe('error strings', () => {
  it('contain every string that v3 is known to use', () => {
    const known =
      'internal not_found unauthorized bad_name malformed_partner invalid_account email_exists username_exists bad_username bad_segment bad_domain_format bad_app_format bad_room_format path_exists domain_exists application_exists room_exists no_namespace no_domain no_application no_room user_not_admin require_email require_password bad_password_format bad_me_context unauthorized_domain bad_layer_prefix value_missing _ver_missing version_conflict locked require_type_param unrecognized_type_param require_account_details bad_email username_is_immutable'.split(
        ' ',
      );
    expect(ERROR_STRING_LIST.filter((name) => ERROR_STRINGS[name].origin === 'v3')).toEqual(known);
  });

  it('each have a client or server error status and a meaning', () => {
    for (const name of ERROR_STRING_LIST) {
      expect(ERROR_STRINGS[name].status).toBeGreaterThanOrEqual(400);
      expect(ERROR_STRINGS[name].meaning).toMatch(/^[A-Z].*\.$/);
    }
    expect(isErrorString('locked')).toBe(true);
    expect(isErrorString('toString')).toBe(false);
  });
});

describe('names', () => {
  it.each(['a', 'Lobby', 'www.x.com', 'a-b_c.d9'])('%s is a segment and an account name', (name) => {
    expect([isChannelSegment(name), isAccountName(name)]).toEqual([true, true]);
  });
  it.each(['', '9a', '_a', 'a b', 'ä', 'a/b', 'a!', '$sys', 'a)b', 'a#b'])('%s is neither', (name) => {
    expect([isChannelSegment(name), isAccountName(name)]).toEqual([false, false]);
  });
  it('account names end at 63 characters', () => {
    expect([isAccountName('a'.repeat(63)), isAccountName('a'.repeat(64))]).toEqual([true, false]);
  });
  it.each([
    ['a@b.co', true],
    ['first.last+tag@mail.example.org', true],
    ['a@b', false],
    ['@b.co', false],
    ['a b@c.de', false],
    ['a@b..co', false],
    ['a@-b.co', false],
    ['', false],
    ['a'.repeat(250) + '@b.co', false],
  ])('email %s: %s', (email, expected) => {
    expect(isEmail(email)).toBe(expected);
  });
  it('a secret carries neither # nor a leading !', () => {
    expect(['abcd', 'ab#d', '!bcd', 'abc', 'ab\ncd'].map(isSecret)).toEqual([true, false, false, false, false]);
    expect(['abcd', 'ab#d', '!bcd', 'abc', 'x'.repeat(257)].map(isPassword)).toEqual([true, true, true, false, false]);
  });
});

describe('tokens', () => {
  const claims: TokenClaims = { ar: { pri: 'elena', sec: null }, dr: { k: 'zoë', l: '*subs', p: '/a/b' }, exp: 5, iat: 1, jti: 'x' };

  it('are URL-safe and read back', () => {
    const token = tokenSigningInput(claims) + '.sig_-';
    expect(token).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(parseToken(token)).toEqual({ signed: tokenSigningInput(claims), signature: 'sig_-', claims });
  });

  it.each(['', 'a.b.c', '..', 'x'.repeat(5000), 'eyJhbGciOiJub25lIn0.e30.'])('refuse %s', (token) => {
    expect(parseToken(token)).toBeUndefined();
  });

  it('refuse claims of another shape', () => {
    const header = tokenSigningInput(claims).split('.')[0];
    for (const bad of ['null', '{}', '{"ar":{"pri":1},"dr":{}}', '[]']) {
      expect(parseToken(`${header}.${Buffer.from(bad).toString('base64url')}.s`)).toBeUndefined();
    }
  });
});

describe('ICE answers', () => {
  const { stun, turn } = iceUrls('h');
  const credentials = { username: 'U', credential: 'P' };

  it('url: one URL per entry, in the order clients know', () => {
    expect(iceAnswer('url', [stun], turn, credentials)).toEqual({
      iceServers: [
        { url: 'stun:h' },
        { username: 'U', url: 'turn:h:80?transport=udp', credential: 'P' },
        { username: 'U', url: 'turn:h:3478?transport=udp', credential: 'P' },
        { username: 'U', url: 'turn:h:80?transport=tcp', credential: 'P' },
        { username: 'U', url: 'turn:h:3478?transport=tcp', credential: 'P' },
        { username: 'U', url: 'turns:h:443?transport=tcp', credential: 'P' },
        { username: 'U', url: 'turns:h:5349?transport=tcp', credential: 'P' },
      ],
    });
  });

  it('urls: one object', () => {
    expect(iceAnswer('urls', [stun], turn, credentials)).toEqual({ iceServers: { username: 'U', urls: [stun, ...turn], credential: 'P' } });
  });

  it('webrtc: the array RTCPeerConnection takes', () => {
    expect(iceAnswer('webrtc', [stun], turn, credentials)).toEqual({ iceServers: [{ urls: [stun] }, { urls: turn, ...credentials }] });
  });
});

describe('operations', () => {
  it('have schemas that JSON Schema, and so OpenAPI, can express', () => {
    for (const operation of OPERATIONS) {
      expect(z.toJSONSchema(operation.answer, { unrepresentable: 'any' })).toBeTypeOf('object');
      if (operation.body !== undefined) expect(z.toJSONSchema(operation.body, { unrepresentable: 'any' })).toBeTypeOf('object');
    }
  });

  it('are unique by method and path', () => {
    const names = OPERATIONS.map((operation) => `${operation.method} ${operation.path}`);
    expect(new Set(names).size).toBe(names.length);
  });
});
