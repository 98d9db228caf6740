import type { JsonObject, JsonValue } from '@xir/kv4-core';
import { lenientInteger } from '@xir/protocol';
import { requireBody, type Service, type ServiceRequest, type TextEvent, type TextEventsAnswer, type ValueAnswer } from '@xir/rest';
import type { SendReport, SlowReceiverPolicy } from '@xir/router';
import { readClientFrame } from '@xir/signalling';

import { messagingError } from './errors.ts';
import { eventLines } from './event-lines.ts';
import type { MessagingLimits } from './options.ts';
import { authenticatePeer, readPeer, type PeerLoginParts, type Proved } from './peer-login.ts';
import type { PeerSession } from './peer-session.ts';
import { refusal } from './publishers.ts';

/** What the service works with. */
export interface PeerServiceParts extends PeerLoginParts {
  readonly limits: MessagingLimits;
  /** Throws where this neuron serves no clients now. */
  readonly requireServing: () => void;
  readonly slowReceiverPolicy: (bucket: string, path: string) => SlowReceiverPolicy;
}

/** `_peer`: being on a channel without a WebSocket, with a token of `_token`: by server-sent events, or by long poll. */
export function peerService(parts: PeerServiceParts): Service {
  return {
    methods: ['GET', 'PUT', 'POST', 'DELETE'],
    authenticate: (request) => authenticatePeer(request, parts),
    async handle(request) {
      const { query, path, headers, context } = request;
      const proved = readPeer(context, { query, path, authorization: headers.authorization }, parts.sessions);
      if (request.method === 'GET') return headers.accept?.includes('text/event-stream') === true ? stream(request, proved, parts) : poll(request, proved, parts);
      if (request.method === 'DELETE') return leave(proved);
      parts.requireServing();
      return send(request, proved, parts.limits);
    },
  };
}

function stream(request: ServiceRequest, proved: Proved, parts: PeerServiceParts): TextEventsAnswer {
  const { headers, query, signal } = request;
  const lastEventId = headers['last-event-id'];
  // Without a position of its own a stream begins now, and is told which that is.
  const since = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : (query.get('since') ?? '');
  const session = open(request, proved, { parts, since });
  // Also where nothing can be told any more.
  signal.addEventListener('abort', () => session.finish('lost'), { once: true });
  return { kind: 'text-events', events: told(session, signal) };
}

async function* told(session: PeerSession, signal: AbortSignal): AsyncGenerator<TextEvent> {
  session.hold();
  try {
    yield { text: eventLines(JSON.stringify({ session: session.id }), { event: 'open' }) };
    while (!signal.aborted) {
      await session.queue.filled(signal);
      for (const { text, position, onWritten } of session.queue.take()) yield { text: eventLines(text, { id: position }), ...(onWritten === undefined ? {} : { onWritten }) };
      if (session.endedBy === undefined || !session.queue.isEmpty) continue;
      yield { text: eventLines(JSON.stringify({ reason: session.endedBy }), { event: 'end' }), isCut: session.endedBy === 'slow-reader' };
      return;
    }
  } finally {
    session.finish('lost');
  }
}

async function poll(request: ServiceRequest, proved: Proved, parts: PeerServiceParts): Promise<ValueAnswer> {
  const { query, signal, context } = request;
  const waitMs = waitOf(query.get('wait'), parts.limits);
  const since = query.get('since');
  const session = proved.session ?? open(request, proved, { parts, ...(since === undefined ? {} : { since }) });
  session.hold();
  const acknowledged = Number(query.get('after')?.split('.')[1] ?? 0);
  session.acknowledge(Number.isSafeInteger(acknowledged) ? acknowledged : 0);
  let { frames, lastNumber } = session.handOut();
  if (frames.length === 0 && session.endedBy === undefined && waitMs > 0) {
    request.wait();
    const patience = new AbortController();
    const timer = context.clock.schedule(waitMs, () => patience.abort());
    await session.queue.filled(AbortSignal.any([signal, patience.signal]));
    timer.cancel();
    if (!signal.aborted) ({ frames, lastNumber } = session.handOut());
  }
  session.release(parts.limits.pollLeaseMs);
  const end = session.endedBy === undefined ? '' : `,"end":${JSON.stringify(session.endedBy)}`;
  const position = frames.findLast((frame) => frame.position !== undefined)?.position;
  return { kind: 'value', text: `{"frames":[${frames.map(({ text }) => text).join(',')}],"after":"${session.id}.${lastNumber}"${position === undefined ? '' : `,"position":${JSON.stringify(position)}`}${end}}` };
}

function open({ context }: ServiceRequest, { bucket, path, user, device }: Proved, { parts, since }: { readonly parts: PeerServiceParts; readonly since?: string }): PeerSession {
  parts.requireServing();
  const place = { bucket, path, user, ...(device === undefined ? {} : { device }), ...(since === undefined ? {} : { since }) };
  return parts.sessions.open({ id: context.randomUuid(), place, policy: parts.slowReceiverPolicy(bucket, path) });
}

function leave({ session }: Proved): ValueAnswer {
  session?.finish('left');
  return { kind: 'value', text: session === undefined ? '0' : '1' };
}

/** Sends frames as a WebSocket would carry them: one, or several in `frames`. */
async function send(request: ServiceRequest, { session }: Proved, { maxBatchMessages, pollLeaseMs }: MessagingLimits): Promise<ValueAnswer> {
  if (session === undefined) throw messagingError('MESSAGING_NO_SESSION', 'the request names no session of this peer on this neuron: connect (again) first');
  const body = requireBody(request);
  const { frames = [body] } = body;
  if (!Array.isArray(frames)) throw messagingError('MESSAGING_BAD_OPTION', 'frames must be an array');
  if (frames.length > maxBatchMessages) throw messagingError('MESSAGING_TOO_MANY_MESSAGES', `a request has at most ${maxBatchMessages} frames`);
  session.touch(pollLeaseMs);
  const results = await Promise.all(frames.map((frame) => sendFrame(session, frame)));
  return { kind: 'value', text: JSON.stringify(results) };
}

async function sendFrame(session: PeerSession, given: JsonValue): Promise<SendReport | JsonObject> {
  const frame = readClientFrame(JSON.stringify(given), session.peer.path);
  try {
    switch (frame.type) {
      case 'message':
        return await new Promise<SendReport>((resolve) => session.send(frame.message, resolve));
      case 'state':
        session.update(frame.state);
        return {};
      case 'ping':
      case 'nothing':
        return {};
      case 'spoofed':
        throw messagingError('MESSAGING_BAD_MESSAGE', 'only the server says that');
      case 'history':
        throw messagingError('MESSAGING_BAD_MESSAGE', 'what a channel keeps is read over HTTP: GET /_messages');
      case 'malformed':
        throw messagingError('MESSAGING_BAD_MESSAGE', 'this is no frame of signalling');
    }
  } catch (error) {
    return refusal(error);
  }
}

function waitOf(text: string | undefined, { maxPollWaitMs }: MessagingLimits): number {
  if (text === undefined || text === '') return maxPollWaitMs;
  const seconds = lenientInteger(text);
  if (seconds === undefined || seconds < 0) throw messagingError('MESSAGING_BAD_OPTION', 'wait must be a whole number of seconds');
  return Math.min(seconds * 1_000, maxPollWaitMs);
}
