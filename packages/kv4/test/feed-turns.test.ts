import type { Clock } from '@xir/couch-client';
import { ChangesParser, type ChangeFeed, type ChangeRow, type FeedEvent } from '@xir/couch-feed';
import { DEFAULT_LAYER_RETENTION } from '@xir/kv4-core';
import { expect, it } from 'vitest';
import { Cache } from '../src/cache.ts';
import { FeedLoop } from '../src/feed-loop.ts';
import { LARGE_PIECE_BYTES } from '../src/large-head.ts';
import { TURN_BYTES, TURN_MS, TurnBudget } from '../src/turn-budget.ts';
import { WatchHub } from '../src/watch-hub.ts';

function rowsOf(count: number, documentBytes: number): ChangeRow[] {
  const line = (n: number): string => `{"seq":"${n}-x","id":"d!b!l!p!!${n}","changes":[{"rev":"1-a"}],"doc":{"text":"${'x'.repeat(documentBytes)}"}}\n`;
  return new ChangesParser().push(Buffer.from(Array.from({ length: count }, (_, n) => line(n)).join(''))).rows;
}

/** Time stands still, so that only bytes count. */
const clock: Clock = { now: () => 0, monotonic: () => 0, schedule: () => ({ cancel: () => undefined }) };

/** A feed that hands over what is given, all of which waits from the beginning. */
function feedOf(events: readonly FeedEvent[], rows: number): ChangeFeed {
  return {
    state: 'streaming',
    waitingRows: rows,
    lastSignMs: 0,
    ageMs: () => 0,
    async *[Symbol.asyncIterator]() {
      yield* events;
    },
  } as unknown as ChangeFeed;
}

/** Turns of the event loop that others had while a loop applied the events. */
async function turnsBetween(events: readonly FeedEvent[], rows: number, prepare: (cache: Cache) => unknown = () => undefined): Promise<{ readonly turns: number; readonly applied: number }> {
  const hub = new WatchHub({ nowMs: () => 0, layers: () => DEFAULT_LAYER_RETENTION, oldestBehind: () => undefined, nextExpiryMs: () => Number.POSITIVE_INFINITY, onDue: () => undefined });
  const cache = new Cache({ clock, random: () => 0.5, maxBytes: 1e9, maxConcurrentLoads: 1, maxLoadBatch: 1, listener: hub, place: () => hub.placeBeforeRow });
  prepare(cache);
  const loop = new FeedLoop({ feed: feedOf(events, rows), cache, hub, clock, onEnd: () => undefined });
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    if (isOver) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  await loop.run();
  isOver = true;
  return { turns, applied: loop.appliedRows };
}

it('M19 T41: others get their turn while a backlog of large rows is applied', async () => {
  const events = Array.from({ length: 10 }, (): FeedEvent => ({ type: 'changes', rows: rowsOf(20, 16_384), lastSeq: undefined, ack: () => undefined }));
  const { turns, applied } = await turnsBetween(events, 200);
  expect(applied).toBe(200);
  expect(turns).toBeGreaterThanOrEqual(Math.floor((200 * 16_384) / (TURN_BYTES + 16_500)));
});

it('M19: a single row waits for nothing', async () => {
  const { turns, applied } = await turnsBetween([{ type: 'changes', rows: rowsOf(1, 1_000_000), lastSeq: undefined, ack: () => undefined }], 1);
  expect(applied).toBe(1);
  expect(turns).toBe(0);
});

it('M19 T41: others get their turn while one large row is read that somebody wants', async () => {
  const document = `{"_id":"d!b!l!p!!0","_rev":"1-a","v":"${'x'.repeat(1_000_000)}","ver":"0193abcd12340000-a","by":"x"}`;
  const line = `{"seq":"1-x","id":"d!b!l!p!!0","changes":[{"rev":"1-a"}],"doc":${document}}\n`;
  const { rows } = new ChangesParser().push(Buffer.from(line));
  const { turns, applied } = await turnsBetween([{ type: 'changes', rows, lastSeq: undefined, ack: () => undefined }], 1, (cache) => cache.table.add({ bucket: 'b', layer: 'l', path: '/p', key: '0' }));
  expect(applied).toBe(1);
  expect(turns).toBeGreaterThanOrEqual(Math.floor(1_000_000 / LARGE_PIECE_BYTES));
});

it('M19: a turn ends after its bytes or its time, whichever comes first', () => {
  const budget = new TurnBudget();
  expect(budget.isSpent(100)).toBe(false);
  budget.spend(TURN_BYTES - 1);
  expect(budget.isSpent(100)).toBe(false);
  budget.spend(1);
  expect(budget.isSpent(100)).toBe(true);
  budget.renew(100);
  expect(budget.isSpent(100 + TURN_MS / 2)).toBe(false);
  expect(budget.isSpent(100 + TURN_MS)).toBe(true);
  budget.rest();
  expect(budget.isSpent(500)).toBe(false);
});
