import type { ConnectionHistory, HandedOver, SentMessage } from '../../messaging/messaging-history.ts';
import type { MessagingFacts } from './judge-messaging.ts';

/** A report counts no more receivers than had the message in their queues, or to whom it was written, when it came. */
export function acknowledgedDelivered({ history }: MessagingFacts): string[] {
  const handings = new Map<number, HandedOver[]>();
  for (const { handed } of history.connections) {
    for (const each of handed) if (each.type === 'message') handings.set(each.message, [...(handings.get(each.message) ?? []), each]);
  }
  return history.sent.flatMap(({ message, connection, level, reports }) =>
    reports.flatMap(({ report, order }) => {
      if (level === 'accepted') return [];
      const handed = handings.get(message) ?? [];
      // Sent again, it may have been had as what it was the first time.
      const position = report.position === undefined ? undefined : ([...history.kept.values()].flat().find((each) => each.message === message)?.version ?? report.position);
      const elsewhere = history.connections.filter((each) => isHeld(each, order) || hasHad(each, position)).length;
      // Who listens counts as a receiver whose socket was written at once.
      const heard = history.listenings.filter((listening) => listening.heard.some((each) => each.message === message && each.order < order)).length;
      const had = handed.filter((each) => each.order < order).length + elsewhere + heard;
      const written = heard + handed.filter(({ writtenOrder }) => writtenOrder !== undefined && writtenOrder < order).length + history.connections.filter((each) => hasHad(each, position)).length;
      const found: string[] = [];
      if (report.reached > had) found.push(`${message} of c${connection} is said to have reached ${report.reached}, and ${had} had it`);
      if (level === 'written' && report.written > written) found.push(`${message} of c${connection} is said to be written to ${report.written}, and was to ${written}`);
      return found;
    }),
  );
}

/** Whether a receiver's messages wait, at that moment, for what it missed to be looked up. */
function isHeld({ since, openedOrder, handed, ended }: ConnectionHistory, order: number): boolean {
  if (since === undefined || openedOrder > order || (ended !== undefined && ended.order < openedOrder)) return false;
  const recovered = handed.find(({ type }) => type === 'recovered');
  return recovered === undefined || recovered.order > order;
}

/** Whether a receiver came with that position, or with a later one: it is not handed the message again. */
function hasHad({ since, recovery }: ConnectionHistory, position: string | undefined): boolean {
  return since !== undefined && position !== undefined && recovery?.recovered === true && (position <= since || position <= (recovery.position ?? ''));
}

/** Every message is reported once, and comes to all who were listed and stayed, or is said to be undelivered; unless its sender's process ended. */
export function nothingLostSilently({ history }: MessagingFacts): string[] {
  return history.sent.flatMap((sent) => {
    if (sent.refused !== undefined) return [];
    const sender = history.connections[sent.connection] as ConnectionHistory;
    if (history.endedProcesses.has(sender.process)) return [];
    const name = `${sent.message} (${sent.level}) of c${sent.connection}`;
    if (sent.reports.length !== 1) return [`${name} was reported ${sent.reports.length} times`];
    const isReported = sent.undelivered.length > 0 || sent.reports.some(({ report }) => report.undelivered.length > 0);
    if (isReported || sent.isRepeat) return [];
    return sent.listed.flatMap((number) => {
      const receiver = history.connections[number] as ConnectionHistory;
      if (receiver.ended !== undefined || receiver.handed.some(({ message, type }) => message === sent.message && type !== 'recovered')) return [];
      return hasNoticed(receiver, positionOf(sent, history.kept)) ? [] : [`${name} never came to c${number}, which was listed and stayed, and nobody was told`];
    });
  });
}

function positionOf({ message, reports }: SentMessage, kept: ReadonlyMap<string, readonly { readonly version: string; readonly message: number }[]>): string | undefined {
  const reported = reports.find(({ report }) => report.position !== undefined)?.report.position;
  return reported ?? [...kept.values()].flat().find((each) => each.message === message)?.version;
}

/**
 * Whether a receiver was told by what came next that something before it is missing, or that its channel stood there already when it came. Who does not ask is told from some
 * moment on, and not from which.
 */
function hasNoticed({ handed, since, recovery }: ConnectionHistory, position: string | undefined): boolean {
  if (position === undefined) return false;
  if (recovery?.position !== undefined && position <= recovery.position) return true;
  if (since === undefined && !handed.some((each) => each.position !== undefined && each.position < position)) return true;
  const next = handed.find((each) => each.position !== undefined && each.position > position);
  return next !== undefined && next.type !== 'recovered' && (next.previous === undefined || next.previous >= position);
}
