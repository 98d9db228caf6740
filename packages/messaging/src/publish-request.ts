import type { JsonObject, JsonValue } from '@xir/kv4-core';
import { isTruthy } from '@xir/protocol';
import { ACKNOWLEDGEMENT_LEVELS, isDevice, isUser, type OutgoingMessage, type Target } from '@xir/router';

import { messagingError } from './errors.ts';

/** What an event is called where the sender does not say. */
export const DEFAULT_EVENT = 'message';

/** Reads one message of a request: `{v, event?, to?, device?, subtree?, id?, level?}`. `path`: where it goes. Throws `MESSAGING_BAD_MESSAGE`, `MESSAGING_BAD_OPTION`. */
export function readMessage(given: JsonObject, path: string): OutgoingMessage {
  const { v, event = DEFAULT_EVENT, id, level = 'reached' } = given;
  if (v === undefined) throw messagingError('MESSAGING_BAD_MESSAGE', 'a message holds its content in v');
  if (typeof event !== 'string') throw messagingError('MESSAGING_BAD_OPTION', 'event must be a text');
  if (id !== undefined && id !== null && typeof id !== 'string') throw messagingError('MESSAGING_BAD_OPTION', 'id must be a text');
  const known = ACKNOWLEDGEMENT_LEVELS.find((one) => one === level);
  if (known === undefined) throw messagingError('MESSAGING_BAD_OPTION', `level must be one of ${ACKNOWLEDGEMENT_LEVELS.join(', ')}`);
  return { target: targetOf(given, path), event, content: JSON.stringify(v), level: known, ...(typeof id === 'string' ? { id } : {}) };
}

function targetOf({ to, device, subtree }: JsonObject, path: string): Target {
  const isSubtree = isYes(subtree);
  if (to === undefined || to === null || to === '') {
    if (device !== undefined && device !== null) throw messagingError('MESSAGING_BAD_OPTION', 'device needs to, the user whose device it is');
    return isSubtree ? { type: 'subtree', path } : { type: 'channel' };
  }
  if (isSubtree) throw messagingError('MESSAGING_BAD_OPTION', 'to and subtree exclude one another');
  if (!isUser(to)) throw messagingError('MESSAGING_BAD_OPTION', 'to must be a user: 1 to 255 characters without slashes');
  if (device === undefined || device === null) return { type: 'user', user: to };
  if (!isDevice(device)) throw messagingError('MESSAGING_BAD_OPTION', 'device must be 1 to 64 letters, digits, - and _');
  return { type: 'user', user: to, device };
}

function isYes(value: JsonValue | undefined): boolean {
  return value === true || value === 1 || (typeof value === 'string' && isTruthy(value));
}
