import { createHmac } from 'node:crypto';

import { expect } from 'vitest';

import { verifyToken } from '../src/index.ts';
import { checkFacts } from './facts.ts';
import { SYSTEM, SYSTEM_SECRET } from './neuron-fixture.ts';

checkFacts('_auth', [
  [
    'a ban keeps an address from subtrees and layers that hold the path, not from what lies beside it',
    async ({ call }) => {
      await call('PUT', '/_data/Fence/in', { body: { k: 'x', v: 1 } });
      await call('PUT', '/_auth/Fence/in', { body: { k: '127.0.0.1' } });
      for (const [method, path] of [
        ['GET', '/_data/Fence?tree=1'],
        ['GET', '/_data?as=tree'],
        ['GET', '/_data/Fence?tree=1&watch=1'],
        ['GET', '/_data/else?scope=layer&watch=1'],
        ['DELETE', '/_data/Fence?subtree=1'],
        ['DELETE', '/_ns/Fence'],
        ['DELETE', '/_auth/Fence?subtree=1'],
      ] as const) {
        expect([path, (await call(method, path)).v]).toEqual([path, 'unauthorized']);
      }
      for (const path of ['/_data/Fence', '/_data/Fen?tree=1', '/_data/Fence/in2?tree=1']) expect((await call('GET', path)).envelope.s).toBe('ok');
      expect((await call('DELETE', '/_auth/Fence/in?k=127.0.0.1&w=elena', { login: SYSTEM })).v).toBe(1);
    },
  ],
  [
    'PUT bans an address; the value is optional and comes back with _ver_; GET lists, GET ?k= reads, DELETE lifts',
    async ({ call }) => {
      expect((await call('PUT', '/_auth/Some/where', { body: { k: '203.0.113.9' } })).envelope).toEqual({ v: { _ver_: expect.any(String) }, s: 'ok' });
      expect((await call('PUT', '/_auth/Some/where', { body: { k: '203.0.113.10', v: { why: 'spam' } } })).v.why).toBe('spam');
      expect((await call('GET', '/_auth/Some/where')).v).toEqual(['203.0.113.10', '203.0.113.9']);
      expect((await call('GET', '/_auth/Some/where?k=203.0.113.10')).v.why).toBe('spam');
      expect((await call('DELETE', '/_auth/Some/where?k=203.0.113.9')).v).toBe(1);
      expect((await call('DELETE', '/_auth/Some/where')).v).toBe(1);
      expect((await call('GET', '/_auth/Some/where')).v).toEqual([]);
    },
  ],
  [
    'what is no IP address is bad_name',
    async ({ call }) => {
      for (const k of ['localhost', '1.2.3', '1.2.3.4.5', 'fe80::zz', '10.0.0.0/8']) expect((await call('PUT', '/_auth/x', { body: { k } })).v).toBe('bad_name');
    },
  ],
  [
    'addresses are kept in one form',
    async ({ call }) => {
      await call('PUT', '/_auth/Forms', { body: { k: '2001:DB8:0:0:0:0:0:1' } });
      await call('PUT', '/_auth/Forms', { body: { k: '::ffff:198.51.100.1' } });
      expect((await call('GET', '/_auth/Forms')).v).toEqual(['198.51.100.1', '2001:db8::1']);
      expect((await call('GET', '/_auth/Forms?k=2001:db8:0::1')).envelope.s).toBe('ok');
      expect((await call('DELETE', '/_auth/Forms?k=2001:0db8::0001')).v).toBe(1);
    },
  ],
  [
    'a banned address is unauthorized on the path and below, for all services, and nowhere else, until the ban is lifted',
    async ({ call }) => {
      await call('PUT', '/_data/Banned/below', { body: { k: 'x', v: { n: 1 } } });
      await call('PUT', '/_auth/Banned', { body: { k: '127.0.0.1' } });
      for (const path of ['/_data/Banned?k=x', '/_data/Banned/below?k=x', '/_ns/Banned', '/_subs/Banned/x', '/_auth/Banned']) {
        expect([path, (await call('GET', path)).v]).toEqual([path, 'unauthorized']);
      }
      for (const path of ['/_data/BannedNot', '/_data', '/_ns']) expect((await call('GET', path)).envelope.s).toBe('ok');
      expect((await call('GET', '/_data/Banned', { login: SYSTEM })).envelope.s).toBe('ok');
      expect((await call('DELETE', '/_auth/Banned?k=127.0.0.1&w=elena', { login: SYSTEM })).v).toBe(1);
      expect((await call('GET', '/_data/Banned/below?k=x')).v.n).toBe(1);
    },
  ],
]);

