import type { JsonValue } from '@xir/kv4-core';
import { ACKNOWLEDGEMENT_LEVELS, isDevice, MAX_HISTORY_LIMIT, type AcknowledgementLevel, type HistoryOptions, type OutgoingMessage, type Target } from '@xir/router';

import { SYSTEM_OPERATIONS } from './frames.ts';
import { rawMember } from './raw-member.ts';

/** What a client sent. */
export type ClientFrame =
  /** A sign of life that is not answered, or something that this server has no use for. */
  | { readonly type: 'nothing' }
  | { readonly type: 'ping'; readonly answer: string }
  | { readonly type: 'message'; readonly message: OutgoingMessage }
  /** What the client says of itself. */
  | { readonly type: 'state'; readonly state: JsonValue | undefined; readonly id: string | undefined }
  /** Messages that the channel keeps are wanted; `undefined`: it is not said well which. */
  | { readonly type: 'history'; readonly id: string; readonly wanted: HistoryOptions | undefined }
  /** Under a name that only the server uses. */
  | { readonly type: 'spoofed' }
  | { readonly type: 'malformed' };

/** Longest id of a request and position, in characters. */
const MAX_ID_CHARACTERS = 128;
const NOTHING: ClientFrame = { type: 'nothing' };
const MALFORMED: ClientFrame = { type: 'malformed' };

/**
 * Reads a frame of a client. `m.f` is not looked at: who sends is what the token says. Besides what old clients send there are `m.i`, an id (the message is delivered
 * once, and failures are told), `m.a`, the acknowledgement that is wanted, `m.d`, a device of the user `m.t`, and `m.r`: true sends to the channels beneath, too.
 *
 * @param path - The channel that the client is on.
 */
export function readClientFrame(text: string, path: string): ClientFrame {
  if (text === 'ping') return NOTHING;
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return MALFORMED;
  }
  if (!isObject(frame)) return MALFORMED;
  if (frame['t'] === 'ping') return { type: 'ping', answer: JSON.stringify(typeof frame['ts'] === 'number' ? { t: 'pong', ts: frame['ts'] } : { t: 'pong' }) };
  if (frame['t'] === 'history') return typeof frame['i'] === 'string' && frame['i'].length <= MAX_ID_CHARACTERS ? { type: 'history', id: frame['i'], wanted: wantedOf(frame) } : MALFORMED;
  const meta = frame['m'];
  // `{}` is a heartbeat, `t: "tm"` an experiment that has ended.
  if (frame['t'] !== 'u') return Object.keys(frame).length === 0 || frame['t'] === 'tm' ? NOTHING : MALFORMED;
  if (!isObject(meta) || typeof meta['o'] !== 'string' || meta['o'] === '') return MALFORMED;
  const id = typeof meta['i'] === 'string' && meta['i'] !== '' ? meta['i'] : typeof meta['i'] === 'number' ? String(meta['i']) : undefined;
  if (meta['o'] === 'state') return { type: 'state', state: (frame['p'] ?? undefined) as JsonValue | undefined, id };
  if (SYSTEM_OPERATIONS.has(meta['o'])) return { type: 'spoofed' };
  const target = targetOf(meta, path);
  if (target === undefined) return MALFORMED;
  const level = levelOf(meta['a']);
  return {
    type: 'message',
    message: { target, event: meta['o'], content: rawMember(text, 'p') ?? 'null', ...(id === undefined ? {} : { id }), ...(level === undefined ? {} : { level }) },
  };
}

function targetOf(meta: Readonly<Record<string, unknown>>, path: string): Target | undefined {
  const to = meta['t'];
  if (to === undefined || to === null || to === '') return meta['r'] === true ? { type: 'subtree', path } : { type: 'channel' };
  if (typeof to !== 'string') return undefined;
  // Older clients write the whole path before the name.
  const user = to.slice(to.lastIndexOf('/') + 1);
  if (user === '') return undefined;
  return isDevice(meta['d']) ? { type: 'user', user, device: meta['d'] } : { type: 'user', user };
}

function wantedOf({ limit, before, upTo }: Readonly<Record<string, unknown>>): HistoryOptions | undefined {
  const isPosition = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_ID_CHARACTERS;
  if (limit !== undefined && !(Number.isInteger(limit) && (limit as number) >= 1 && (limit as number) <= MAX_HISTORY_LIMIT)) return undefined;
  if ((before !== undefined && !isPosition(before)) || (upTo !== undefined && !isPosition(upTo))) return undefined;
  return { ...(limit === undefined ? {} : { limit: limit as number }), ...(isPosition(before) ? { before } : {}), ...(isPosition(upTo) ? { upTo } : {}) };
}

function levelOf(value: unknown): AcknowledgementLevel | undefined {
  return ACKNOWLEDGEMENT_LEVELS.find((level) => level === value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
