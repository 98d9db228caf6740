import { describe, expect, it } from 'vitest';
import { ExpiryAlarm } from '../src/expiry-alarm.ts';
import { UpkeepQueue, type UpkeepQueueLimits } from '../src/upkeep-queue.ts';
import { DrivenClock } from './support/driven-clock.ts';

const LIMITS: UpkeepQueueLimits = { delayMs: 1_000, maxDocuments: 3, maxConcurrent: 2, maxAttempts: 3 };

/** A queue whose work is noted, and ends when the test says so. */
function queueOf(limits: Partial<UpkeepQueueLimits> = {}, work?: (id: string) => Promise<void>) {
  const clock = new DrivenClock();
  const started: string[] = [];
  const run = async (id: string): Promise<void> => {
    started.push(id);
    await work?.(id);
  };
  return { clock, started, queue: new UpkeepQueue(run, { clock, random: () => 0.5 }, { ...LIMITS, ...limits }) };
}

describe('the queue of upkeep', () => {
  it('U1 looks after a document once, some time after it was noticed, however often that was', async () => {
    const { clock, started, queue } = queueOf();
    for (let n = 0; n < 5; n += 1) queue.add('a');
    await clock.pass(999);
    expect(started).toEqual([]);
    await clock.pass(1);
    expect(started).toEqual(['a']);
    expect(queue.stats()).toEqual({ waiting: 0, done: 1, failures: 0, dropped: 0 });
  });

  it('U1 looks again after a document that was noticed while it was looked after', async () => {
    let end: () => void = () => undefined;
    const { clock, started, queue } = queueOf({}, () => new Promise((resolve) => (end = resolve)));
    queue.add('a');
    await clock.pass(1_000);
    queue.add('a');
    queue.add('a');
    end();
    await clock.pass(1_000);
    expect(started).toEqual(['a', 'a']);
    end();
    await clock.pass(5_000);
    expect(started).toEqual(['a', 'a']);
  });

  it('U2 looks after so many at once, holds so many, and counts what it drops', async () => {
    const ends: (() => void)[] = [];
    const { clock, started, queue } = queueOf({}, () => new Promise((resolve) => ends.push(resolve)));
    for (const id of ['a', 'b', 'c', 'd']) queue.add(id);
    expect(queue.stats()).toMatchObject({ waiting: 3, dropped: 1 });
    await clock.pass(10_000);
    expect(started).toEqual(['a', 'b']);
    ends[0]?.();
    await clock.pass(0);
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('U3 tries again later and later after failures, and drops what always fails', async () => {
    const { clock, started, queue } = queueOf({}, () => Promise.reject(new Error('away')));
    queue.add('a');
    await clock.pass(1_000);
    expect(queue.stats()).toEqual({ waiting: 1, done: 0, failures: 1, dropped: 0 });
    await clock.pass(999);
    expect(started).toHaveLength(1);
    await clock.pass(60_000);
    expect(started).toHaveLength(3);
    expect(queue.stats()).toEqual({ waiting: 0, done: 0, failures: 3, dropped: 1 });
  });

  it('U3 a document that waits long does not hold up one that is due sooner', async () => {
    const { clock, started, queue } = queueOf({}, (id) => (id === 'bad' ? Promise.reject(new Error('away')) : Promise.resolve()));
    queue.add('bad');
    await clock.pass(1_000);
    queue.add('good');
    await clock.pass(1_000);
    expect(started).toContain('good');
  });

  it('U4 idle does all that waits, without waiting for its time, and tries once what fails', async () => {
    const { started, queue } = queueOf({ maxDocuments: 10 }, (id) => (id === 'bad' ? Promise.reject(new Error('away')) : Promise.resolve()));
    for (const id of ['a', 'bad', 'b', 'c', 'd']) queue.add(id);
    await queue.idle();
    expect(started.toSorted()).toEqual(['a', 'b', 'bad', 'c', 'd']);
    expect(queue.stats()).toMatchObject({ waiting: 1, done: 4, failures: 1 });
  });

  it('U5 starts nothing after it was closed, waits for what is under way, and leaves no timer', async () => {
    let end: () => void = () => undefined;
    const { clock, started, queue } = queueOf({ maxConcurrent: 1 }, () => new Promise((resolve) => (end = resolve)));
    queue.add('a');
    queue.add('b');
    await clock.pass(1_000);
    let closed = false;
    const closing = queue.close().then(() => (closed = true));
    await clock.pass(5_000);
    expect(closed).toBe(false);
    end();
    await closing;
    queue.add('c');
    await clock.pass(5_000);
    expect(started).toEqual(['a']);
    expect(clock.timers).toBe(0);
  });
});

describe('the alarm of expiries', () => {
  it('U6 tells of each key when its time has come, and not of one that was lifted or put off', async () => {
    const clock = new DrivenClock();
    const expired: string[] = [];
    const alarm = new ExpiryAlarm(clock, 10, (id) => expired.push(id));
    const now = clock.now();
    alarm.set('late', now + 500);
    alarm.set('soon', now + 100);
    alarm.set('lifted', now + 100);
    alarm.set('lifted', undefined);
    alarm.set('off', now + 100);
    alarm.set('off', now + 300);
    await clock.pass(100);
    expect(expired).toEqual(['soon']);
    await clock.pass(200);
    expect(expired).toEqual(['soon', 'off']);
    await clock.pass(10_000);
    expect(expired).toEqual(['soon', 'off', 'late']);
    expect([alarm.size, clock.timers]).toEqual([0, 0]);
  });

  it('U6 waits for far expiries in steps that a timer can hold, and remembers no more than its limit', async () => {
    const clock = new DrivenClock();
    const expired: string[] = [];
    const alarm = new ExpiryAlarm(clock, 1, (id) => expired.push(id));
    alarm.set('year', clock.now() + 31_536_000_000);
    alarm.set('other', clock.now() + 10);
    expect(alarm.size).toBe(1);
    await clock.pass(31_535_999_999);
    expect(expired).toEqual([]);
    await clock.pass(1);
    expect(expired).toEqual(['year']);
    alarm.set('again', clock.now() + 10);
    alarm.close();
    await clock.pass(100);
    expect(expired).toEqual(['year']);
  });
});
