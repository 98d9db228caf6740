import { systemClock } from '@xir/couch-client';
import type { Kv4Store, WatchEvent } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { ChannelHistory, type ChannelHistoryParts } from '../src/history/channel-history.ts';
import { historyAddress, storedMessage } from '../src/history/stored-message.ts';
import type { Message } from '../src/index.ts';

const channel = { bucket: 'cool', path: '/room' };
const address = historyAddress(channel, '*messages');
const message = (content: string): Message => ({ channel, user: 'alex', device: 'd', target: { type: 'channel' }, event: 'm', content, sentAtMs: 1 });

/** Counts how often the past is read. */
class CountingStore extends MemoryReferenceStore {
  reads = 0;

  override series(...given: Parameters<MemoryReferenceStore['series']>) {
    this.reads += 1;
    return super.series(...given);
  }
}

it('H4: what is to stay behind messages that the feed leaves out, for a later one, comes before that', async () => {
  await using store = new MemoryReferenceStore();
  const events: WatchEvent[] = [];
  const positions: string[] = [];
  for (const content of ['0', '1', '2']) {
    const { version } = await store.put(address, storedMessage(message(content)));
    const record = await store.get(address);
    if (record !== undefined) events.push({ type: 'put', position: version, record });
    positions.push(version);
  }
  let goOn: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  const watch = async function* (): AsyncIterable<WatchEvent> {
    yield events[0] as WatchEvent;
    yield { type: 'end-of-initial', position: '' };
    await gate;
    yield events[2] as WatchEvent;
    await new Promise(() => undefined);
  };
  const told: string[] = [];
  let isOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (isOver = resolve));
  const history = new ChannelHistory({
    store: { watch, series: store.series.bind(store) } as unknown as Kv4Store,
    address,
    policy: { layer: '*messages' },
    clock: systemClock,
    random: () => 0,
    idWindowMs: 1_000,
    onMessage: ({ content }) => told.push(content) > 0,
    onRepetition: () => undefined,
    onError: (error) => told.push(String(error)),
  });
  await history.ready;
  history.behind(positions[0] ?? '', () => told.push('behind 0'));
  history.behind(positions[2] ?? '', () => {
    told.push('behind 2');
    isOver();
  });
  history.behind(positions[1] ?? '', () => told.push(`behind 1, at ${history.position === positions[1] ? '1' : 'another'}`));
  goOn();
  await over;
  expect(told).toEqual(['behind 0', 'behind 1, at 1', '2', 'behind 2']);
});

it.each([
  ['sent again through another neuron meanwhile', { ...message('sent again'), id: 'i', sentAtMs: 2 }, { ...message('sent again'), id: 'i' }],
  ['stored by this neuron, whose watch is late', message('sent'), message('sent')],
])('H6: what is to be stored and is read at first already, being %s, is told once to who is here', async (_, stored, sent) => {
  await using store = new MemoryReferenceStore();
  await store.put(address, storedMessage(stored));
  const told: Message[] = [];
  const repeated: Message[] = [];
  await using history = historyOn(store, { onMessage: (each) => told.push(each) > 0, onRepetition: (each) => void repeated.push(each) });
  history.expect(sent);
  const early = history.since(undefined);
  await history.ready;
  expect((await early).messages.map(({ content }) => content)).toEqual([sent.content]);
  expect((await history.since(undefined)).messages).toEqual([]);
  expect(told.map(({ content, previous }) => [content, previous])).toEqual([[sent.content, undefined]]);
  if (sent.id === undefined) return;
  const { version } = await store.put(address, storedMessage(sent));
  await new Promise<void>((resolve) => history.behind(version, resolve));
  expect([told.length, repeated.map(({ position }) => position)]).toEqual([1, [version]]);
});

it('H2: those who come back together share what is read for them, and who comes later is told what came since', async () => {
  await using store = new CountingStore();
  const { version } = await store.put(address, storedMessage(message('known')));
  for (const content of ['1', '2']) await store.put(address, storedMessage({ ...message(content), id: content }));
  await using history = historyOn(store, {});
  const together = await Promise.all(Array.from({ length: 10 }, () => history.since(version)));
  expect(together.map(({ messages }) => messages.map(({ content }) => content))).toEqual(Array.from({ length: 10 }, () => ['1', '2']));
  // One for what was missed, one for what was there before that.
  expect(store.reads).toBe(2);
  const { version: last } = await store.put(address, storedMessage(message('3')));
  await new Promise<void>((resolve) => history.behind(last, resolve));
  expect((await history.since(version)).messages.map(({ content }) => content)).toEqual(['1', '2', '3']);
});

it('H6: what was there before is no news to who is here, whatever else is to be stored', async () => {
  await using store = new MemoryReferenceStore();
  await store.put(address, storedMessage({ ...message('before'), id: 'i' }));
  const told: string[] = [];
  await using history = historyOn(store, { onMessage: ({ content }) => told.push(content) > 0 });
  for (const each of [{ ...message('before'), id: 'j' }, message('before'), { ...message('before'), id: 'i', user: 'eve' }]) history.expect(each);
  await history.ready;
  expect(told).toEqual([]);
});

function historyOn(store: Kv4Store, parts: Partial<ChannelHistoryParts>): ChannelHistory & AsyncDisposable {
  const history = new ChannelHistory({
    store,
    address,
    policy: { layer: '*messages' },
    clock: systemClock,
    random: () => 0,
    idWindowMs: 1_000,
    onMessage: () => true,
    onRepetition: () => undefined,
    onError: (error) => {
      throw error;
    },
    ...parts,
  });
  return Object.assign(history, { [Symbol.asyncDispose]: () => history.close() });
}
