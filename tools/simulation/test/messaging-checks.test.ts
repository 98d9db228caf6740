import type { SendReport, Target } from '@xir/router';
import { describe, expect, it } from 'vitest';
import { MESSAGING_CHECKS } from '../src/checks/messaging/judge-messaging.ts';
import { MessagingHistory, type ConnectionHistory, type HandedOver, type ListedPresence, type SentMessage, type TidyHistory } from '../src/messaging/messaging-history.ts';
import { REPLY_TIMEOUT_MS } from '../src/messaging/times.ts';

const LIFE = { neuron: 'n1', incarnation: '1' };

const VERSION = (atMs: number) => `${atMs.toString(16).padStart(12, '0')}0000-n1`;
/** On another neuron, where nobody was before. */
const LATER = { neuron: 'n2', process: 'n2.1', openedAtMs: 2 };

/** A small history of messages, made by hand: connection 0 sends, on a channel that keeps its messages; a number is an order and a time at once. */
class Story {
  readonly history = new MessagingHistory();
  readonly faults = new Map<string, number>();

  constructor() {
    this.joins('ann').joins('bob');
  }

  joins(user: string, more: Partial<ConnectionHistory> = {}): this {
    const { connections } = this.history;
    connections.push({ number: connections.length, user, device: 'd', path: '/log', neuron: 'n1', process: 'n1.1', since: undefined, openedOrder: 0, openedAtMs: 0, joinedAtMs: 0, handed: [], recovery: undefined, state: undefined, told: new Map(), ended: undefined, ...more });
    return this;
  }

  ends(connection: number, order: number): this {
    Object.assign(this.history.connections[connection] as ConnectionHistory, { ended: { order, atMs: order, by: 'left' } });
    return this;
  }

  /** Connection 0 sends, at that time, to who is listed: connection 1 unless said otherwise. */
  sends(message: number, at: number, more: Partial<SentMessage> = {}): this {
    this.history.sent.push({ message, connection: 0, order: at, atMs: at, target: { type: 'channel' } satisfies Target, level: 'reached', id: undefined, isRepeat: false, listed: [1], refused: undefined, reports: [], undelivered: [], ...more });
    return this;
  }

  reported(at: number, report: Partial<SendReport> = {}): this {
    this.history.sent.at(-1)?.reports.push({ report: { reached: 0, written: 0, undelivered: [], ...report }, order: at });
    return this;
  }

  /** A connection is handed a message, and it is written at once. */
  hands(message: number, at: number, more: Partial<HandedOver> & { readonly to?: number } = {}): this {
    const { to = 1, ...rest } = more;
    this.history.connections[to]?.handed.push({ type: 'message', order: at, atMs: at, message, position: undefined, previous: undefined, writtenOrder: at, ...rest });
    return this;
  }

  /** A connection learns what became of what it missed. */
  recovers(recovered: boolean, position: string, at: number): this {
    const connection = this.history.connections[1] as ConnectionHistory;
    connection.recovery = { recovered, position };
    connection.handed.push({ type: 'recovered', order: at, atMs: at, message: -1, position, previous: undefined, recovery: { recovered, position }, writtenOrder: at });
    return this;
  }

  /** The clock of the second neuron's host was set far ahead; the first's too. */
  setsAhead(atMs: number): this {
    for (const neuron of ['n1', 'n2']) this.history.clocksAhead.set(neuron, atMs);
    return this;
  }

  /** The channel keeps messages at these positions. */
  keeps(...positions: string[]): this {
    this.history.kept.set('/log', positions.map((version, message) => ({ version, message, sender: 'ann d', id: undefined })));
    return this;
  }

  listed(more: Partial<ListedPresence>): this {
    this.history.presence.push({ neuron: 'n1', path: '/log', listed: ['ann d at n1', 'bob d at n1'], connected: ['ann d at n1', 'bob d at n1'], users: 2, devices: 2, ...more });
    return this;
  }

  told(connection: number, ...names: string[]): this {
    for (const name of names) this.history.connections[connection]?.told.set(name, undefined);
    return this;
  }