checkFacts('_ds', [
  [
    'layers, with and without a=layers',
    async ({ call }) => {
      await call('PUT', '/_data/ds', { body: { k: 'x', v: {} } });
      await call('PUT', '/_ns/Ds');
      for (const path of ['/_ds', '/_ds?a=layers']) expect((await call('GET', path)).v).toEqual(expect.arrayContaining(['*data', '*ns']));
    },
  ],
  [
    'a=paths&l=*acc is ["/accounts"], with a leading slash',
    async ({ call }) => {
      expect((await call('GET', '/_ds?a=paths&l=*acc', { login: SYSTEM })).envelope).toEqual({ v: ['/accounts'], s: 'ok' });
    },
  ],
  [
    'a=keys lists the keys of a path in a layer',
    async ({ call }) => {
      expect((await call('GET', '/_ds/accounts?a=keys&l=*acc', { login: SYSTEM })).v).toEqual(['elena']);
      expect((await call('GET', '/_ds/none?a=keys&l=*acc', { login: SYSTEM })).v).toEqual([]);
    },
  ],
  [
    'without a layer it is bad_layer_prefix, with another word bad_option',
    async ({ call }) => {
      expect((await call('GET', '/_ds?a=paths')).v).toBe('bad_layer_prefix');
      expect((await call('GET', '/_ds?a=keys')).v).toBe('bad_layer_prefix');
      expect((await call('GET', '/_ds?a=rubbish')).v).toBe('bad_option');
    },
  ],
]);

const claimsOf = (token: string) => verifyToken(token, SYSTEM_SECRET, Date.now());

