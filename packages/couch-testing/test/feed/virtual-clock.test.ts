import { VirtualClock } from '@xir/couch-testing';
import { describe, expect, it } from 'vitest';

describe('VirtualClock', () => {
  it('stands still until it is driven, and runs timers in the order of their due time, then of their making', async () => {
    const clock = new VirtualClock(1000);
    const ran: string[] = [];
    clock.schedule(20, () => ran.push(`b at ${clock.monotonic()}`));
    clock.schedule(10, () => ran.push(`a at ${clock.monotonic()}`));
    clock.schedule(20, () => ran.push(`c at ${clock.now()}`));
    clock.schedule(5, () => ran.push('cancelled')).cancel();
    expect([clock.now(), clock.monotonic(), clock.pendingTimers, clock.nextDelayMs]).toEqual([1000, 0, 3, 10]);
    await clock.advance(19);
    expect(ran).toEqual(['a at 10']);
    await clock.advance(1);
    expect(ran).toEqual(['a at 10', 'b at 20', 'c at 1020']);
  });

  it('lets everything settle between two timers, and runs timers that timers make', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.schedule(1, () => {
      void Promise.resolve().then(() => {
        ran.push('promise');
        clock.schedule(1, () => ran.push('nested'));
      });
    });
    clock.schedule(3, () => ran.push('later'));
    await clock.advance(3);
    expect(ran).toEqual(['promise', 'nested', 'later']);
  });

  it('steps the wall clock alone', () => {
    const clock = new VirtualClock(1000);
    clock.stepWallClock(-300_000);
    expect([clock.now(), clock.monotonic()]).toEqual([-299_000, 0]);
  });

  it('stops at the first moment at which a fact holds, and refuses one that does not come true', async () => {
    const clock = new VirtualClock();
    let happened = false;
    clock.schedule(500, () => (happened = true));
    await clock.advanceUntil(() => happened, 1000);
    expect(clock.monotonic()).toBe(500);
    await expect(clock.advanceUntil(() => false, 1000)).rejects.toThrow(/1000 ms/);
  });
});