  kicked(report: Partial<SendReport> | undefined, at: number): this {
    const complete = report === undefined ? undefined : { reached: 1, written: 0, undelivered: [], ...report };
    this.history.kicks.push({ kick: { bucket: 'b', path: '/log', subtree: false, user: 'bob' }, order: 1, listed: [1], report: complete, reportedOrder: report === undefined ? undefined : at });
    return this;
  }

  tidied(janitor: string, fromMs: number, untilMs: number | undefined, more: Partial<TidyHistory> = {}): this {
    this.history.tidied.push({ janitor, dead: LIFE, fromMs, untilMs, ...more });
    return this;
  }

  /** A process was killed, and this is still listed of it when that has to be over. */
  dies(...ghosts: string[]): this {
    this.history.deaths.push({ process: 'n1.1', atMs: 10, ghosts });
    return this;
  }

  servesStale(forMs: number): this {
    this.history.staleServices.push({ process: 'n1.1', life: LIFE, forMs });
    return this;
  }

  /** Somebody listens to the channel, was said to hear at that time, and hears these messages one after the other. */
  listens(readyOrder: number | undefined, messages: readonly number[], { missed = 0, subtree = false, stored = -1 }: { readonly missed?: number; readonly subtree?: boolean; readonly stored?: number } = {}): this {
    const heard = messages.map((message, index) => ({ message, order: 10 + index, atMs: 10 + index, position: message === stored ? '2' : undefined }));
    this.history.listenings.push({ number: 0, path: '/log', subtree, process: 'n1.1', heard, missed, readyOrder });
    return this;
  }

  fault(kind: string): this {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    return this;
  }
}

/** Who comes back with a position to a channel that keeps three messages. */
const back = (since: string): Story => {
  const story = new Story().keeps('1', '2', '3');
  Object.assign(story.history.connections[1] as ConnectionHistory, { since });
  return story;
};

const undelivered = { undelivered: [{ reason: 'unreachable' as const }] };

