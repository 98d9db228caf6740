import type { KeyAddress, Kv4Version, StoredVersion } from '@xir/kv4-core';
import { encodePosition } from './watch-position.ts';
import type { QueuedChange, QueuedGap } from './watch-queue.ts';
import { changeOfStored } from './watch-span.ts';
import { isExpiryVersion } from './watch-told.ts';

/**
 * Reads the versions of a gap from the key's series, oldest first, each with its position: who resumes among them finds the row behind it. Pure but for the series,
 * which is read newest first and no further than needed.
 */
export async function* fillGap(gap: QueuedGap, series: (address: KeyAddress) => AsyncIterable<Kv4Version>): AsyncGenerator<QueuedChange, void, undefined> {
  const { id, address, position, after, wasAbsent, before, held } = gap;
  const { told } = position;
  const isTold = (version: string): boolean => (after === '' ? told.names(id, version) || told.covers(version) : version <= after);
  const found = new Map<string, StoredVersion>(held.map((stored) => [stored[0], stored]));
  let above = before;
  for await (const { version, author, deleted, value } of series(address)) {
    if (version >= before) continue;
    // A value beneath what is news was made since, however slow its writer's clock, where nothing was there. An expiry is no witness: it may be of long ago.
    const isNews = wasAbsent && after === '' && !deleted && !isExpiryVersion(above) && !told.names(id, version);
    if (isTold(version) && !isNews) break;
    above = version;
    found.set(version, deleted ? [version, author] : [version, author, value]);
  }
  const telling = told.copy();
  let { previous } = gap;
  for (const stored of [...found.values()].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    if (telling.names(id, stored[0])) continue;
    telling.note(id, stored[0]);
    const change = changeOfStored(stored, { id, address, position: encodePosition({ ...position, told: telling }), previous });
    previous = change.event.type === 'put' ? change.event.record : undefined;
    yield change;
  }
}
