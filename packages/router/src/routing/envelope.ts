import { isDevice, isUser, type Channel } from '../channel.ts';
import { ACKNOWLEDGEMENT_LEVELS, type AcknowledgementLevel, type Message, type Target } from './message.ts';

/** What one neuron says to another. */
export type Envelope =
  | { readonly type: 'message'; readonly message: Message; readonly number: number; readonly level: AcknowledgementLevel; readonly after?: string }
  /** Answers to numbered envelopes: how many receivers were reached, and how many of them written to. */
  | { readonly type: 'replies'; readonly replies: readonly Reply[] }
  | { readonly type: 'kick'; readonly number: number; readonly kick: Kick }
  /** Asks what became of the message of a channel's history at a position. */
  | { readonly type: 'confirm'; readonly number: number; readonly channel: Channel; readonly position: string; readonly level: AcknowledgementLevel };

/** The answer to a numbered envelope. */
export type Reply = readonly [number: number, reached: number, written: number];

/** Who is to be taken off: those on a channel, or on it and all beneath it; of them a user, or one of its devices. */
export interface Kick extends Channel {
  readonly subtree: boolean;
  readonly user?: string;
  readonly device?: string;
}

/** The text of a message: a head in one line, then the content as it came. `number` 0: no answer is wanted. `after`: the position behind which it belongs. */
export function messageEnvelope(message: Message, { number, level, after }: { readonly number: number; readonly level: AcknowledgementLevel; readonly after?: string | undefined }): string {
  const { channel, user, device, target, event, id, sentAtMs, published } = message;
  const to = target.type === 'channel' ? 0 : target.type === 'subtree' ? [target.path] : [target.user, target.device ?? 0];
  const head = ['m', channel.bucket, channel.path, user, device, target.type[0], to, event, id ?? 0, sentAtMs, number, ACKNOWLEDGEMENT_LEVELS.indexOf(level), after ?? 0, ...(published === true ? [1] : [])];
  return `${JSON.stringify(head)}\n${message.content}`;
}

export function repliesEnvelope(replies: readonly Reply[]): string {
  return JSON.stringify(['r', replies]);
}

export function kickEnvelope(kick: Kick, number: number): string {
  return JSON.stringify(['k', number, kick.bucket, kick.path, kick.subtree, kick.user ?? 0, kick.device ?? 0]);
}

export function confirmEnvelope(channel: Channel, position: string, { number, level }: { readonly number: number; readonly level: AcknowledgementLevel }): string {
  return JSON.stringify(['c', number, channel.bucket, channel.path, position, ACKNOWLEDGEMENT_LEVELS.indexOf(level)]);
}

/** Reads what another neuron sent; `undefined`: it is none of these. */
export function readEnvelope(text: string): Envelope | undefined {
  const end = text.indexOf('\n');
  try {
    const head: unknown = JSON.parse(end < 0 ? text : text.slice(0, end));
    if (!Array.isArray(head)) return undefined;
    if (head[0] === 'm' && end > 0) return readMessage(head, text.slice(end + 1));
    if (head[0] === 'r') return readReplies(head[1]);
    if (head[0] === 'c') return readConfirm(head);
    return head[0] === 'k' ? readKick(head) : undefined;
  } catch {
    // Not JSON: of another version, or nonsense. It is counted by whoever reads.
    return undefined;
  }
}

function readMessage(head: readonly unknown[], content: string): Envelope | undefined {
  const [, bucket, path, user, device, kind, to, event, id, sentAtMs, number, level, after, published] = head;
  const target = readTarget(kind, to);
  const levelName = ACKNOWLEDGEMENT_LEVELS[level as number];
  if (typeof bucket !== 'string' || typeof path !== 'string' || !isUser(user) || !isDevice(device) || typeof event !== 'string' || target === undefined) return undefined;
  if (typeof sentAtMs !== 'number' || typeof number !== 'number' || levelName === undefined) return undefined;
  const message: Message = { channel: { bucket, path }, user, device, target, event, content, sentAtMs, ...(typeof id === 'string' ? { id } : {}), ...(published === 1 ? { published: true } : {}) };
  return { type: 'message', message, number, level: levelName, ...(typeof after === 'string' ? { after } : {}) };
}

function readTarget(kind: unknown, to: unknown): Target | undefined {
  if (kind === 'c') return { type: 'channel' };
  if (!Array.isArray(to)) return undefined;
  const [first, device] = to as readonly unknown[];
  if (kind === 's') return typeof first === 'string' ? { type: 'subtree', path: first } : undefined;
  if (kind !== 'u' || !isUser(first)) return undefined;
  return isDevice(device) ? { type: 'user', user: first, device } : { type: 'user', user: first };
}

function readReplies(list: unknown): Envelope | undefined {
  if (!Array.isArray(list)) return undefined;
  for (const reply of list) if (!Array.isArray(reply) || reply.length !== 3 || !reply.every((part) => typeof part === 'number')) return undefined;
  return { type: 'replies', replies: list as readonly Reply[] };
}

function readKick([, number, bucket, path, subtree, user, device]: readonly unknown[]): Envelope | undefined {
  if (typeof number !== 'number' || typeof bucket !== 'string' || typeof path !== 'string' || typeof subtree !== 'boolean') return undefined;
  return { type: 'kick', number, kick: { bucket, path, subtree, ...(isUser(user) ? { user } : {}), ...(isDevice(device) ? { device } : {}) } };
}

function readConfirm([, number, bucket, path, position, level]: readonly unknown[]): Envelope | undefined {
  const levelName = ACKNOWLEDGEMENT_LEVELS[level as number];
  if (typeof number !== 'number' || typeof bucket !== 'string' || typeof path !== 'string' || typeof position !== 'string' || levelName === undefined) return undefined;
  return { type: 'confirm', number, channel: { bucket, path }, position, level: levelName };
}
