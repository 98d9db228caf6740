import type { ConnectionHistory, HandedOver, SentMessage } from '../../messaging/messaging-history.ts';
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
    const last = new Map<number, SentMessage>();
    const found: string[] = [];
    for (const { message } of messagesOf(connection)) {
      const [sent, ...again] = times.get(message) ?? [];
      if (sent === undefined || again.length > 0) continue;
      const before = last.get(sent.connection);
      if (before !== undefined && before.order > sent.order) found.push(`c${connection.number} was handed ${message} behind ${before.message}, which c${sent.connection} sent later`);
      else last.set(sent.connection, sent);
    }
    return found;
  });
}

/** A connection is handed a message once, however often it was sent with its id. */
export function deliveredOnce({ history }: MessagingFacts): string[] {
  return history.connections.flatMap((connection) => {
    const seen = new Set<number>();
    return messagesOf(connection).flatMap(({ message }) => {
      if (!seen.has(message)) {
        seen.add(message);
        return [];
      }
      return [`c${connection.number} was handed ${message} twice`];
    });
  });
}
