import { describe, expect, it } from 'vitest';
import { CommitPace, DEFAULT_COMMIT_PACE_LIMITS } from '../src/index.ts';

const { slowBatchMs, maxQuietMs } = DEFAULT_COMMIT_PACE_LIMITS;

describe('the pace of a group commit', () => {
  it.each([1, 2, 3])('G27 lets %s writers go at once, whatever came before', (writers) => {
    const pace = new CommitPace();
    let nowMs = 0;
    for (let n = 0; n < 50; n += 1) {
      pace.arrived(nowMs);
      expect(pace.patienceMs(1, nowMs)).toBe(0);
      expect(pace.room(nowMs)).toBe(1);
      pace.sent(n, nowMs);
      nowMs += 8;
      pace.answered(n, writers, nowMs);
      nowMs += n % 3;
    }
  });

  it('G28 gives room for one batch, and for another beside each that is slow', () => {
    const pace = new CommitPace();
    pace.sent(1, 0);
    expect(pace.room(slowBatchMs - 1)).toBe(1);
    expect(pace.roomInMs(slowBatchMs - 1)).toBe(1);
    expect(pace.room(slowBatchMs)).toBe(2);
    expect(pace.roomInMs(slowBatchMs)).toBeUndefined();
    pace.sent(2, slowBatchMs);
    expect(pace.room(slowBatchMs + 1)).toBe(2);
    expect(pace.roomInMs(slowBatchMs + 1)).toBe(slowBatchMs - 1);
    expect(pace.room(2 * slowBatchMs)).toBe(3);
    pace.answered(1, 2, 2 * slowBatchMs);
    expect(pace.room(2 * slowBatchMs)).toBe(2);
  });

  it('G28 does not gather beside a batch on its way: there is no room to gather for', () => {
    const pace = new CommitPace();
    pace.sent(1, 0);
    pace.sent(2, 0);
    pace.answered(1, 9, 8);
    expect(pace.patienceMs(3, 8)).toBe(0);
  });

  /** An eighth of the 16 ms of the batch below. */
  const QUIET_MS = 2;

  /** A pace that has just been answered a batch of ten writers that took 16 ms. */
  const afterTen = (): CommitPace => {
    const pace = new CommitPace();
    pace.sent(1, 0);
    pace.answered(1, 10, 16);
    return pace;
  };

  it('G29 waits until as many are pending as before, counting from when it is asked first', () => {
    const pace = afterTen();
    // Telling ten writers took its time: it does not count.
    expect(pace.patienceMs(0, 26)).toBe(QUIET_MS);
    pace.arrived(26.5);
    expect(pace.patienceMs(9, 26.9)).toBeCloseTo(QUIET_MS - 0.4);
    expect(pace.patienceMs(10, 27)).toBe(0);
  });

  it('G29 stops waiting when nobody arrives for an eighth of the time of the last batch, at most so long', () => {
    const pace = afterTen();
    expect(pace.patienceMs(4, 20)).toBe(QUIET_MS);
    expect(pace.patienceMs(4, 20 + QUIET_MS)).toBe(0);
    const long = new CommitPace();
    long.sent(1, 0);
    long.answered(1, 10, 400);
    expect(long.patienceMs(4, 400)).toBe(maxQuietMs);
    const short = new CommitPace();
    short.sent(1, 0);
    short.answered(1, 10, 1.6);
    expect(short.patienceMs(4, 2)).toBeCloseTo(0.2);
    expect(short.patienceMs(4, 2.1)).toBeCloseTo(0.1);
    expect(short.patienceMs(4, 2.21)).toBe(0);
  });

  it('G29 stops waiting after half the time of the last batch, however they trickle in', () => {
    const pace = afterTen();
    let nowMs = 20;
    let waits = 0;
    while (pace.patienceMs(4, nowMs) > 0) {
      pace.arrived((nowMs += QUIET_MS / 2));
      waits += 1;
      expect(nowMs).toBeLessThan(29);
    }
    expect(nowMs).toBe(28);
    expect(waits).toBe(8);
  });

  it('G29 waits for those who stay away once', () => {
    const pace = afterTen();
    expect(pace.patienceMs(1, 20)).toBe(QUIET_MS);
    expect(pace.patienceMs(1, 22)).toBe(0);
    expect(pace.patienceMs(0, 22)).toBe(0);
    pace.sent(2, 22);
    pace.answered(2, 1, 30);
    pace.arrived(31);
    expect(pace.patienceMs(1, 31)).toBe(0);
  });

  it('G29 has forgotten the writers of a burst when somebody comes long after it', () => {
    const pace = afterTen();
    expect(pace.patienceMs(0, 20)).toBe(QUIET_MS);
    pace.arrived(60_000);
    expect(pace.patienceMs(1, 60_000)).toBe(0);
  });
});
