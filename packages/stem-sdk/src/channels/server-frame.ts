import type { JsonValue } from '@xir/kv4-core';

import type { ChannelMember, ChannelMessage, SendReport } from './channel-events.ts';

/** What a neuron says on a channel. `previous`: the position before; `null`: it is not known. */
export type ServerFrame =
  | { readonly type: 'peers'; readonly members: readonly ChannelMember[]; readonly kept: boolean }
  | { readonly type: 'join' | 'leave' | 'update'; readonly member: ChannelMember }
  | { readonly type: 'message'; readonly message: ChannelMessage; readonly previous: string | null }
  | { readonly type: 'stored'; readonly id: string | undefined; readonly position: string; readonly previous: string | null }
  | { readonly type: 'acknowledged' | 'undelivered'; readonly id: string; readonly report: SendReport }
  | { readonly type: 'refused'; readonly id: string | undefined; readonly code: string }
  | { readonly type: 'recovered'; readonly recovered: boolean; readonly position: string | null }
  | { readonly type: 'history'; readonly id: string; readonly messages: readonly ChannelMessage[]; readonly hasMore: boolean; readonly code: string | undefined }
  | { readonly type: 'go-away'; readonly host: string | undefined }
  | { readonly type: 'other' };

type Fields = Readonly<Record<string, unknown>>;

const OTHER: ServerFrame = { type: 'other' };

/** Reads a frame; `undefined`: it is not a neuron's. What is of a later version is `other`. */
export function readServerFrame(text: unknown): ServerFrame | undefined {
  const frame = typeof text === 'string' ? fieldsOf(parse(text)) : undefined;
  if (frame === undefined) return undefined;
  if (frame['t'] === 'history') return historyOf(frame);
  const meta = fieldsOf(frame['m']);
  if (frame['t'] !== 'u' || meta === undefined || typeof meta['f'] !== 'string' || typeof meta['o'] !== 'string') return OTHER;
  const content = frame['p'] as JsonValue;
  const id = textOf(meta['i']);
  switch (meta['o']) {
    case 'peers':
      return peersOf(fieldsOf(content));
    case 'peer_connected':
    case 'peer_updated': {
      const user = lastSegment(meta['f']);
      const member = { user, device: textOf(meta['d']) ?? 'default', state: stateOf(fieldsOf(content)) };
      return { type: meta['o'] === 'peer_updated' ? 'update' : 'join', member };
    }
    case 'peer_removed':
      return { type: 'leave', member: { user: lastSegment(meta['f']), device: textOf(meta['d']) ?? 'default', state: null } };
    case 'acknowledged':
    case 'undelivered':
      return id === undefined ? OTHER : { type: meta['o'], id, report: reportOf(fieldsOf(content)) };
    case 'refused':
      return { type: 'refused', id, code: textOf(fieldsOf(content)?.['code']) ?? '' };
    case 'stored': {
      const position = textOf(meta['n']);
      return position === undefined ? OTHER : { type: 'stored', id, position, previous: textOf(meta['q']) ?? null };
    }
    case 'recovered':
      return { type: 'recovered', recovered: fieldsOf(content)?.['recovered'] === true, position: textOf(fieldsOf(content)?.['position']) ?? null };
    case 'go_away':
      return { type: 'go-away', host: textOf(fieldsOf(content)?.['host']) };
    default:
      return { type: 'message', message: messageOf(meta, content), previous: textOf(meta['q']) ?? null };
  }
}

function messageOf(meta: Fields, content: JsonValue): ChannelMessage {
  const from = String(meta['f']);
  const id = textOf(meta['i']);
  const position = textOf(meta['n']);
  return {
    path: `/${from.slice(0, Math.max(0, from.lastIndexOf('/')))}`,
    user: lastSegment(from),
    device: textOf(meta['d']) ?? 'default',
    event: String(meta['o']),
    content: content ?? null,
    direct: typeof meta['t'] === 'string',
    sentAtMs: typeof meta['s'] === 'number' ? meta['s'] : 0,
    ...(id === undefined ? {} : { id }),
    ...(position === undefined ? {} : { position }),
  };
}

function peersOf(content: Fields | undefined): ServerFrame {
  const devices = Array.isArray(content?.['devices']) ? (content['devices'] as unknown[]) : [];
  const members = devices.map(fieldsOf).filter((device) => device !== undefined);
  return { type: 'peers', members: members.map((device) => ({ user: String(device['user']), device: String(device['device']), state: stateOf(device) })), kept: content?.['kept'] === true };
}

function historyOf(frame: Fields): ServerFrame {
  const id = textOf(frame['i']);
  const items = Array.isArray(frame['messages']) ? (frame['messages'] as unknown[]) : [];
  if (id === undefined) return OTHER;
  const messages = items.flatMap((item) => {
    const message = fieldsOf(item);
    const meta = fieldsOf(message?.['m']);
    return message === undefined || meta === undefined ? [] : [messageOf(meta, message['p'] as JsonValue)];
  });
  return { type: 'history', id, messages, hasMore: frame['more'] === true, code: textOf(frame['code']) };
}

function reportOf(content: Fields | undefined): SendReport {
  const position = textOf(content?.['position']);
  const number = (name: string) => (typeof content?.[name] === 'number' ? content[name] : 0);
  const undelivered = Array.isArray(content?.['undelivered']) ? (content['undelivered'] as SendReport['undelivered']) : [];
  return { reached: number('reached'), written: number('written'), undelivered, ...(position === undefined ? {} : { position }) };
}

function stateOf(content: Fields | undefined): JsonValue {
  return (content?.['state'] ?? null) as JsonValue;
}

function lastSegment(from: string): string {
  return from.slice(from.lastIndexOf('/') + 1);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not what a neuron sends.
    return undefined;
  }
}
