import type * as z from 'zod';

import { keptMessageSchema, pollAnswerSchema } from '../schemas/messaging.ts';
import * as frames from '../schemas/signalling-frames.ts';

/** One message of signalling, or of an event stream. */
export interface SignallingMessage {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  /** Who says it: a client over a WebSocket; the neuron to clients over a WebSocket and streams of `_peer` (`frame`); a stream of `_peer`, of `_messages`, or the answer to a poll. */
  readonly place: 'client' | 'frame' | 'peer' | 'listen' | 'poll';
  /** The name of the server-sent event. */
  readonly event?: string;
}

const of = (place: SignallingMessage['place'], name: string, summary: string, schema: z.ZodType): SignallingMessage => ({ place, name, summary, schema });

/** Every message, each once. */
export const SIGNALLING_MESSAGES: readonly SignallingMessage[] = [
  of('client', 'sendFrame', 'Say something to others: any operation that the server does not have for itself', frames.sentMessageSchema),
  of('client', 'stateFrame', 'Say something of oneself', frames.sentStateSchema),
  of('client', 'historyFrame', 'Ask for messages that the channel keeps', frames.askedHistorySchema),
  of('client', 'pingFrame', 'A sign of life that is answered', frames.sentPingSchema),
  of('client', 'heartbeatFrame', 'A sign of life that is not answered; the text `ping`, without quotes, is another', frames.heartbeatSchema),
  of('frame', 'peerConnectedFrame', 'Somebody is there; also the client itself, before `peers`', frames.peerConnectedSchema),
  of('frame', 'peerRemovedFrame', 'Somebody is gone', frames.peerRemovedSchema),
  of('frame', 'peerUpdatedFrame', 'Somebody says something else of itself', frames.peerUpdatedSchema),
  of('frame', 'peersFrame', 'Who is there, once', frames.peersSchema),
  of('frame', 'messageFrame', 'What somebody said', frames.toldMessageSchema),
  of('frame', 'acknowledgedFrame', 'What became of a message that asked for it', frames.acknowledgedSchema),
  of('frame', 'undeliveredFrame', 'A message with an id could not be delivered', frames.undeliveredSchema),
  of('frame', 'refusedFrame', 'A message was refused', frames.refusedSchema),
  of('frame', 'storedFrame', "The client's own message is kept", frames.storedSchema),
  of('frame', 'recoveredFrame', 'Whether all that was missed was told before this', frames.recoveredSchema),
  of('frame', 'keptFrame', 'Messages that the channel keeps, or why there are none', frames.toldHistorySchema),
  of('frame', 'pongFrame', 'The answer to a ping', frames.pongSchema),
  of('frame', 'goElsewhereFrame', 'Connect elsewhere; null: wherever else', frames.goElsewhereSchema),
  { ...of('peer', 'openEvent', 'The stream has begun; requests that send name its session', frames.streamOpenSchema), event: 'open' },
  { ...of('listen', 'listeningEvent', 'All that was missed was told', frames.listeningSchema), event: 'listening' },
  { ...of('listen', 'heardEvent', 'What somebody said on a channel', keptMessageSchema), event: 'message' },
  { ...of('listen', 'missedEvent', 'Something may be missing', frames.missedSchema), event: 'missed' },
  { ...of('listen', 'streamEndEvent', 'The last word of a stream', frames.streamEndSchema), event: 'end' },
  of('poll', 'pollAnswer', 'What was told since the poll before', pollAnswerSchema),
];

const OPERATIONS: Readonly<Record<string, string>> = {
  peer_connected: 'peerConnectedFrame',
  peer_removed: 'peerRemovedFrame',
  peer_updated: 'peerUpdatedFrame',
  peers: 'peersFrame',
  acknowledged: 'acknowledgedFrame',
  undelivered: 'undeliveredFrame',
  refused: 'refusedFrame',
  stored: 'storedFrame',
  recovered: 'recoveredFrame',
  go_away: 'goElsewhereFrame',
};

const EVENTS: Readonly<Record<string, string>> = { open: 'openEvent', listening: 'listeningEvent', message: 'heardEvent', end: 'streamEndEvent', poll: 'pollAnswer' };

/** The name of the message that a payload is, told by a neuron. */
export function toldName(payload: object, event: string | undefined): string {
  if (event !== undefined) return EVENTS[event] ?? 'missedEvent';
  const { t, m } = payload as { readonly t: string; readonly m?: { readonly o: string } };
  if (t === 'history') return 'keptFrame';
  if (t === 'pong') return 'pongFrame';
  return OPERATIONS[m?.o ?? ''] ?? 'messageFrame';
}

/** The name of the message that a payload is, sent by a client. */
export function sentName(payload: unknown): string {
  const { t, m } = payload as { readonly t?: string; readonly m?: { readonly o: string } };
  if (t === undefined) return 'heartbeatFrame';
  if (t !== 'u') return t === 'ping' ? 'pingFrame' : 'historyFrame';
  return m?.o === 'state' ? 'stateFrame' : 'sendFrame';
}
