import { describe, expect, it } from 'vitest';

import { ChatReader } from '../src/messages/chat-reader.ts';
import { MESSAGES_CHECKS } from '../src/messages/checks.ts';
import { MessagesRecord, type FollowedMessage, type Session } from '../src/messages/record.ts';

const ROOM = { path: '/kept/r', keeps: true };
const LONG_MS = 100_000;

/** A small run, made by hand: client 0 writes, the others read, all connected for a long time. */
class Story {
  readonly record = new MessagesRecord();
  readonly readers: ChatReader[] = [];

  constructor(clients = 3) {
    for (let client = 0; client < clients; client += 1) {
      const session: Session = { client, neuron: 'n0#1', openedAtMs: 0, endedAtMs: 2 * LONG_MS, closeCode: undefined };
      this.record.place(client, ROOM.path);
      this.record.sessions.push(session);
      const reader = new ChatReader(client, ROOM, this.record);
      reader.begin(session);
      this.readers.push(reader);
    }
  }

  /** A client is told of a message of client 0. */
  told(client: number, number: number, position?: string, previous?: string): this {
    const meta = { o: 'say', f: 'kept/r/u0', i: `0.${number}`, ...(position === undefined ? {} : { n: position, q: previous ?? null }) };
    this.readers[client]?.take(JSON.stringify({ t: 'u', m: meta, p: { c: 0, s: 1, n: number } }));
    return this;
  }

  /** A client is told that a message of its own was not delivered. */
  undelivered(client: number, number: number, reason: string): this {
    this.readers[client]?.take(JSON.stringify({ t: 'u', m: { o: 'undelivered', f: 'kept/r/__sys__', i: `${client}.${number}` }, p: { reached: 0, written: 0, undelivered: [{ reason }] } }));
    return this;
  }

  recovered(client: number, recovered: boolean, position: string | null): this {
    this.readers[client]?.take(JSON.stringify({ t: 'u', m: { o: 'recovered', f: 'kept/r/__sys__' }, p: { recovered, position } }));
    return this;
  }

  /** Client 0 sent a message whose fate is followed, and was told that it reached so many. */
  sent(reached: number, ...receivers: number[]): this {
    const [session] = this.record.sessions as [Session, ...Session[]];
    const message: FollowedMessage = { id: '0.1', room: ROOM.path, sender: 0, session, level: 'reached', sentAtMs: LONG_MS, report: { atMs: LONG_MS + 10, reached, written: 0, undelivered: 0 }, receivedBy: new Map() };
    for (const client of receivers) message.receivedBy.set(client, this.record.sessions[client] as Session);
    this.record.followed.set(message.id, message);
    return this;
  }

  /** A neuron's process stood still, or ended. */
  disturbed(fromMs: number, untilMs: number): this {
    this.record.disturbances.push({ neuron: 'n0', ofProcess: true, fromMs, untilMs });
    return this;
  }

  withPresence(what: string): this {
    this.record.presence = [what];
    return this;
  }

  withIncident(what: string): this {
    this.record.incident(what);
    return this;
  }

  found(): readonly string[] {
    for (const reader of this.readers) reader.close();
    return MESSAGES_CHECKS.filter((check) => check.violations(this.record).length > 0).map(({ name }) => name);
  }
}

const kicked = (endedAtMs: number): Story => {
  const story = new Story();
  const [session] = story.record.sessions as [Session, ...Session[]];
  session.endedAtMs = endedAtMs;
  story.record.kicked.push({ session, user: 'u0', answeredAtMs: 1_000 });
  return story;
};

const ghost = (listedForMs: number): Story => {
  const story = new Story().disturbed(LONG_MS, LONG_MS + 1_000);
  story.record.ghosts.push({ killedAtMs: LONG_MS, listedForMs });
  return story;
};

describe('a check of messages', () => {
  it.each([
    ['presence-true', 'a neuron lists somebody who is not connected', () => new Story().withPresence('u1 is not connected')],
    ['fifo', 'a message comes behind a later one', () => new Story().told(1, 2).told(1, 1)],
    ['fifo', 'a message comes behind a later one, and was said to be refused', () => new Story().undelivered(0, 1, 'busy').told(1, 2).told(1, 1)],
    ['delivered-once', 'a message comes twice', () => new Story().told(1, 1).told(1, 1)],
    ['acknowledged-delivered', 'fewer had it than are said to', () => new Story().sent(3, 1, 2)],
    ['nothing-lost-silently', 'it never came to one who stayed', () => new Story().sent(1, 1)],
    ['nothing-lost-silently', 'it never came to one who was told of a gap that it is not in', () => new Story().told(1, 1, '4', '3').told(2, 1, '1').told(2, 3, '3', '2').sent(1, 1)],
    ['positions-chain', 'one between was left out, and the next did not say so', () => new Story().told(1, 1, '1').told(1, 3, '3', '1').told(2, 1, '1').told(2, 2, '2', '1').told(2, 3, '3', '2')],
    ['told-once', 'a position comes behind a later one', () => new Story().recovered(1, true, '1').told(1, 2, '2', '1').told(1, 3, '1')],
    ['kicked-gone', 'who was taken off stays', () => kicked(12_000)],
    ['dead-gone-in-time', 'a peer of a killed neuron is listed for long', () => ghost(9_000)],
    ['no-incidents', 'a neuron ends by itself', () => new Story().withIncident('n0#1 ended by itself')],
  ] as const)('%s complains: %s', (name, _, story) => {
    expect(story().found()).toEqual([name]);
  });

  it.each([
    ['all had it that are said to', () => new Story().sent(2, 1, 2)],
    ['it never came to one whose neuron stood still', () => new Story().sent(1, 1).disturbed(LONG_MS - 1_000, LONG_MS + 1_000)],
    ['it never came to one who was told of a gap that it is in', () => new Story().told(1, 1, '2', '1').told(2, 2, '1').told(2, 3, '3', '2').sent(2, 1)],
    ['one between was left out, and the next said so', () => new Story().told(1, 1, '1').told(1, 3, '3', '2').told(2, 1, '1').told(2, 2, '2', '1').told(2, 3, '3', '2')],
    ['what was stored again was told to who was not told the first time', () => new Story().told(1, 1, '1').told(1, 3, '3', '1').told(2, 1, '2').told(2, 3, '3', '2')],
    ['it begins anew from an earlier place', () => new Story().recovered(1, true, '5').recovered(1, false, '3').told(1, 1, '4', '3')],
    ['a message comes behind a later one, and may have been stored or not', () => new Story().undelivered(0, 1, 'unknown').told(1, 2).told(1, 1)],
    ['who was taken off is gone', () => kicked(1_500)],
    ['a peer of a killed neuron is listed until it is given up', () => ghost(4_000)],
  ] as const)('none complains: %s', (_, story) => {
    expect(story().found()).toEqual([]);
  });
});
