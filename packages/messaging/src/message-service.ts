import { normalisePath, type JsonObject, type JsonValue } from '@xir/kv4-core';
import { isTruthy, lenientInteger } from '@xir/protocol';
import { bucketScope, requireBody, type Service, type ServiceRequest, type TextEventsAnswer, type ValueAnswer } from '@xir/rest';
import { MAX_HISTORY_LIMIT, type Message, type Router, type SlowReceiverPolicy } from '@xir/router';

import { messagingError } from './errors.ts';
import { listenEvents } from './listen-events.ts';
import { messageText } from './message-text.ts';
import type { MessagingLimits } from './options.ts';
import { Publishers, refusal, type SenderName } from './publishers.ts';
import { readMessage } from './publish-request.ts';

/** What the service works with. */
export interface MessageServiceParts {
  readonly router: Router;
  readonly limits: MessagingLimits;
  readonly slowReceiverPolicy: (bucket: string, path: string) => SlowReceiverPolicy;
  /** Throws where this neuron serves no clients now. */
  readonly requireServing: () => void;
  /** Ends those who listen, once the neuron is away. */
  readonly away: () => AbortSignal;
  readonly onCut: () => void;
  readonly onDropped: (policy: SlowReceiverPolicy) => void;
}

/** `_messages`: publish to channels, read what they keep, listen to them; for applications on servers, with an account's login. */
export function messageService(parts: MessageServiceParts): Service {
  const publishers = new Publishers(parts.router, parts.limits.maxPublishers);
  return {
    methods: ['GET', 'PUT', 'POST'],
    async handle(request) {
      const { bucket } = await bucketScope(request);
      if (request.method !== 'GET') {
        parts.requireServing();
        return publish(request, bucket, { publishers, limits: parts.limits });
      }
      const { query, headers } = request;
      return isTruthy(query.get('watch')) || headers.accept === 'text/event-stream' ? listen(request, bucket, parts) : history(request, bucket, parts.router);
    },
  };
}

interface PublishParts {
  readonly publishers: Publishers;
  readonly limits: MessagingLimits;
}

async function publish(request: ServiceRequest, bucket: string, { publishers, limits }: PublishParts): Promise<ValueAnswer> {
  const body = requireBody(request);
  const { messages, paths } = body;
  const items = messages === undefined && paths === undefined ? undefined : itemsOf(body, limits.maxBatchMessages);
  const nameOf = (given: JsonObject): SenderName => senderName(given, { bucket, author: request.login.author });
  if (items === undefined) return { kind: 'value', text: JSON.stringify(await publishers.publish(nameOf(body), request.path, readMessage(body, request.path))) };
  // Each is sent before the next is looked at.
  const results = items.map(async (item) => {
    try {
      const path = pathOf(item, request.path);
      return await publishers.publish(nameOf(item), path, readMessage(item, path));
    } catch (error) {
      return refusal(error);
    }
  });
  return { kind: 'value', text: JSON.stringify(await Promise.all(results)) };
}

/** The messages of a batch, or one message to several channels. */
function itemsOf({ messages, paths, ...message }: JsonObject, maxMessages: number): JsonObject[] {
  if (messages !== undefined && paths !== undefined) throw messagingError('MESSAGING_BAD_OPTION', 'messages and paths exclude one another');
  const given: JsonValue = messages ?? paths ?? null;
  if (!Array.isArray(given)) throw messagingError('MESSAGING_BAD_OPTION', 'messages and paths must be arrays');
  if (given.length > maxMessages) throw messagingError('MESSAGING_TOO_MANY_MESSAGES', `a request has at most ${maxMessages} messages`);
  return given.map((item) => {
    if (messages === undefined) return { ...message, path: item };
    // What is no object is refused as a message of its own.
    return typeof item === 'object' && item !== null && !Array.isArray(item) ? item : {};
  });
}

function pathOf({ path }: JsonObject, base: string): string {
  if (path === undefined || path === null) return base;
  if (typeof path !== 'string') throw messagingError('MESSAGING_BAD_OPTION', 'path must be a text');
  try {
    return normalisePath(`${base}/${path}`);
  } catch {
    throw messagingError('MESSAGING_BAD_OPTION', 'no such path is possible');
  }
}

function senderName({ k, from }: JsonObject, { bucket, author }: { readonly bucket: string; readonly author: string }): SenderName {
  if (k !== undefined && k !== null && typeof k !== 'string') throw messagingError('MESSAGING_BAD_OPTION', 'k must be a text: who the message is from');
  if (from !== undefined && from !== null && typeof from !== 'string') throw messagingError('MESSAGING_BAD_OPTION', 'from must be a text: the device that the message is from');
  return { bucket, user: typeof k === 'string' && k !== '' ? k : author, ...(typeof from === 'string' ? { device: from } : {}) };
}

async function history({ query, path }: ServiceRequest, bucket: string, router: Router): Promise<ValueAnswer> {
  const since = query.get('since');
  const limit = query.get('limit');
  const most = limit === undefined ? undefined : lenientInteger(limit);
  if (limit !== undefined && (most === undefined || most < 1 || most > MAX_HISTORY_LIMIT)) throw messagingError('MESSAGING_BAD_OPTION', `limit must be a whole number from 1 to ${MAX_HISTORY_LIMIT}`);
  const page = await router.history({ bucket, path }, { ...(since === undefined || since === '' ? {} : { since }), ...(most === undefined ? {} : { limit: most }) });
  if (page === undefined) throw messagingError('MESSAGING_NO_HISTORY', 'the channel keeps no messages');
  const { messages, isContinuous, hasMore } = page;
  const position = messages.at(-1)?.position ?? (isContinuous ? (since ?? null) : null);
  return { kind: 'value', text: `{"messages":[${messages.map((message: Message) => messageText(message)).join(',')}],"position":${JSON.stringify(position)},"continuous":${isContinuous},"more":${hasMore}}` };
}

function listen({ query, headers, path, signal }: ServiceRequest, bucket: string, { router, limits, slowReceiverPolicy, requireServing, away, onCut, onDropped }: MessageServiceParts): TextEventsAnswer {
  requireServing();
  const lastEventId = headers['last-event-id'];
  const since = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : query.get('since');
  const events = listenEvents(router, { bucket, path, subtree: isTruthy(query.get('subtree')), since: since ?? '' }, { signal, away: away(), maxBytes: limits.maxQueuedBytes, policy: slowReceiverPolicy(bucket, path), onCut, onDropped });
  return { kind: 'text-events', events };
}
