import { systemClock } from '@xir/couch-client';
import type { Kv4Record, Kv4Store, WatchEvent, WatchScope } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { HistoryDesk } from '../src/history/history-desk.ts';
import { historyAddress, storedMessage } from '../src/history/stored-message.ts';

const CHANNEL = { bucket: 'cool', path: '/room/log' };
const LAYER = '*messages';

/** Watches that tell what a test says, one for each kind of scope. */
class ToldWatches {
  readonly #tell = new Map<WatchScope['type'], (event: WatchEvent) => void>();

  readonly watch = (scope: WatchScope): AsyncIterable<WatchEvent> => {
    const waiting: WatchEvent[] = [];
    let wake: () => void = () => undefined;
    this.#tell.set(scope.type, (event) => {
      waiting.push(event);
      wake();
    });
    return (async function* () {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    })();
  };

  async tell(type: WatchScope['type'], ...records: readonly Kv4Record[]): Promise<void> {
    this.#tell.get(type)?.({ type: 'end-of-initial', position: '' });
    for (const record of records) this.#tell.get(type)?.({ type: 'put', position: record.version, record });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('H4: what waits for a stored message waits for those too who come to its channel meanwhile', async () => {
  await using store = new MemoryReferenceStore();
  const message = { channel: CHANNEL, user: 'alex', device: 'd', target: { type: 'channel' as const }, event: 'm', content: 'stored', sentAtMs: 1 };
  const { version } = await store.put(historyAddress(CHANNEL, LAYER), storedMessage(message));
  const record = (await store.get(historyAddress(CHANNEL, LAYER))) as Kv4Record;
  const watches = new ToldWatches();
  const told: string[] = [];
  const desk = new HistoryDesk({
    store: { watch: watches.watch } as unknown as Kv4Store,
    policies: () => ({ layer: LAYER }),
    layers: [LAYER],
    clock: systemClock,
    random: () => 0,
    patienceMs: 60_000,
    idWindowMs: 1_000,
    onMessage: ({ content }) => told.push(`${content}, on the channel`) > 0,
    onRepetition: () => undefined,
    onSubtreeMessage: ({ content }) => void told.push(`${content}, in the subtree`),
    onSubtreeMissed: () => undefined,
    onError: (error) => told.push(String(error)),
  });
  desk.listen({ bucket: 'cool', path: '/room', subtree: true });
  desk.behind(CHANNEL, version, () => told.push('not stored'));
  desk.enter(CHANNEL);
  await watches.tell('subtree', record);
  expect(told).toEqual(['stored, in the subtree']);
  await watches.tell('key', record);
  expect(told).toEqual(['stored, in the subtree', 'stored, on the channel', 'not stored']);
});
