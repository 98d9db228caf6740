import { VirtualClock } from '@xir/couch-testing';
import { describe, expect, it } from 'vitest';
import { awaitDatabase, MAX_DATABASE_RETRY_MS } from '../src/await-database.ts';

const AWAY = new Error('away');
const REFUSED = new Error('refused');

/** A database that is away for a time, and what was tried to open it. */
function awayUntil(untilMs: number, waitMs: number, failure = AWAY) {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const attempts: number[] = [];
  const waits: number[] = [];
  const open = async (): Promise<string> => {
    attempts.push(clock.monotonic());
    if (clock.monotonic() < untilMs) throw failure;
    return 'opened';
  };
  const opened = awaitDatabase(open, { waitMs, clock, random: () => 1, signal: abort.signal, isPassing: (error) => error === AWAY, onWait: (_, retryInMs) => waits.push(retryInMs) });
  const outcome = opened.catch((error: unknown) => error);
  return { clock, abort, attempts, waits, outcome };
}

describe('a neuron whose database is not there when it starts', () => {
  it('opens it when it comes, having asked at growing distances, the longest one bounded', async () => {
    const { clock, attempts, waits, outcome } = awayUntil(60_000, 600_000);
    await clock.advance(60_000 + MAX_DATABASE_RETRY_MS);
    expect(await outcome).toBe('opened');
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(Math.max(...waits)).toBe(MAX_DATABASE_RETRY_MS);
    expect(attempts.length).toBe(waits.length + 1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up with the last failure when its time is up, the last attempt being made then', async () => {
    const { clock, attempts, outcome } = awayUntil(Infinity, 5000);
    await clock.advance(5000);
    expect(await outcome).toBe(AWAY);
    expect(attempts.at(-1)).toBe(5000);
  });

  it.each([
    ['is refused', REFUSED, 600_000],
    ['may not wait', AWAY, 0],
  ])('asks once where it %s', async (_, failure, waitMs) => {
    const { attempts, waits, outcome } = awayUntil(Infinity, waitMs, failure);
    expect(await outcome).toBe(failure);
    expect([attempts, waits]).toEqual([[0], []]);
  });

  it('stops waiting when it is asked to end', async () => {
    const { clock, abort, outcome } = awayUntil(Infinity, 600_000);
    await clock.advance(1);
    abort.abort(new Error('ended'));
    expect(await outcome).toEqual(new Error('ended'));
    expect(clock.pendingTimers).toBe(0);
  });
});
