import { describe, expect, it } from 'vitest';
import { CommitPace, DEFAULT_COMMIT_PACE_LIMITS } from '../src/index.ts';

const { slowBatchMs, maxQuietMs } = DEFAULT_COMMIT_PACE_LIMITS;

describe('the pace of a group commit', () => {
  it('G27 lets a lone writer go at once, whatever came before', () => {
    const pace = new CommitPace();
    let nowMs = 0;
    for (let n = 0; n < 50; n += 1) {
      pace.arrived(nowMs);
      expect(pace.gathers(1, nowMs)).toBe(false);
      expect(pace.room(nowMs)).toBe(1);
      pace.sent(n, nowMs);
      nowMs += 8;
      pace.answered(n, 1, nowMs);
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
    expect(pace.gathers(3, 8)).toBe(false);
  });

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
    expect(pace.gathers(0, 26)).toBe(true);
    pace.arrived(26.5);
    expect(pace.gathers(9, 26.9)).toBe(true);
    expect(pace.gathers(10, 27)).toBe(false);
  });

  it('G29 stops waiting when nobody arrives for an eighth of the time of the last batch, at most so long', () => {
    const pace = afterTen();
    expect(pace.gathers(4, 20)).toBe(true);
    expect(pace.gathers(4, 20 + maxQuietMs)).toBe(false);
    const short = new CommitPace();
    short.sent(1, 0);
    short.answered(1, 10, 1.6);
    expect(short.gathers(4, 2)).toBe(true);
    expect(short.gathers(4, 2.1)).toBe(true);
    expect(short.gathers(4, 2.21)).toBe(false);
  });

  it('G29 stops waiting after half the time of the last batch, however they trickle in', () => {
    const pace = afterTen();
    let nowMs = 20;
    let waits = 0;
    while (pace.gathers(4, nowMs)) {
      pace.arrived((nowMs += maxQuietMs / 2));
      waits += 1;
      expect(nowMs).toBeLessThan(29);
    }
    expect(nowMs).toBe(28);
    expect(waits).toBe(16);
  });

  it('G29 waits for those who stay away once', () => {
    const pace = afterTen();
    expect(pace.gathers(1, 20)).toBe(true);
    expect(pace.gathers(1, 22)).toBe(false);
    expect(pace.gathers(1, 22)).toBe(false);
    pace.sent(2, 22);
    pace.answered(2, 1, 30);
    pace.arrived(31);
    expect(pace.gathers(1, 31)).toBe(false);
  });

  it('G29 has forgotten the writers of a burst when somebody comes long after it', () => {
    const pace = afterTen();
    expect(pace.gathers(0, 20)).toBe(true);
    pace.arrived(60_000);
    expect(pace.gathers(1, 60_000)).toBe(false);
  });
});
