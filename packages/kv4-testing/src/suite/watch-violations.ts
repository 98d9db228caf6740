import { headId, type WatchEvent } from '@xir/kv4-core';

interface Seen {
  readonly version: string;
  readonly deleted: boolean;
}

/**
 * The guarantees of a watch that a recording of its events contradicts, in words; empty for a faultless one. Pure, so that it can check any recording.
 *
 * - ordered: the versions of a key grow;
 * - unique: no version of a key comes twice;
 * - previous: a `previous` is never newer than what it precedes;
 * - initial: the end of the initial values comes once, and again only after a reset;
 * - final: nothing comes after a `slow-consumer` reset.
 */
export function watchViolations(events: readonly WatchEvent[]): string[] {
  const violations: string[] = [];
  let seen = new Map<string, Seen>();
  let initialEnded = false;
  let over = false;
  for (const event of events) {
    if (over) violations.push('final: an event came after the reset of a slow consumer');
    switch (event.type) {
      case 'reset':
        seen = new Map();
        initialEnded = false;
        over = event.reason === 'slow-consumer';
        break;
      case 'end-of-initial':
        if (initialEnded) violations.push('initial: it ended twice');
        initialEnded = true;
        break;
      default:
        violations.push(...changeViolations(event, seen));
    }
  }
  return violations;
}

function changeViolations(event: Extract<WatchEvent, { type: 'put' | 'delete' }>, seen: Map<string, Seen>): string[] {
  const violations: string[] = [];
  const address = event.type === 'put' ? event.record.address : event.address;
  const version = event.type === 'put' ? event.record.version : event.version;
  const id = headId(address);
  const last = seen.get(id);
  const place = `${address.path} ${address.key}`;
  if (version === undefined) {
    if (last?.deleted === true) violations.push(`unique: ${place} was deleted twice`);
    seen.set(id, { version: last?.version ?? '', deleted: true });
    return violations;
  }
  if (last !== undefined && last.version === version) violations.push(`unique: ${place} came twice with version ${version}`);
  else if (last !== undefined && last.version > version) violations.push(`ordered: ${place} went back from ${last.version} to ${version}`);
  if (event.previous !== undefined && event.previous.version >= version) violations.push(`previous: ${place} was preceded by a newer version`);
  seen.set(id, { version, deleted: event.type === 'delete' });
  return violations;
}
