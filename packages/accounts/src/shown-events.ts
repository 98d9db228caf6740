import { isVersion, versionTimeMs, type KeyAddress, type Kv4Record, type WatchEvent } from '@xir/kv4-core';

/** Which events of a watch a service shows. */
export interface ShownEvents {
  /** What happened before this belongs to an earlier account of the same name; milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** Every version is an event. Otherwise a value is told because it stands now, so it is shown whatever its time, as it is to who reads it. */
  readonly history: boolean;
  /** Which keys are shown; default: all. */
  readonly keep?: (address: KeyAddress) => boolean;
}

/** The events that are shown. `end-of-initial` and `reset` always are. */
export async function* shownEvents(events: AsyncIterable<WatchEvent>, shown: ShownEvents): AsyncGenerator<WatchEvent, void, undefined> {
  for await (const event of events) {
    const kept = shownEvent(event, shown);
    if (kept !== undefined) yield kept;
  }
}

/** An event as it is shown, without a record before that belongs to an earlier account; `undefined`: not at all. */
export function shownEvent(event: WatchEvent, { sinceMs, history, keep }: ShownEvents): WatchEvent | undefined {
  if (event.type !== 'put' && event.type !== 'delete') return event;
  const address = event.type === 'put' ? event.record.address : event.address;
  if (keep?.(address) === false) return undefined;
  if (event.type === 'put' ? history && isOlder(event.record, sinceMs) : deletionTimeMs(event.version) < sinceMs) return undefined;
  return isOlder(event.previous, sinceMs) ? withoutPrevious(event) : event;
}

function withoutPrevious(event: WatchEvent & { readonly type: 'put' | 'delete' }): WatchEvent {
  const { previous: _previous, ...rest } = event;
  return rest;
}

function isOlder(record: Kv4Record | undefined, sinceMs: number): boolean {
  return record !== undefined && record.timeMs < sinceMs;
}

function deletionTimeMs(version: string | undefined): number {
  return isVersion(version) ? versionTimeMs(version) : Infinity;
}
