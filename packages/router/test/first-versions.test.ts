import { formatVersion } from '@xir/kv4-core';
import { expect, it } from 'vitest';

import { FirstVersions } from '../src/history/first-versions.ts';
import type { Message } from '../src/index.ts';

const WINDOW_MS = 120_000;
const JUMP_MS = 300_000;

/** A message with the one id, stored at this time of its version, sent at that time of its neuron's clock. */
function stored(versionMs: number, sentAtMs = versionMs): Message {
  const position = formatVersion({ timeMs: versionMs, counter: 0, neuron: 'a' });
  return { channel: { bucket: 'cool', path: '/room' }, user: 'alex', device: 'd', target: { type: 'channel' }, event: 'm', content: '1', sentAtMs, position, id: 'i1' };
}

/** Looked at by a host that has run for this long, whose clock is ahead by that much. */
const at = (monotonicMs: number, aheadMs = 0) => ({ monotonicMs, wallMs: 1_000_000 + monotonicMs + aheadMs });

it('H6: an id that comes again within the window is a repetition, and later it is not', () => {
  const firsts = new FirstVersions(WINDOW_MS);
  expect(firsts.isRepetition(stored(1_000_000), at(0))).toBe(false);
  expect(firsts.isRepetition(stored(1_000_000), at(1))).toBe(false);
  expect(firsts.isRepetition(stored(1_119_000), at(119_000))).toBe(true);
  expect(firsts.isRepetition(stored(1_121_000), at(121_000))).toBe(false);
  expect(firsts.isRepetition(stored(1_122_000), at(122_000))).toBe(true);
});

it('H6: an id is remembered where a host’s clock, and with it the versions, jumped ahead meanwhile', () => {
  const ofAnother = new FirstVersions(WINDOW_MS);
  expect(ofAnother.isRepetition(stored(1_000_000), at(0))).toBe(false);
  expect(ofAnother.isRepetition(stored(1_000_100 + JUMP_MS), at(100))).toBe(true);
  const ofItself = new FirstVersions(WINDOW_MS);
  expect(ofItself.isRepetition(stored(1_000_000), at(0))).toBe(false);
  expect(ofItself.isRepetition(stored(1_000_100 + JUMP_MS), at(100, JUMP_MS))).toBe(true);
});

it('H6: who begins to read behind such a jump remembers what was before it', () => {
  const byItsClock = new FirstVersions(WINDOW_MS);
  expect(byItsClock.isRepetition(stored(1_000_000), at(200))).toBe(false);
  expect(byItsClock.isRepetition(stored(1_000_100 + JUMP_MS), at(200))).toBe(true);
  const byTheSenders = new FirstVersions(WINDOW_MS);
  expect(byTheSenders.isRepetition(stored(1_000_000), at(200, JUMP_MS))).toBe(false);
  expect(byTheSenders.isRepetition(stored(1_000_100 + JUMP_MS, 1_000_100), at(200, JUMP_MS))).toBe(true);
});

it('H6: what is read late, all at once, counts as stored when it was', () => {
  const firsts = new FirstVersions(WINDOW_MS);
  expect(firsts.isRepetition(stored(1_000_000), at(900_000))).toBe(false);
  expect(firsts.isRepetition(stored(1_300_000), at(900_000))).toBe(false);
});

it('H6: what is read of long before does not take the place of what came since', () => {
  const firsts = new FirstVersions(WINDOW_MS);
  expect(firsts.isRepetition(stored(1_300_000), at(300_000))).toBe(false);
  expect(firsts.isRepetition(stored(1_000_000), at(301_000))).toBe(false);
  expect(firsts.isRepetition(stored(1_302_000), at(302_000))).toBe(true);
});
