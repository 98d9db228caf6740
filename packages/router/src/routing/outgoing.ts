import { isDevice, isUser } from '../channel.ts';
import { RouterError } from '../errors.ts';
import type { Message, OutgoingMessage } from './message.ts';
import type { Sender } from './sender.ts';
import { normaliseTarget } from './target.ts';

/** Longest {@link OutgoingMessage.event} and {@link OutgoingMessage.id}, in characters. */
const MAX_EVENT_CHARACTERS = 128;

/** The message that a sender sends. Throws {@link RouterError}. Pure. */
export function messageOf(sender: Sender, outgoing: OutgoingMessage, { sentAtMs, maxContentCharacters }: { readonly sentAtMs: number; readonly maxContentCharacters: number }): Message {
  checkOutgoing(outgoing, maxContentCharacters);
  const { bucket, path, user, device } = sender.peer;
  const { event, content, id } = outgoing;
  return {
    channel: { bucket, path },
    user,
    device,
    target: normaliseTarget(outgoing.target),
    event,
    content,
    sentAtMs,
    ...(id === undefined ? {} : { id }),
    ...(sender.isPublisher === true ? { published: true } : {}),
  };
}

function checkOutgoing({ event, content, id, target }: OutgoingMessage, maxContentCharacters: number): void {
  if (typeof event !== 'string' || event === '' || event.length > MAX_EVENT_CHARACTERS) throw bad(`an event is a text of 1 to ${MAX_EVENT_CHARACTERS} characters`);
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > MAX_EVENT_CHARACTERS)) throw bad(`an id is a text of 1 to ${MAX_EVENT_CHARACTERS} characters`);
  if (typeof content !== 'string') throw bad('content is a JSON text');
  if (content.length > maxContentCharacters) throw new RouterError('ROUTER_MESSAGE_TOO_LARGE', `a message has at most ${maxContentCharacters} characters`);
  if (target.type === 'user' && (!isUser(target.user) || (target.device !== undefined && !isDevice(target.device)))) throw bad('no such user or device is possible');
}

function bad(message: string): RouterError {
  return new RouterError('ROUTER_BAD_MESSAGE', message);
}
