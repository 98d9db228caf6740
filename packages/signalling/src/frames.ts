import { MAX_RECOVERED_CHARACTERS, type HistoryPage, type Message, type Peer, type PresenceChange, type SendReport } from '@xir/router';

import { serverFrame } from './server-frame.ts';

/** The JSON text of a frame, for those who send it otherwise than over a WebSocket. */
export function frameText(frame: Uint8Array): string {
  const head = frame[1] === 127 ? 10 : frame[1] === 126 ? 4 : 2;
  return Buffer.from(frame.buffer, frame.byteOffset + head, frame.byteLength - head).toString('utf8');
}

/** Operations that only the server says. What a client sends under one of these names is not passed on. */
export const SYSTEM_OPERATIONS: ReadonlySet<string> = new Set(['peer_connected', 'peers', 'peer_removed', 'peer_updated', 'acknowledged', 'undelivered', 'stored', 'refused', 'recovered', 'go_away']);

/** The name of the server in `m.f`; clients cut there to learn the channel. */
const SYSTEM = '__sys__';

/** The channel as it stands in `m.f`: without its leading slash. */
function from(path: string, name: string): string {
  return path === '/' ? name : `${path.slice(1)}/${name}`;
}

function userFrame(meta: object, content: string): Uint8Array {
  return serverFrame(`{"t":"u","m":${JSON.stringify(meta)},"p":${content}}`);
}

/** A user came to a channel, is gone, or says something else of itself; with details, a device of a user, and what it says of itself. */
export function presenceFrame({ type, peer }: Pick<PresenceChange, 'type' | 'peer'>, details = false): Uint8Array {
  const { path, user, device, state = null } = peer;
  const operation = type === 'update' ? 'peer_updated' : type === 'leave' ? 'peer_removed' : 'peer_connected';
  const content = type === 'update' || (type === 'join' && details) ? { user, state } : user;
  return userFrame({ f: from(path, user), o: operation, t: null, ...(details ? { d: device } : {}) }, JSON.stringify(content));
}

/** Who is on a channel. */
export function peersFrame(path: string, users: Iterable<string>): Uint8Array {
  return userFrame({ f: from(path, SYSTEM), o: 'peers', t: null }, JSON.stringify({ users: [...users] }));
}

/** The same with details: every device, what it says of itself, and whether the channel keeps its messages. */
export function detailedPeersFrame(path: string, peers: readonly Peer[], kept: boolean): Uint8Array {
  const users = [...new Set(peers.map(({ user }) => user))];
  const devices = peers.map(({ user, device, state = null }) => ({ user, device, state }));
  return userFrame({ f: from(path, SYSTEM), o: 'peers', t: null }, JSON.stringify({ users, devices, kept }));
}

/** A message of a peer: who sent it is what its token says. With details, from which device, and when by its neuron's clock. */
export function messageFrame(message: Message, details = false): Uint8Array {
  return userFrame(metaOf(message, details), message.content);
}

/** Messages that a channel keeps, newest last, as many of the newest as fit; for the request with an id. */
export function historyFrame(id: string, { messages, hasMore }: HistoryPage): Uint8Array {
  const texts: string[] = [];
  let characters = 0;
  for (const message of messages.toReversed()) {
    const text = `{"m":${JSON.stringify(metaOf(message, true))},"p":${message.content}}`;
    characters += text.length;
    if (texts.length > 0 && characters > MAX_RECOVERED_CHARACTERS) break;
    texts.push(text);
  }
  return serverFrame(`{"t":"history","i":${JSON.stringify(id)},"more":${hasMore || texts.length < messages.length},"messages":[${texts.reverse().join(',')}]}`);
}

/** Why there are none. */
export function noHistoryFrame(id: string, code: 'bad_request' | 'busy' | 'no_history' | 'unavailable'): Uint8Array {
  return serverFrame(JSON.stringify({ t: 'history', i: id, code }));
}

function metaOf({ channel, user, device, event, target, id, sentAtMs, position, previous }: Message, details: boolean): object {
  return {
    f: from(channel.path, user),
    o: event,
    t: target.type === 'user' ? target.user : null,
    ...(details ? { d: device, s: sentAtMs } : {}),
    ...(id === undefined ? {} : { i: id }),
    ...(position === undefined ? {} : { n: position, q: previous ?? null }),
  };
}

/** What became of a message that asked for it with `m.a`, or of any with an id that could not be delivered. */
export function reportFrame(path: string, operation: 'acknowledged' | 'undelivered', { id, report }: { readonly id: string; readonly report: SendReport }): Uint8Array {
  return userFrame({ f: from(path, SYSTEM), o: operation, t: null, i: id }, JSON.stringify(report));
}

/** The client's own message was stored in the channel's history. */
export function storedFrame({ channel, id, position, previous }: Message): Uint8Array {
  return userFrame({ f: from(channel.path, SYSTEM), o: 'stored', t: null, ...(id === undefined ? {} : { i: id }), n: position, q: previous ?? null }, 'null');
}

/** What was missed has been handed over, or cannot be. */
export function recoveredFrame(path: string, { recovered, position = null }: { readonly recovered: boolean; readonly position: string | null | undefined }): Uint8Array {
  return userFrame({ f: from(path, SYSTEM), o: 'recovered', t: null }, JSON.stringify({ recovered, position }));
}

/** A message was refused. */
export function refusedFrame(path: string, code: string, id: string | undefined): Uint8Array {
  return userFrame({ f: from(path, SYSTEM), o: 'refused', t: null, ...(id === undefined ? {} : { i: id }) }, JSON.stringify({ code }));
}

/** The client should go elsewhere. `null`: anywhere else. */
export function goAwayFrame(path: string, host: string | null): Uint8Array {
  return userFrame({ f: from(path, SYSTEM), o: 'go_away', t: null }, JSON.stringify({ host }));
}
