/** Somebody who takes part: a client of signalling, or of an event stream, or one that polls. */
export interface Participant {
  readonly name: string;
  readonly over: 'websocket' | 'events' | 'poll';
  /** Path and query; `{token}` is a token of `PUT /_token/kept/room?k=<name>`, where it stands. */
  readonly address: string;
}

/** What somebody is told: a frame, or where `event` is named an event of a stream or the answer to a poll. */
export interface ToldInSignalling {
  readonly to: string;
  readonly event?: 'open' | 'listening' | 'message' | 'end' | 'poll';
  readonly payload: object;
}

/** What one of them does, and what all are told because of it; each in this order. */
export interface SignallingStep {
  readonly name: string;
  readonly summary: string;
  /** Absent: the neuron is told to close. */
  readonly by?: string;
  readonly does: 'connects' | 'sends' | 'leaves' | 'closes';
  readonly sends?: unknown;
  readonly tells: readonly ToldInSignalling[];
}

const CHANNEL = 'kept/room';
const position = '019ac1f2b8000000-n1';
const session = '5f7c1a52-1d0e-4a7e-9d0c-0b4d6f2e8a11';
const sentAtMs = 1764380000000;
const text = { text: 'Hello' };
const mood = { mood: 'good' };

const frame = (operation: string, from: string, content: unknown, more: object = {}) => ({ t: 'u', m: { f: `${CHANNEL}/${from}`, o: operation, t: null, ...more }, p: content });
const byServer = (operation: string, content: unknown, more: object = {}) => frame(operation, '__sys__', content, more);
const to = (name: string, ...payloads: readonly object[]): ToldInSignalling[] => payloads.map((payload) => ({ to: name, payload }));
const report = (reached: number, written = 0) => ({ reached, written, undelivered: [] });

/** Who takes part. */
export const PARTICIPANTS: readonly Participant[] = [
  { name: 'alex', over: 'websocket', address: '/ws/v2/{token}?details=1&device=phone&since=' },
  { name: 'bob', over: 'events', address: '/_peer?token={token}' },
  { name: 'carl', over: 'poll', address: '/_peer?token={token}&wait=0' },
  { name: 'desk', over: 'events', address: `/_messages/${CHANNEL}?watch=1` },
];

