import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { REVOKED_PATH, type LinkAdmission, type LinkOutcome, type PingQuestion } from '../src/index.ts';
import { ManualClock } from './support/manual-clock.ts';
import { LinkedNeurons, sent } from './support/linked-neurons.ts';

const LIFE = { neuron: 'a', incarnation: '0000000000000001' };
const QUESTION: PingQuestion = { from: LIFE, to: { neuron: 'b', incarnation: '0000000000000002' }, givenUp: false, about: ['c'] };

describe('links between neurons', () => {
  let neurons: LinkedNeurons;
  beforeEach(async () => {
    neurons = await LinkedNeurons.begin();
  });
  afterEach(() => neurons[Symbol.asyncDispose]());

  it('L3: messages of a turn travel together and are handed over in order, with who sent them', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    const batches: (readonly string[])[] = [];
    b.onMessages((from, messages) => void batches.push([from, ...messages]));
    const outcomes = await Promise.all(['1', '', 'zwölf 🙂', '{"a":\n1}'].map((message) => sent(a, 'b', message)));
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered', 'delivered']);
    expect(batches).toEqual([['a', '1', '', 'zwölf 🙂', '{"a":\n1}']]);
    // Bytes of `m1`, four lengths and the texts one way, `a1` the other.
    expect(a.stats()).toMatchObject({ messagesSent: 4, messagesReceived: 0, bytesSent: 31, bytesReceived: 2, connections: 1, connectionsTotal: 1, links: [{ neuron: 'b', isConnected: true, waitingMessages: 0 }] });
    expect(b.stats()).toMatchObject({ messagesSent: 0, messagesReceived: 4, bytesSent: 2, bytesReceived: 31 });
  });

  it('L3: thousands of messages in both directions, begun at once, go over one connection, each once and in order', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    const got: Record<string, string[]> = { a: [], b: [] };
    a.onMessages((from, messages) => void got[from]?.push(...messages));
    b.onMessages((from, messages) => void got[from]?.push(...messages));
    const outcomes: LinkOutcome[] = [];
    for (let index = 0; index < 5000; index += 1) {
      a.send('b', `${index}`, (outcome) => void outcomes.push(outcome));
      b.send('a', `${index}`, (outcome) => void outcomes.push(outcome));
      if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(outcomes.length).toBe(10_000), { timeout: 10_000 });
    expect(new Set(outcomes)).toEqual(new Set(['delivered']));
    const expected = Array.from({ length: 5000 }, (_, index) => `${index}`);
    expect(got['a']).toEqual(expected);
    expect(got['b']).toEqual(expected);
    expect([a.stats().connections, b.stats().connections]).toEqual([1, 1]);
  });

  it('L4: what cannot be sent is reported as undelivered: nobody there, nobody to take it, an unknown neuron, the neuron itself', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    expect(await sent(a, 'b', 'nobody takes it')).toBe('undelivered');
    b.onMessages(() => {});
    expect(await sent(a, 'b', 'taken')).toBe('delivered');
    await b.close();
    await vi.waitFor(() => expect(a.stats().connections).toBe(0));
    expect(await sent(a, 'b', 'nobody there')).toBe('undelivered');
    expect(await sent(a, 'c', 'unknown')).toBe('undelivered');
    expect(await sent(a, 'a', 'myself')).toBe('undelivered');
    expect(await sent(b, 'a', 'closed')).toBe('undelivered');
  });

  it('L4: a neuron that is somewhere else now is looked up anew', async () => {
    const [a, before] = [await neurons.open('a'), await neurons.open('b')];
    before.onMessages(() => {});
    expect(await sent(a, 'b', '1')).toBe('delivered');
    await before.close();
    await vi.waitFor(() => expect(a.stats().connections).toBe(0));
    const after = await neurons.open('b');
    const got: string[] = [];
    after.onMessages((_, messages) => void got.push(...messages));
    expect(await sent(a, 'b', '2')).toBe('delivered');
    expect(got).toEqual(['2']);
  });

  it('L5: what was on its way when the connection was lost is unknown, and is not sent again', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    let calls = 0;
    b.onMessages((_, messages) => {
      calls += 1;
      if (messages.includes('last')) void b.close();
    });
    expect(await sent(a, 'b', 'first')).toBe('delivered');
    expect(['delivered', 'unknown']).toContain(await sent(a, 'b', 'last'));
    expect(calls).toBe(2);
  });

  it('L6: what waits is bounded; beyond that, and beyond the size of a message, it is undelivered', async () => {
    const [a, b] = [await neurons.open('a', { limits: { maxQueuedMessages: 10, maxQueuedCharacters: 100_000_000 } }), await neurons.open('b')];
    b.onMessages(() => {});
    const outcomes = await Promise.all(Array.from({ length: 15 }, (_, index) => sent(a, 'b', `${index}`)));
    expect(outcomes).toEqual([...Array<LinkOutcome>(10).fill('delivered'), ...Array<LinkOutcome>(5).fill('undelivered')]);
    expect(await sent(a, 'b', 'x'.repeat(3_145_729))).toBe('undelivered');
    expect(await sent(a, 'b', 'ü'.repeat(1_572_865))).toBe('undelivered');
    expect(await sent(a, 'b', 'x'.repeat(3_145_728))).toBe('delivered');
  });

  it('L7: pings are answered over the same connection, and a host that refuses says so at once', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    expect(await a.ping({ neuron: 'b' }, QUESTION, 2000)).toEqual({ type: 'silent' });
    const answer = { life: { neuron: 'b', incarnation: '0000000000000002' }, givenUp: false, sees: { c: true } };
    const asked: PingQuestion[] = [];
    b.onPing((question) => {
      asked.push(question);
      return answer;
    });
    expect(await a.ping({ neuron: 'b' }, QUESTION, 5000)).toEqual({ type: 'answer', answer });
    expect(asked).toEqual([QUESTION]);
    expect([a.stats().connections, b.stats().connections]).toEqual([1, 1]);
    const { port } = b;
    await b.close();
    await vi.waitFor(() => expect(a.stats().connections).toBe(0));
    expect(await a.ping({ neuron: 'b', link: { host: '127.0.0.1', port } }, QUESTION, 5000)).toEqual({ type: 'refused' });
  });

  it('L7: a ping in the name of another neuron ends the connection', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    let asked = 0;
    b.onPing(() => {
      asked += 1;
      return { life: LIFE, givenUp: false, sees: {} };
    });
    expect(await a.ping({ neuron: 'b' }, { ...QUESTION, from: { ...LIFE, neuron: 'c' } }, 1000)).toEqual({ type: 'silent' });
    expect(asked).toBe(0);
  });

  it('L12: while messages are not to be taken they wait, in order, and pings are answered; then they are taken, or are undelivered', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    const got: string[] = [];
    b.onMessages((_, messages) => void got.push(...messages));
    b.onPing(() => ({ life: { neuron: 'b', incarnation: '0000000000000002' }, givenUp: true, sees: {} }));
    let admission: LinkAdmission = 'hold';
    b.guard(() => admission);
    const waiting = ['1', '2', '3'].map((message) => sent(a, 'b', message));
    await new Promise((resolve) => setImmediate(resolve));
    const later = sent(a, 'b', '4');
    expect(await a.ping({ neuron: 'b' }, QUESTION, 5000)).toMatchObject({ type: 'answer', answer: { givenUp: true } });
    expect(got).toEqual([]);
    admission = 'take';
    const behind = sent(a, 'b', '5');
    await a.ping({ neuron: 'b' }, QUESTION, 5000);
    expect(got).toEqual([]);
    b.recheck();
    expect(await Promise.all([...waiting, later, behind])).toEqual(Array<LinkOutcome>(5).fill('delivered'));
    expect(got).toEqual(['1', '2', '3', '4', '5']);
    admission = 'hold';
    const refused = sent(a, 'b', '6');
    await a.ping({ neuron: 'b' }, QUESTION, 5000);
    admission = 'refuse';
    b.recheck();
    expect(await refused).toBe('undelivered');
    expect(await sent(a, 'b', '7')).toBe('undelivered');
    expect(got.length).toBe(5);
  });

  it('L12: what waited on a connection that was lost is unknown to its sender, and is not taken behind what came later', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    const got: string[] = [];
    b.onMessages((_, messages) => void got.push(...messages));
    b.onPing(() => ({ life: { neuron: 'b', incarnation: '0000000000000002' }, givenUp: false, sees: {} }));
    let admission: LinkAdmission = 'hold';
    b.guard(() => admission);
    const lost = sent(a, 'b', 'lost');
    await a.ping({ neuron: 'b' }, QUESTION, 5000);
    await neurons.store.put({ ...REVOKED_PATH, key: 'a' }, {});
    expect(await lost).toBe('unknown');
    await neurons.store.delete({ ...REVOKED_PATH, key: 'a' });
    admission = 'take';
    b.recheck();
    await vi.waitFor(async () => expect(await sent(a, 'b', 'later')).toBe('delivered'));
    expect(got).toEqual(['later']);
  });

  it('L13: of ten thousand neurons that came and went nothing is kept, and those that are there are not affected', async () => {
    const [a, b] = [await neurons.open('a'), await neurons.open('b')];
    b.onMessages(() => {});
    expect(await sent(a, 'b', 'first')).toBe('delivered');
    const outcomes = await Promise.all(Array.from({ length: 10_000 }, (_, index) => sent(a, `gone${index}`, 'x')));
    expect(new Set(outcomes)).toEqual(new Set(['undelivered']));
    expect(a.stats().neurons).toBe(10_001);
    a.keepOnly(new Set(['b']));
    expect(a.stats()).toMatchObject({ neurons: 1, connections: 1 });
    expect(await sent(a, 'b', 'second')).toBe('delivered');
  });

  it('L13: a neuron that is connected and not known yet is kept until its connection ends', async () => {
    const clock = new ManualClock();
    clock.step(Date.now() - clock.now());
    const [a, b] = [await neurons.open('a', { clock }), await neurons.open('b')];
    a.onMessages(() => {});
    expect(await sent(b, 'a', 'hello')).toBe('delivered');
    a.keepOnly(new Set());
    expect(a.stats()).toMatchObject({ neurons: 1, connections: 1 });
    expect(await sent(b, 'a', 'still there')).toBe('delivered');
    await b.close();
    await vi.waitFor(() => expect(a.stats().connections).toBe(0));
    await clock.advance(10_000);
    expect(a.stats().neurons).toBe(0);
  });
});