/** Stories of a check: those it has to complain of, and those that it must not. */
const BITES: Readonly<Record<string, { readonly violated: Readonly<Record<string, () => Story>>; readonly kept: Readonly<Record<string, () => Story>> }>> = {
  'presence-true': {
    violated: {
      'somebody is listed who is gone': () => new Story().listed({ connected: ['ann d at n1'], devices: 2 }),
      'somebody is missing': () => new Story().listed({ listed: ['ann d at n1'] }),
      'somebody is listed elsewhere': () => new Story().listed({ listed: ['ann d at n1', 'bob d at n2'] }),
      'devices are counted wrong': () => new Story().listed({ devices: 3 }),
      'users are counted wrong': () => new Story().listed({ users: 1 }),
    },
    kept: { 'who is connected is listed and counted': () => new Story().listed({}), 'a user has two devices': () => new Story().listed({ listed: ['ann d at n1', 'ann e at n1'], connected: ['ann d at n1', 'ann e at n1'], users: 1 }) },
  },
  'presence-told': {
    violated: {
      'a connection was not told who came': () => new Story().told(0, 'bob d'),
      'a connection was not told who left': () => new Story().ends(1, 5).told(0, 'bob d'),
      'a connection was not told what another says of itself': () => new Story().told(0, 'bob d').told(1, 'ann d').joins('cyd', { path: '/room' }).joins('dan', { path: '/room', state: '1' }).told(2, 'dan d').told(3, 'cyd d'),
    },
    kept: { 'all are told of one another': () => new Story().told(0, 'bob d').told(1, 'ann d'), 'who left was told nothing': () => new Story().ends(1, 5) },
  },
  'kicked-gone': {
    violated: {
      'who was taken off is still there': () => new Story().kicked({}, 10),
      'who was taken off went later': () => new Story().kicked({}, 10).ends(1, 11),
    },
    kept: {
      'who was taken off is gone': () => new Story().kicked({}, 10).ends(1, 9),
      'it is said that it could not be done': () => new Story().kicked(undelivered, 10),
      'it is not said yet': () => new Story().kicked(undefined, 10),
    },
  },
  'fifo': {
    violated: {
      'a message comes behind a later one': () => new Story().sends(1, 1).sends(2, 2).hands(2, 3).hands(1, 4),
      'one to a user whose place was known comes behind a later one': () => new Story().sends(1, 1, { target: { type: 'user', user: 'bob' } }).sends(2, 2).hands(2, 3).hands(1, 4),
      'one to a user comes behind a later one that is stored': () => new Story().sends(1, 1, { target: { type: 'user', user: 'bob' }, listed: [] }).sends(2, 2).hands(2, 3, { position: '1' }).hands(1, 4),
      'the receiver came back, and had missed the later one': () => back('1').sends(1, 1, { target: { type: 'user', user: 'bob' } }).sends(2, 2).hands(2, 3, { position: '2' }).hands(1, 4).recovers(true, '2', 5),
    },
    kept: {
      'messages come in order': () => new Story().sends(1, 1).sends(2, 2).hands(1, 3).hands(2, 4),
      'they come to different receivers': () => new Story().joins('cyd').sends(1, 1).sends(2, 2).hands(2, 3).hands(1, 4, { to: 2 }),
      'they are of different connections': () => new Story().sends(1, 1).sends(2, 2, { connection: 1 }).hands(2, 3).hands(1, 4),
      'one was sent again': () => new Story().sends(1, 1).sends(2, 2).sends(1, 3, { isRepeat: true }).hands(2, 4).hands(1, 5),
      'the user was elsewhere, and was found': () => new Story().sends(1, 1, { target: { type: 'user', user: 'bob' }, listed: [] }).sends(2, 2).hands(2, 3).hands(1, 4),
      'what it waited for did not come in time': () => new Story().sends(1, 1).sends(2, 2).hands(2, 2 + REPLY_TIMEOUT_MS).hands(1, 3 + REPLY_TIMEOUT_MS),
    },
  },
  'delivered-once': {
    violated: {
      'a message comes twice': () => new Story().sends(1, 1).hands(1, 2).hands(1, 3),
      'it comes twice at positions that are near': () => new Story().setsAhead(1).joins('cyd', LATER).sends(1, 2).hands(1, 3, { to: 2, position: VERSION(1) }).hands(1, 4, { to: 2, position: VERSION(100_000) }),
      'it comes twice though its neuron followed the channel when its clock was set ahead': () => new Story().setsAhead(1).sends(1, 2).hands(1, 3, { position: VERSION(1) }).hands(1, 4, { position: VERSION(300_000) }),
      'it comes twice on a neuron whose clock is right': () => new Story().joins('cyd', LATER).sends(1, 2).hands(1, 3, { to: 2, position: VERSION(1) }).hands(1, 4, { to: 2, position: VERSION(300_000) }),
    },
    kept: {
      'it comes again to who came when the clock of the neuron had been set ahead': () => new Story().setsAhead(1).joins('cyd', LATER).sends(1, 2).hands(1, 3, { to: 2, position: VERSION(1) }).hands(1, 4, { to: 2, position: VERSION(300_000) }),
      'a message comes to two': () => new Story().sends(1, 1).hands(1, 2).hands(1, 3, { to: 0 }), 'last wills are no messages of ours': () => new Story().hands(-1, 2).hands(-1, 3) },
  },
  'acknowledged-delivered': {
    violated: {
      'nobody had it': () => new Story().sends(1, 1).reported(5, { reached: 1 }),
      'it came later than it was said to': () => new Story().sends(1, 1).reported(5, { reached: 1 }).hands(1, 6),
      'it was not written when it was said to be': () => new Story().sends(1, 1, { level: 'written' }).hands(1, 2, { writtenOrder: 6 }).reported(5, { reached: 1, written: 1 }),
      'fewer had it': () => new Story().sends(1, 1).hands(1, 2).reported(5, { reached: 2 }),
    },
    kept: {
      'it came before': () => new Story().sends(1, 1).hands(1, 2).reported(5, { reached: 1 }),
      'it was written before': () => new Story().sends(1, 1, { level: 'written' }).hands(1, 2).reported(5, { reached: 1, written: 1 }),
      'it waits until what was missed is looked up': () => back('1').sends(1, 1).reported(5, { reached: 1 }).recovers(true, '3', 6),
      'its receiver had it when it came': () => back('2').recovers(true, '3', 1).sends(1, 1).reported(5, { reached: 1, position: '2' }),
    },
  },
  'nothing-lost-silently': {
    violated: {
      'nothing was reported': () => new Story().sends(1, 1).hands(1, 2),
      'it was reported twice': () => new Story().sends(1, 1).hands(1, 2).reported(3).reported(4),
      'it never came to who was listed': () => new Story().sends(1, 1).reported(3),
      'a stored one never came, and what came next named it': () => back('').sends(1, 1).reported(3, { position: '2' }).hands(3, 4, { position: '3', previous: '1' }),
    },
    kept: {
      'it came': () => new Story().sends(1, 1).hands(1, 2).reported(3),
      'it was reported as undelivered': () => new Story().sends(1, 1).reported(3, undelivered),
      'it was refused': () => new Story().sends(1, 1, { refused: 'ROUTER_RATE_LIMITED' }),
      'its receiver went': () => new Story().sends(1, 1).reported(3).ends(1, 4),
      'the process of its sender ended': () => {
        const story = new Story().sends(1, 1);
        story.history.endedProcesses.add('n1.1');
        return story;
      },
      'it was sent again, and came before its receiver': () => new Story().sends(1, 1, { isRepeat: true }).reported(3),
      'what came next said that something is missing': () => back('').sends(1, 1).reported(3, { position: '2' }).hands(3, 4, { position: '3', previous: '2' }),
      'the channel stood there when its receiver came': () => back('').recovers(true, '3', 2).sends(1, 1).reported(3, { position: '2' }),
    },
  },
  'recovered-whole': {
    violated: {
      'one is missing': () => back('1').hands(2, 1, { position: '3', previous: '1' }).recovers(true, '3', 2),
      'one comes that was known': () => back('1').hands(0, 1, { position: '1' }).hands(1, 2, { position: '2' }).hands(2, 3, { position: '3' }).recovers(true, '3', 4),
      'one comes behind a later one': () => back('1').hands(1, 1, { position: '2' }).hands(2, 2, { position: '3' }).recovers(true, '3', 3).hands(1, 4, { position: '2' }),
    },
    kept: {
      'all come': () => back('1').hands(1, 1, { position: '2' }).hands(2, 2, { position: '3' }).recovers(true, '3', 3),
      'it is said that something may be missing': () => back('1').recovers(false, '3', 3),
      'there is nothing new': () => back('3').recovers(true, '3', 3),
      'it is ahead of its neuron': () => back('3').recovers(true, '2', 3),
    },
  },
  'positions-chain': {
    violated: {
      'one between is missing, and the next does not say so': () => back('1').hands(2, 1, { position: '3', previous: '1' }),
      'a position comes behind a later one': () => back('').hands(2, 1, { position: '3' }).hands(1, 2, { position: '2' }),
      'the last never comes': () => back('1').hands(1, 1, { position: '2', previous: '1' }),
    },
    kept: {
      'all come': () => back('1').hands(1, 1, { position: '2', previous: '1' }).hands(2, 2, { position: '3', previous: '2' }),
      'what comes next says that something is missing': () => back('1').hands(2, 1, { position: '3', previous: '2' }),
      'its connection ended': () => back('1').hands(1, 1, { position: '2', previous: '1' }).ends(1, 2),
      'the last was dropped of what it read too slowly': () => back('1').hands(1, 1, { position: '2', previous: '1' }).hands(2, 2, { position: '3', previous: '2', writtenOrder: undefined as never }),
      'it begins anew': () => back('3').recovers(false, '2', 1).hands(2, 2, { position: '3' }),
    },
  },
  'dead-gone-in-time': {
    violated: { 'somebody is listed of a process that was killed': () => new Story().dies('n2.1 lists bob d of /log') },
    kept: { 'nobody is': () => new Story().dies() },
  },
  'woken-in-new-life': {
    violated: { 'a neuron serves on in a life that is over': () => new Story().servesStale(4_001) },
    kept: { 'it notices in time': () => new Story().servesStale(4_000), 'it cannot notice': () => new Story().servesStale(9_000).fault('half-open') },
  },
  'heard-once': {
    violated: { 'a message is heard twice': () => new Story().sends(1, 1).listens(0, [1, 1]) },
    kept: { 'two are heard': () => new Story().sends(1, 1).sends(2, 2).listens(0, [1, 2]), 'last wills are no messages of ours': () => new Story().listens(0, [-1, -1]) },
  },
  'heard-in-order': {
    violated: {
      'a message is heard behind a later one': () => new Story().sends(1, 1).sends(2, 2).listens(0, [2, 1]),
      'one that is not stored is heard behind a later one that is, on the channel': () => new Story().sends(1, 1).sends(2, 2).listens(0, [2, 1], { stored: 2 }),
      'one that is stored is heard behind a later one that is not, in a subtree': () => new Story().sends(1, 1).sends(2, 2).listens(0, [2, 1], { stored: 1, subtree: true }),
    },
    kept: {
      'one that is not stored is heard behind a later one that is, in a subtree': () => new Story().sends(1, 1).sends(2, 2).listens(0, [2, 1], { stored: 2, subtree: true }),
      'messages are heard in order': () => new Story().sends(1, 1).sends(2, 2).listens(0, [1, 2]),
      'one was sent again': () => new Story().sends(1, 1).sends(2, 2).sends(1, 3, { isRepeat: true }).listens(0, [2, 1]),
      'they are of different connections': () => new Story().sends(1, 1).sends(2, 2, { connection: 1 }).listens(0, [2, 1]),
    },
  },
  'heard-whole': {
    violated: { 'one that is kept is never heard': () => new Story().sends(0, 5).sends(1, 6).keeps('1', '2').listens(1, [0]) },
    kept: {
      'all are heard': () => new Story().sends(0, 5).sends(1, 6).keeps('1', '2').listens(1, [0, 1]),
      'it was sent before it was said to hear': () => new Story().sends(0, 5).keeps('1').listens(6, []),
      'it is not said to hear yet': () => new Story().sends(0, 5).keeps('1').listens(undefined, []),
      'it is told that it may have missed something': () => new Story().sends(0, 5).keeps('1').listens(1, [], { missed: 1 }),
    },
  },
  'one-janitor': {
    violated: { 'two clean up at a time': () => new Story().tidied('n2.1', 10, undefined).tidied('n3.1', 15, 25), 'one does so behind the other': () => new Story().tidied('n2.1', 10, 20).tidied('n3.1', 25, 30) },
    kept: {
      'the same tries again': () => new Story().tidied('n2.1', 10, undefined).tidied('n2.1', 25, 30),
      'they clean up behind different lives': () => new Story().tidied('n2.1', 10, 20).tidied('n3.1', 15, 25, { dead: { ...LIFE, incarnation: '2' } }),
      'it left in good order, and cleans up behind itself': () => new Story().tidied('n1.1', 10, 20).tidied('n3.1', 15, 25),
      'one of them was taken for dead': () => new Story().tidied('n2.1', 10, 20).tidied('n3.1', 15, 25).fault('neuron-frozen'),
    },
  },
};

const complaints = (check: string, { history, faults }: Story): readonly string[] => MESSAGING_CHECKS[check]?.({ history, faults }) ?? [];

describe('a check of messages', () => {
  it('has a story here that it complains of, each of them', () => {
    expect(Object.keys(BITES).sort()).toEqual(Object.keys(MESSAGING_CHECKS).sort());
  });

  for (const [check, { violated, kept }] of Object.entries(BITES)) {
    it.each(Object.keys(violated))(`${check} complains: %s`, (name) => {
      expect(complaints(check, violated[name]?.() as Story)).not.toEqual([]);
    });
    it.each(Object.keys(kept))(`${check} does not complain: %s`, (name) => {
      expect(complaints(check, kept[name]?.() as Story)).toEqual([]);
    });
  }
});
