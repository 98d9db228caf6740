import type { ListeningHistory, MessagingHistory } from '../../messaging/messaging-history.ts';
import { REPLY_TIMEOUT_MS } from '../../messaging/times.ts';
import type { MessagingFacts } from './judge-messaging.ts';

interface Sent {
  readonly message: number;
  readonly order: number;
  readonly atMs: number;
  /** Whose messages on which channel stay in order. */
  readonly line: string;
  readonly isOnce: boolean;
}

/** Messages to others than a user, of peers and publishers, by number. */
function sentTo(history: MessagingHistory): ReadonlyMap<number, Sent> {
  const sent = new Map<number, Sent>();
  for (const { message, order, atMs, connection } of history.sent) sent.set(message, { message, order: sent.get(message)?.order ?? order, atMs, line: `c${connection}`, isOnce: !sent.has(message) });
  for (const { message, order, atMs, process, path } of history.published) sent.set(message, { message, order, atMs, line: `${process} ${path}`, isOnce: true });
  return sent;
}

/** Who listens hears a message once, however often it was sent with its id. */
export function heardOnce({ history }: MessagingFacts): string[] {
  return history.listenings.flatMap(({ number, heard }) => {
    const seen = new Set<number>();
    return heard.flatMap(({ message }) => (seen.has(message) && message >= 0 ? [`l${number} heard ${message} twice`] : (seen.add(message), [])));
  });
}

/** Who listens hears what one connection, or one publisher, sends to a channel in that order. */
export function heardInOrder({ history }: MessagingFacts): string[] {
  const sent = sentTo(history);
  return history.listenings.flatMap(({ number, heard, subtree }) => {
    const last = new Map<string, Sent & { readonly isStored: boolean }>();
    return heard.flatMap(({ message, atMs, position }) => {
      const each = sent.get(message);
      if (each === undefined || !each.isOnce) return [];
      const before = last.get(each.line);
      // Nor does what is stored, for a subtree, wait behind what is not (docs/guarantees.md).
      if (before !== undefined && before.order > each.order && subtree && before.isStored && position === undefined) return [];
      if (before !== undefined && before.order > each.order) return [`l${number} heard ${message} behind ${before.message}, which was sent later`];
      // What waits behind a message that a neuron's feed does not bring waits so long, and no longer.
      if (atMs - each.atMs < REPLY_TIMEOUT_MS) last.set(each.line, { ...each, isStored: position !== undefined });
      return [];
    });
  });
}

/** Who listens hears everything that a channel kept once it was said to hear, or is told that it may have missed something. */
export function heardWhole({ history }: MessagingFacts): string[] {
  const sent = sentTo(history);
  return history.listenings.flatMap((listening) => {
    const { number, heard, missed, process, readyOrder } = listening;
    if (missed > 0 || readyOrder === undefined || history.endedProcesses.has(process)) return [];
    const had = new Set(heard.map(({ message }) => message));
    return keptFor(history, listening).flatMap((message) => {
      const each = sent.get(message);
      return each !== undefined && each.order > readyOrder && !had.has(message) ? [`l${number} never heard ${message}`] : [];
    });
  });
}

function keptFor(history: MessagingHistory, { path, subtree }: ListeningHistory): number[] {
  return [...history.kept].flatMap(([channel, kept]) => (channel === path || (subtree && channel.startsWith(`${path}/`)) ? kept.map(({ message }) => message) : []));
}
