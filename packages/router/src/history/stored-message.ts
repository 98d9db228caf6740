import type { JsonValue, KeyAddress, Kv4Version } from '@xir/kv4-core';

import { isDevice, isUser, type Channel } from '../channel.ts';
import type { Message } from '../routing/message.ts';

/** The one key of a channel: its versions are the messages, and their versions the positions. */
const KEY = 'messages';

/** Where a channel's messages are kept. */
export function historyAddress({ bucket, path }: Channel, layer: string): KeyAddress {
  return { bucket, layer, path, key: KEY };
}

/** A message as it is stored; its content stays the text that it was. */
export function storedMessage({ user, device, event, id, content, sentAtMs, published }: Message): JsonValue {
  return { user, device, event, content, sentAtMs, ...(id === undefined ? {} : { id }), ...(published === true ? { published } : {}) };
}

/** The message of a version; `undefined`: it is none. */
export function readStoredMessage({ address, value, version }: Pick<Kv4Version, 'address' | 'value' | 'version'>): Message | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { user, device, event, content, sentAtMs, id, published } = value;
  if (!isUser(user) || !isDevice(device) || typeof event !== 'string' || typeof content !== 'string' || typeof sentAtMs !== 'number') return undefined;
  const channel: Channel = { bucket: address.bucket, path: address.path };
  const optional = { ...(typeof id === 'string' ? { id } : {}), ...(published === true ? { published } : {}) };
  return { channel, user, device, target: { type: 'channel' }, event, content, sentAtMs, position: version, ...optional };
}
