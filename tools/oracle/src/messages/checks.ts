import type { Chain, FollowedMessage, Ghost, MessagesRecord, Session } from './record.ts';

/** Milliseconds around a message for which its sender and a receiver have to be undisturbed for it to be judged. */
const STEADY_MS = 12_000;
/** Milliseconds within which a neuron's peers must be gone from the lists: 5 s, and what a busy machine takes. */
const GONE_WITHIN_MS = 8_000;
/** Milliseconds since the last fault after which nothing of it is left. */
const SETTLED_MS = 3_000;
/** Milliseconds within which a sender is told what became of a message. */
const TOLD_WITHIN_MS = 30_000;
/** Milliseconds within which who was taken off has to be gone. */
const KICKED_WITHIN_MS = 10_000;

/** A check over everything that a run of messages recorded. Pure. */
export interface MessagesCheck {
  readonly name: string;
  readonly promise: string;
  readonly violations: (record: MessagesRecord) => readonly string[];
}

/** Whether a neuron was left alone between two moments. */
function isSteady({ disturbances }: MessagesRecord, { neuron }: Session, fromMs: number, untilMs: number): boolean {
  const name = neuron.slice(0, neuron.indexOf('#'));
  return disturbances.every((each) => !each.ofProcess || each.neuron !== name || each.untilMs + STEADY_MS < fromMs || each.fromMs > untilMs);
}

/** Messages that were reported without a failure, whose sender's neuron was left alone meanwhile. */
function judged(record: MessagesRecord): { readonly message: FollowedMessage; readonly report: NonNullable<FollowedMessage['report']> }[] {
  return [...record.followed.values()].flatMap((message) => {
    const { report, session, sentAtMs } = message;
    if (report === undefined || report.undelivered > 0 || !isSteady(record, session, sentAtMs - STEADY_MS, report.atMs)) return [];
    return [{ message, report }];
  });
}

/** What was stored with an unknown outcome comes when the database shows it; who was gone before that could be said was not told. */
function fifo({ outOfOrder, unknown, sent }: MessagesRecord): string[] {
  return outOfOrder.filter(({ id }) => {
    const first = sent.get(id);
    return !unknown.has(id) && (first === undefined || first.session.endedAtMs > first.atMs + TOLD_WITHIN_MS);
  }).map(({ what }) => what);
}

function acknowledgedDelivered(record: MessagesRecord): string[] {
  return judged(record).flatMap(({ message, report }) => {
    const { id, room, level, sentAtMs, receivedBy } = message;
    const said = level === 'written' ? report.written : report.reached;
    // What reached a neuron while its client was handed what it had missed, and that client was told afterwards that this is not all.
    const told = record.clientsOf(room).filter((client) => !receivedBy.has(client) && record.toldOfMissing(client, message)).length;
    // What was written to a socket that broke, or whose neuron was stopped, did not come to the client.
    const broken = record.sessions.filter((session) => session.endedAtMs > sentAtMs - 1_000 && session.endedAtMs < report.atMs + 5_000 && record.roomOf(session.client) === room).length;
    const shaken = record.sessions.filter((session) => session.endedAtMs > sentAtMs && session.openedAtMs < report.atMs && record.roomOf(session.client) === room && !receivedBy.has(session.client) && !isSteady(record, session, sentAtMs, report.atMs + 5_000)).length;
    return said > receivedBy.size + broken + shaken + told ? [`${id} in ${room} is said to have ${level} ${said}, and came to ${receivedBy.size}; ${broken} connections broke, ${told} were told of a gap`] : [];
  });
}

function nothingLostSilently(record: MessagesRecord): string[] {
  return judged(record).flatMap(({ message, report }) => {
    const { id, room, sender, sentAtMs, receivedBy } = message;
    const stayed = record.sessions.filter(
      (session) => session.client !== sender && record.roomOf(session.client) === room && session.openedAtMs < sentAtMs - STEADY_MS && session.endedAtMs > report.atMs + STEADY_MS && isSteady(record, session, sentAtMs - STEADY_MS, report.atMs + STEADY_MS),
    );
    return stayed
      .filter((session) => !receivedBy.has(session.client) && !record.toldOfMissing(session.client, message))
      .map((session) => `${id} in ${room}, sent at ${Math.round(sentAtMs)} ms and acknowledged at ${Math.round(report.atMs)} ms, never came to client ${session.client} on ${session.neuron}, who stayed from ${Math.round(session.openedAtMs)} to ${Math.round(session.endedAtMs)} ms, and neither it nor the sender was told`);
  });
}

function positionsChain({ chains, positions }: MessagesRecord): string[] {
  const sorted = new Map([...positions].map(([room, told]) => [room, [...told.values()].sort()]));
  return chains.flatMap(({ room, client, from, to, count }: Chain) => {
    const all = sorted.get(room) ?? [];
    const between = firstAbove(all, to) - firstAbove(all, from);
    return between > count ? [`client ${client} in ${room} was handed ${count} messages from ${from} to ${to} as all there are, and others were told of ${between}`] : [];
  });
}

function firstAbove(sorted: readonly string[], position: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function kickedGone({ kicked }: MessagesRecord): string[] {
  return kicked.filter(({ session, answeredAtMs }) => session.endedAtMs > answeredAtMs + KICKED_WITHIN_MS).map(({ session, user }) => `${user} on ${session.neuron} was taken off, and is still connected`);
}

/** Ghosts of processes that were killed while nothing else was wrong. */
export function undisturbedGhosts({ ghosts, disturbances }: MessagesRecord): readonly Ghost[] {
  return ghosts.filter(({ killedAtMs }) => disturbances.filter(({ fromMs, untilMs }) => untilMs > killedAtMs - SETTLED_MS && fromMs < killedAtMs + GONE_WITHIN_MS).length === 1);
}

function deadGoneInTime(record: MessagesRecord): string[] {
  return undisturbedGhosts(record).filter(({ listedForMs }) => listedForMs > GONE_WITHIN_MS).map(({ listedForMs }) => `a peer of a killed neuron was listed for ${Math.round(listedForMs)} ms`);
}

/** Every check, by name. */
export const MESSAGES_CHECKS: readonly MessagesCheck[] = [
  { name: 'presence-true', promise: 'after quiet every neuron lists who is connected, and nobody else', violations: ({ presence }) => presence },
  { name: 'fifo', promise: 'what one connection sends comes in that order', violations: fifo },
  { name: 'delivered-once', promise: 'a connection is handed a message once, however often it is sent with its id', violations: ({ twice }) => twice },
  { name: 'acknowledged-delivered', promise: 'a report counts no more receivers than had the message', violations: acknowledgedDelivered },
  { name: 'nothing-lost-silently', promise: 'a message comes to all who stay, or its sender is told, or where messages are kept they are told of a gap', violations: nothingLostSilently },
  { name: 'positions-chain', promise: 'where a message names the one before it there is none between, over reconnects too', violations: positionsChain },
  { name: 'told-once', promise: 'positions grow, over reconnects too', violations: ({ toldAgain }) => toldAgain },
  { name: 'kicked-gone', promise: 'who is taken off is gone', violations: kickedGone },
  { name: 'dead-gone-in-time', promise: 'the peers of a killed neuron are gone from the lists', violations: deadGoneInTime },
  { name: 'no-incidents', promise: 'no neuron ends by itself or badly', violations: ({ incidents }) => incidents },
];
