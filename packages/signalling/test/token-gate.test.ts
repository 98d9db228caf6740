import type { Clock } from '@xir/couch-client';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import type { TokenClaims } from '@xir/protocol';
import { expect, it } from 'vitest';

import { TokenGate } from '../src/index.ts';

const claims = (iat: number, path = '/room', sec: string | null = null): TokenClaims => ({ ar: { pri: 'cool', sec }, dr: { k: 'alex', l: '*subs', p: path }, iat, jti: '1' });

async function opened() {
  const store = new MemoryReferenceStore();
  const clock: Pick<Clock, 'now'> = { now: () => 100_000 };
  await store.put({ bucket: '$sys', layer: '*acc', path: '/accounts', key: 'cool' }, { active: true });
  const gate = new TokenGate({ store, clock });
  return { store, gate, may: (iat: number, path = '/room') => gate.mayConnect(claims(iat, path), path) };
}

it('T1: a token made before a kick opens the channel no more, one made after it does', async () => {
  const { gate, may } = await opened();
  expect(await may(50)).toBe(true);
  await gate.note({ bucket: 'cool', path: '/room', user: 'alex', subtree: false });
  expect([await may(50), await may(100), await may(101), await may(50, '/room/sub'), await may(50, '/other')]).toEqual([false, false, true, true, true]);
});

it('T1: a kick of a room, or of a room and those beneath, ends the tokens of everybody there', async () => {
  const { gate, may } = await opened();
  await gate.note({ bucket: 'cool', path: '/room', subtree: false });
  expect([await may(50), await may(50, '/room/a/b'), await may(50, '/roommate')]).toEqual([false, true, true]);
  await gate.note({ bucket: 'cool', path: '/', subtree: true });
  expect([await may(50, '/room/a/b'), await may(50, '/roommate'), await may(101, '/roommate')]).toEqual([false, false, true]);
});

it('T2: a token ends with its account', async () => {
  const { store, gate, may } = await opened();
  await store.put({ bucket: '$sys', layer: '*acc', path: '/accounts', key: 'cool' }, { active: false });
  expect(await may(50)).toBe(false);
  await store.delete({ bucket: '$sys', layer: '*acc', path: '/accounts', key: 'cool' });
  expect(await may(50)).toBe(false);
  expect(await gate.mayConnect({ ...claims(50), ar: { pri: '$sys', sec: null } }, '/room')).toBe(true);
});
