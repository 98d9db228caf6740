import { createHash } from 'node:crypto';

import type { Message, PresenceChange } from '@xir/router';

/** An event as it is sent: a JSON text. The same happening has the same id, whichever neuron tells of it. */
export function presenceText(type: 'join' | 'leave', { peer, devices }: Pick<PresenceChange, 'peer' | 'devices'>, atMs: number): string {
  const { bucket, path, user, device, joinedAtMs, state } = peer;
  const id = createHash('sha256').update(JSON.stringify([type, bucket, path, user, device, joinedAtMs])).digest('hex').slice(0, 32);
  return JSON.stringify({ id, type, atMs, bucket, path, k: user, device, devices, ...(state === undefined ? {} : { state }) });
}

/** A message as it is sent: its content stays the text that it was. */
export function sentText({ channel, user, device, event, content, id, sentAtMs, target, published }: Message, eventId: string): string {
  const { bucket, path } = channel;
  const to = target.type === 'user' ? { to: target.user, ...(target.device === undefined ? {} : { toDevice: target.device }) } : target.type === 'subtree' ? { subtree: target.path } : {};
  const head = JSON.stringify({ id: eventId, type: 'message', atMs: sentAtMs, bucket, path, k: user, device, event, ...to, ...(id === undefined ? {} : { messageId: id }), ...(published === true ? { published } : {}) });
  return `${head.slice(0, -1)},"v":${content}}`;
}