checkFacts('_token', [
  [
    'a token is URL-safe, for the channel and user, and lives 60 s unless expire says otherwise',
    async ({ call }) => {
      await call('PUT', '/_ns/Talk/room');
      const token: string = (await call('PUT', '/_token/Talk/room?k=zoe')).v;
      expect(token).toMatch(/^[A-Za-z0-9._~-]+$/);
      const claims = claimsOf(token);
      expect(claims).toMatchObject({ ar: { pri: 'elena', sec: null }, dr: { k: 'zoe', l: '*subs', p: '/Talk/room' } });
      expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(60);
      const longer = claimsOf((await call('PUT', '/_token/Talk/room?k=zoe&expire=3600')).v);
      expect((longer?.exp ?? 0) - (longer?.iat ?? 0)).toBe(3600);
    },
  ],
  [
    'expire=0 never expires',
    async ({ call }) => {
      expect(claimsOf((await call('PUT', '/_token?expire=0')).v)).not.toHaveProperty('exp');
    },
  ],
  [
    'without k the user is a random id; without a path the token is for any channel',
    async ({ call }) => {
      const [one, other] = [claimsOf((await call('PUT', '/_token?expire=20')).v), claimsOf((await call('PUT', '/_token')).v)];
      expect(one?.dr.k).not.toBe(other?.dr.k);
      expect([one?.dr.p, other?.dr.p]).toEqual([null, null]);
    },
  ],
  [
    'a channel that was not created is no_namespace',
    async ({ call }) => {
      expect((await call('PUT', '/_token/Nowhere?k=zoe')).envelope).toEqual({ v: 'no_namespace', s: 'error' });
    },
  ],
  [
    'holds no secret, and is refused when forged, of another system, or expired',
    async ({ call }) => {
      const token: string = (await call('PUT', '/_token?k=zoe')).v;
      expect(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).not.toContain('elenas');
      expect(claimsOf(token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA'))).toBeUndefined();
      expect(verifyToken(token, 'another secret', Date.now())).toBeUndefined();
      expect(verifyToken(token, SYSTEM_SECRET, Date.now() + 61_000)).toBeUndefined();
    },
  ],
  [
    'a token of a sub-account names both',
    async ({ call }) => {
      await call('PUT', '/_acc/accounts', { body: { k: 'lily', v: { email: 'lily@example.org', secret: 'lilys' } } });
      expect(claimsOf((await call('PUT', '/_token', { login: 'elena#lily:lilys' })).v)?.ar).toEqual({ pri: 'elena', sec: 'lily' });
    },
  ],
]);

checkFacts('_host', [
  [
    'type=signal answers a wss:// URL as a text, with and without channel and user',
    async ({ call }) => {
      for (const path of ['/_host?type=signal', '/_host/Some/channel?type=signal&k=zoe', '/_host/best/signal']) {
        expect((await call('GET', path)).envelope).toEqual({ v: 'wss://signal.example:443/ws', s: 'ok' });
      }
      expect((await call('GET', '/_host/best/turn')).v).toBe('turn.example');
    },
  ],
  [
    'no type is require_type_param, another unrecognized_type_param',
    async ({ call }) => {
      expect((await call('GET', '/_host')).v).toBe('require_type_param');
      expect((await call('GET', '/_host/x?type=video')).v).toBe('unrecognized_type_param');
    },
  ],
]);

checkFacts('_turn', [
  [
    'by default an array with one url per entry, in the known order, and no ttl field',
    async ({ call }) => {
      const { iceServers } = (await call('PUT', '/_turn/Some/channel')).v;
      expect(iceServers.map((entry: { url: string }) => entry.url)).toEqual([
        'stun:turn.example',
        'turn:turn.example:80?transport=udp',
        'turn:turn.example:3478?transport=udp',
        'turn:turn.example:80?transport=tcp',
        'turn:turn.example:3478?transport=tcp',
        'turns:turn.example:443?transport=tcp',
        'turns:turn.example:5349?transport=tcp',
      ]);
      expect(iceServers[0]).toEqual({ url: 'stun:turn.example' });
      expect(iceServers[1]).toEqual({ username: expect.any(String), url: expect.any(String), credential: expect.any(String) });
    },
  ],
  [
    'format=urls is one object, in query or body',
    async ({ call }) => {
      for (const answer of [await call('PUT', '/_turn?format=urls'), await call('PUT', '/_turn', { body: { format: 'urls' } })]) {
        expect(answer.v.iceServers).toEqual({ username: expect.any(String), urls: expect.any(Array), credential: expect.any(String) });
        expect(answer.v.iceServers.urls).toHaveLength(7);
      }
    },
  ],
  [
    'webrtc=1 is an array of {urls, username, credential}',
    async ({ call }) => {
      expect((await call('PUT', '/_turn?webrtc=1')).v.iceServers).toEqual([{ urls: ['stun:turn.example'] }, { urls: expect.any(Array), username: expect.any(String), credential: expect.any(String) }]);
    },
  ],
  [
    'credentials are those that coturn checks: expiry and name, and base64 of their HMAC-SHA1; 60 s unless said otherwise, at most 21,600',
    async ({ call }) => {
      for (const [query, life] of [['', 60], ['&expire=120', 120], ['&expire=999999', 21_600], ['&expire=0', 1]] as const) {
        const { username, credential } = (await call('PUT', `/_turn?format=urls&k=zoe${query}`)).v.iceServers;
        expect(credential).toBe(createHmac('sha1', 'shared').update(username).digest('base64'));
        expect(username).toMatch(/:zoe$/);
        expect(Math.abs(Number(username.split(':')[0]) - Date.now() / 1000 - life)).toBeLessThan(30);
      }
    },
  ],
  [
    'geo=1 with a user_ip in the body is accepted',
    async ({ call }) => {
      expect((await call('PUT', '/_turn?geo=1', { body: { user_ip: '203.0.113.1' } })).envelope.s).toBe('ok');
    },
  ],
]);

const subscription = (key: string, topic: string) => ({ topic, service: 'xs_turn', path: '/richie.com/default', origin: 'euro', meta: null, key, ident: 'user' });

checkFacts('_subs', [
  [
    'GET lists users without topic, each once; as=values their subscriptions; ?k= one of them',
    async ({ call, store }) => {
      const base = { bucket: 'elena', layer: '*subs' };
      await store.put({ ...base, path: '/List/topic', key: 'rt' }, subscription('rt', 'topic'));
      await store.put({ ...base, path: '/List/other', key: 'rt' }, subscription('rt', 'other'));
      await store.put({ ...base, path: '/List', key: 'bob' }, subscription('bob', ''));
      expect((await call('GET', '/_subs/List')).v).toEqual(['bob', 'rt']);
      expect((await call('GET', '/_subs/List/topic')).v).toEqual(['rt']);
      expect((await call('GET', '/_subs/List/topic?as=values')).v).toEqual([subscription('rt', 'topic')]);
      expect((await call('GET', '/_subs/List?k=rt')).v).toMatchObject({ key: 'rt', ident: 'user' });
      expect((await call('GET', '/_subs/List?k=nobody')).v).toBe('not_found');
      expect((await call('GET', '/_subs/Nowhere')).v).toEqual([]);
    },
  ],
  [
    'DELETE ?k= kicks a user out of the channel and answers 1; DELETE of the path kicks everybody and answers the count',
    async ({ call, store }) => {
      for (const key of ['a', 'b', 'c']) await store.put({ bucket: 'elena', layer: '*subs', path: '/Kick/topic', key }, subscription(key, 'topic'));
      expect((await call('DELETE', '/_subs/Kick?k=a')).v).toBe(1);
      expect((await call('DELETE', '/_subs/Kick?k=a')).v).toBe(0);
      expect((await call('DELETE', '/_subs/Kick')).v).toBe(2);
      expect((await call('GET', '/_subs/Kick')).v).toEqual([]);
    },
  ],
]);
