import type { Clock, TransportResponse } from '@xir/couch-client';
import { ChangesParser } from '@xir/couch-feed';
import { expect, it } from 'vitest';
import { Connection, READ_TURN_BYTES } from '../src/connection.ts';

const PIECES = 64;
const PIECE_BYTES = 65_536;
const clock: Clock = { now: () => 0, monotonic: () => 0, schedule: () => ({ cancel: () => undefined }) };

it('F13 T41: others get their turn while a server sends as fast as it can', async () => {
  const body = (async function* () {
    for (let n = 0; n < PIECES; n += 1) yield Buffer.alloc(PIECE_BYTES, 0x78);
  })();
  let bytes = 0;
  const listener = { bytes: (count: number) => (bytes += count), changes: () => undefined, silent: () => undefined, full: () => false, room: async () => undefined, pausedFor: () => undefined };
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    if (isOver) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  const connection = new Connection(clock, 1000, listener);
  expect(await connection.read({ body } as unknown as TransportResponse, new ChangesParser())).toBe(true);
  isOver = true;
  connection.end();
  expect(bytes).toBe(PIECES * PIECE_BYTES);
  expect(turns).toBeGreaterThanOrEqual((PIECES * PIECE_BYTES) / READ_TURN_BYTES);
});