/** One channel that keeps its messages, and four who are there. */
export const SIGNALLING_STEPS: readonly SignallingStep[] = [
  {
    name: 'alex-connects',
    summary: 'A client of signalling that wants details, and to go on behind a position: it names none yet',
    by: 'alex',
    does: 'connects',
    tells: to('alex', frame('peer_connected', 'alex', { user: 'alex', state: null }, { d: 'phone' }), byServer('peers', { users: ['alex'], devices: [{ user: 'alex', device: 'phone', state: null }], kept: true }), byServer('recovered', { recovered: true, position: '0' })),
  },
  {
    name: 'bob-connects',
    summary: 'A page that takes server-sent events, and is told what old clients are told',
    by: 'bob',
    does: 'connects',
    tells: [
      { to: 'bob', event: 'open', payload: { session } },
      ...to('bob', frame('peer_connected', 'bob', 'bob'), byServer('peers', { users: ['alex', 'bob'] }), byServer('recovered', { recovered: true, position: '0' })),
      ...to('alex', frame('peer_connected', 'bob', { user: 'bob', state: null }, { d: 'default' })),
    ],
  },
  { name: 'desk-listens', summary: 'A server listens without being there', by: 'desk', does: 'connects', tells: [{ to: 'desk', event: 'listening', payload: { recovered: true, position: '0' } }] },
  {
    name: 'to-all',
    summary: 'A message to all others, which the channel keeps; acknowledged once it is in their queues',
    by: 'alex',
    does: 'sends',
    sends: { t: 'u', m: { o: 'message', i: 'm1', a: 'reached' }, p: text },
    tells: [
      ...to('alex', byServer('stored', null, { i: 'm1', n: position, q: '0' }), byServer('acknowledged', { ...report(2), position }, { i: 'm1' })),
      ...to('bob', frame('message', 'alex', text, { i: 'm1', n: position, q: '0' })),
      { to: 'desk', event: 'message', payload: { path: `/${CHANNEL}`, k: 'alex', device: 'phone', event: 'message', sentAtMs, id: 'm1', position, previous: '0', v: text } },
    ],
  },
  {
    name: 'to-one',
    summary: 'A message to one user, acknowledged once it was written to its connection; it is not kept',
    by: 'alex',
    does: 'sends',
    sends: { t: 'u', m: { o: 'whisper', t: 'bob', i: 'm2', a: 'written' }, p: 1 },
    tells: [...to('alex', byServer('acknowledged', report(1, 1), { i: 'm2' })), ...to('bob', frame('whisper', 'alex', 1, { t: 'bob', i: 'm2' }))],
  },
  {
    name: 'to-nobody',
    summary: 'A message to who is not there',
    by: 'alex',
    does: 'sends',
    sends: { t: 'u', m: { o: 'message', t: 'nobody', i: 'm3' }, p: 1 },
    tells: to('alex', byServer('undelivered', { reached: 0, written: 0, undelivered: [{ reason: 'absent' }] }, { i: 'm3' })),
  },
  {
    name: 'too-long',
    summary: 'A message that is longer than the channel allows',
    by: 'alex',
    does: 'sends',
    sends: { t: 'u', m: { o: 'message', i: 'm4' }, p: 'x'.repeat(100) },
    tells: to('alex', byServer('refused', { code: 'ROUTER_MESSAGE_TOO_LARGE' }, { i: 'm4' })),
  },
  {
    name: 'state',
    summary: 'What a device says of itself',
    by: 'alex',
    does: 'sends',
    sends: { t: 'u', m: { o: 'state', i: 's1' }, p: mood },
    tells: [...to('alex', frame('peer_updated', 'alex', { user: 'alex', state: mood }, { d: 'phone' }), byServer('acknowledged', report(0), { i: 's1' })), ...to('bob', frame('peer_updated', 'alex', { user: 'alex', state: mood }))],
  },
  {
    name: 'history',
    summary: 'The newest messages that the channel keeps',
    by: 'alex',
    does: 'sends',
    sends: { t: 'history', i: 'h1', limit: 10 },
    tells: to('alex', { t: 'history', i: 'h1', more: false, messages: [{ m: { f: `${CHANNEL}/alex`, o: 'message', t: null, d: 'phone', s: sentAtMs, i: 'm1', n: position, q: null }, p: text }] }),
  },
  { name: 'ping', summary: 'A sign of life that is answered', by: 'alex', does: 'sends', sends: { t: 'ping', ts: 1764380000000 }, tells: to('alex', { t: 'pong', ts: 1764380000000 }) },
  { name: 'heartbeat', summary: 'A sign of life that is not', by: 'alex', does: 'sends', sends: {}, tells: [] },
  {
    name: 'carl-polls',
    summary: 'A client that polls',
    by: 'carl',
    does: 'connects',
    tells: [
      { to: 'carl', event: 'poll', payload: { frames: [frame('peer_connected', 'carl', 'carl'), byServer('peers', { users: ['alex', 'bob', 'carl'] })], after: `${session}.2` } },
      ...to('alex', frame('peer_connected', 'carl', { user: 'carl', state: null }, { d: 'default' })),
      ...to('bob', frame('peer_connected', 'carl', 'carl')),
    ],
  },
  { name: 'carl-leaves', summary: 'It leaves, with DELETE', by: 'carl', does: 'leaves', tells: [...to('alex', frame('peer_removed', 'carl', 'carl', { d: 'default' })), ...to('bob', frame('peer_removed', 'carl', 'carl'))] },
  { name: 'bob-leaves', summary: 'A stream that is closed', by: 'bob', does: 'leaves', tells: to('alex', frame('peer_removed', 'bob', 'bob', { d: 'default' })) },
  { name: 'neuron-closes', summary: 'The neuron closes: the client goes elsewhere, if there is another', does: 'closes', tells: [...to('alex', byServer('go_away', { host: null })), { to: 'desk', event: 'end', payload: { reason: 'closed' } }] },
];
