import type { WatchScope } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { NameEvents } from '../channels.ts';
import { RespError } from '../errors.ts';
import { literalPrefix } from '../glob.ts';
import { keyNameOf, parseKeyName, parsePathName } from '../key-name.ts';
import { INVALIDATION_CHANNEL } from '../tracking/invalidation.ts';
import { prefixScope } from '../tracking/prefixes.ts';
import type { Change } from './change-follower.ts';

/** What stands before a name: the channel of all events of the name. */
export const KEYSPACE = '__keyspace@0__:';
/** What stands before an event: the channel of all names with the event. */
export const KEYEVENT = '__keyevent@0__:';

/** What is wanted of whom. */
export interface NameEventsOptions {
  /** The channel or pattern (byte text). */
  readonly name: string;
  readonly isPattern: boolean;
  readonly nowMs: () => number;
}

/** The events that a channel or pattern is about; `undefined`: none, it is for messages. Throws `RESP_BAD_NAME`, `RESP_FORBIDDEN`. */
export function nameEvents(bucket: string, { name, isPattern, nowMs }: NameEventsOptions): NameEvents | undefined {
  const prefix = isPattern ? literalPrefix(name) : name;
  if (prefix === INVALIDATION_CHANNEL || !prefix.startsWith('__key')) return undefined;
  if (prefix.startsWith(KEYSPACE)) {
    if (!isPattern) return eventsOfName(bucket, name.slice(KEYSPACE.length), nowMs);
    return { scopes: [prefixScope(bucket, prefix.slice(KEYSPACE.length))], messagesOf: (change) => ofSpace(change, nowMs()) };
  }
  const root: WatchScope = prefixScope(bucket, '');
  if (prefix.startsWith(KEYEVENT)) return { scopes: [root], messagesOf: (change) => ofEvent(change, nowMs()) };
  return { scopes: [root], messagesOf: (change) => [...ofSpace(change, nowMs()), ...ofEvent(change, nowMs())] };
}

/** One name can be that of a key and of a hash. */
function eventsOfName(bucket: string, name: string, nowMs: () => number): NameEvents {
  const channel = KEYSPACE + name;
  const scopes: WatchScope[] = [{ type: 'key', address: { bucket, ...parseKeyName(name) } }];
  const path = pathOf(name);
  if (path !== undefined) scopes.push({ type: 'path', address: { bucket, ...path } });
  const [key] = scopes as [Extract<WatchScope, { type: 'key' }>];
  return {
    scopes,
    messagesOf: (change) => {
      const address = change.type === 'put' ? change.record.address : change.address;
      const isKey = address.path === key.address.path && address.key === key.address.key;
      return [{ channel, message: isKey ? eventOf(change, nowMs()) : change.type === 'put' ? 'hset' : 'hdel' }];
    },
  };
}

function pathOf(name: string) {
  try {
    return parsePathName(name);
  } catch (error) {
    if (error instanceof RespError) return undefined;
    throw error;
  }
}

/** What has happened to a key, in Redis' words: `set`, `del` or `expired`. */
function eventOf(change: Change, nowMs: number): string {
  if (change.type === 'put') return 'set';
  const expiresAtMs = change.previous?.expiresAtMs;
  return expiresAtMs !== undefined && expiresAtMs <= nowMs ? 'expired' : 'del';
}

function nameOf(change: Change): string | undefined {
  const name = keyNameOf(change.type === 'put' ? change.record.address : change.address);
  return name === undefined ? undefined : bytesOfText(name);
}

function ofSpace(change: Change, nowMs: number): ReturnType<NameEvents['messagesOf']> {
  const name = nameOf(change);
  return name === undefined ? [] : [{ channel: KEYSPACE + name, message: eventOf(change, nowMs) }];
}

function ofEvent(change: Change, nowMs: number): ReturnType<NameEvents['messagesOf']> {
  const name = nameOf(change);
  return name === undefined ? [] : [{ channel: KEYEVENT + eventOf(change, nowMs), message: name }];
}
