import { versionTimeMs } from '@xir/kv4-core';
import { DEFAULT_ID_WINDOW_MS } from '@xir/router';
import type { ConnectionHistory, HandedOver, MessagingHistory, SentMessage } from '../../messaging/messaging-history.ts';
import { REPLY_TIMEOUT_MS } from '../../messaging/times.ts';
import type { MessagingFacts } from './judge-messaging.ts';

function messagesOf({ handed }: ConnectionHistory): readonly HandedOver[] {
  return handed.filter(({ type, message }) => type === 'message' && message >= 0);
}

/** What one connection sends comes to each receiver in the order in which it was sent. */
export function fifo({ history }: MessagingFacts): string[] {
  // Of what was sent more than once nobody can say which time it was that came.
  const times = new Map<number, SentMessage[]>();
  for (const sent of history.sent) times.set(sent.message, [...(times.get(sent.message) ?? []), sent]);
  return history.connections.flatMap((connection) => {
    const last = new Map<number, Came>();
    const found: string[] = [];
    for (const handed of messagesOf(connection)) {
      const [sent, ...again] = times.get(handed.message) ?? [];
      if (sent === undefined || again.length > 0 || isOfUnknownFate(sent)) continue;
      const before = last.get(sent.connection);
      if (before === undefined || before.sent.order < sent.order) {
        // What waits behind a message that a neuron's feed does not bring waits so long, and no longer.
        if (handed.atMs - sent.atMs < REPLY_TIMEOUT_MS) last.set(sent.connection, { sent, handed });
      } else if (!isGranted(connection, { sent, handed }, before)) found.push(`c${connection.number} was handed ${handed.message} behind ${before.handed.message}, which c${sent.connection} sent later`);
    }
    return found;
  });
}

/** Its sender was told that nobody knows what becomes of it: what was sent since does not wait for it (docs/guarantees.md). */
function isOfUnknownFate({ reports, undelivered }: SentMessage): boolean {
  return [...reports, ...undelivered].some(({ report }) => report.undelivered.some(({ reason }) => reason === 'unknown'));
}

interface Came {
  readonly sent: SentMessage;
  readonly handed: HandedOver;
}

/** A message to a user may come behind a later one to others that is not stored, where the sender's neuron did not know where the user was, and noticed only then (docs/guarantees.md). */
function isGranted({ number }: ConnectionHistory, { sent, handed }: Came, { handed: before }: Came): boolean {
  return handed.position === undefined && before.position === undefined && sent.target.type === 'user' && !sent.listed.includes(number);
}

/** A connection is handed a message once, however often it was sent with its id. */
export function deliveredOnce({ history }: MessagingFacts): string[] {
  return history.connections.flatMap((connection) => {
    const seen = new Map<number, HandedOver>();
    return messagesOf(connection).flatMap((handed) => {
      const first = seen.get(handed.message);
      if (first === undefined) {
        seen.set(handed.message, handed);
        return [];
      }
      return isForgotten(history, connection, [first, handed]) ? [] : [`c${connection.number} was handed ${handed.message} twice`];
    });
  });
}

/** A neuron whose own clock was set far ahead, and which begins to follow the channel after that, takes what was stored before by another clock for long ago (docs/guarantees.md). */
function isForgotten({ connections, clocksAhead }: MessagingHistory, { neuron, process, path }: ConnectionHistory, [first, second]: readonly [HandedOver, HandedOver]): boolean {
  const setAtMs = clocksAhead.get(neuron);
  if (setAtMs === undefined || first.position === undefined || second.position === undefined) return false;
  if (versionTimeMs(second.position) - versionTimeMs(first.position) <= DEFAULT_ID_WINDOW_MS) return false;
  return !connections.some((each) => each.process === process && each.path === path && each.openedAtMs <= setAtMs && (each.ended === undefined || each.ended.order > first.order));
}
