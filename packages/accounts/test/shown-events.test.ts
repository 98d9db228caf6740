import { formatVersion, recordFromValue, type WatchEvent } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';

import { shownEvent, shownEvents } from '../src/shown-events.ts';

const address = { bucket: 'elena', layer: '*data', path: '/a', key: 'x' };
const versionAt = (timeMs: number) => formatVersion({ timeMs, counter: 0, neuron: 'n1' });
const recordAt = (timeMs: number) => recordFromValue(address, { timeMs }, { version: versionAt(timeMs), author: 'elena', secondary: {}, expiresAtMs: undefined, revision: undefined });
const put = (timeMs: number, previousMs?: number): WatchEvent => ({
  type: 'put',
  position: 'p',
  record: recordAt(timeMs),
  ...(previousMs === undefined ? {} : { previous: recordAt(previousMs) }),
});
const deletion = (timeMs: number): WatchEvent => ({ type: 'delete', position: 'p', address, version: versionAt(timeMs) });
const SINCE = { sinceMs: 1000, history: true };

describe('what a watch shows of an account whose name was used before', () => {
  it('leaves out versions and deletions from before it was created', () => {
    expect([put(999), deletion(999)].map((event) => shownEvent(event, SINCE))).toEqual([undefined, undefined]);
    for (const event of [put(1000), deletion(1000), put(2000, 1500)]) expect(shownEvent(event, SINCE)).toBe(event);
  });

  it('leaves out a record before that is older, and keeps the rest of the event', () => {
    const event = put(1000, 999);
    expect(shownEvent(event, SINCE)).toEqual({ type: 'put', position: 'p', record: event.type === 'put' && event.record });
  });

  it('shows without history what stands now, whatever its age, but no older deletion', () => {
    const now = { ...SINCE, history: false };
    const standing = put(1);
    expect(shownEvent(standing, now)).toBe(standing);
    expect(shownEvent(deletion(1), now)).toBeUndefined();
  });

  it('always shows resets, ends of initial values, and deletions without a version', async () => {
    const events: WatchEvent[] = [{ type: 'reset', position: '', reason: 'resync' }, { type: 'delete', position: 'p', address }, { type: 'end-of-initial', position: 'p' }];
    const told: WatchEvent[] = [];
    async function* source() {
      yield* [put(1), ...events, deletion(1)];
    }
    for await (const event of shownEvents(source(), SINCE)) told.push(event);
    expect(told).toEqual(events);
  });
});
