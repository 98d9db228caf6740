import { describe, expect, it } from 'vitest';

import { AttemptLimiter } from '../src/index.ts';

const limits = { maxFailuresPerAccount: 2, maxFailuresPerAddress: 3, windowMs: 1000, maxCounters: 10 };

describe('the limiter of attempts', () => {
  it('stops an account from one address after its limit, until the window ends', () => {
    const limiter = new AttemptLimiter(limits);
    expect([limiter.attempt('a', 'x', 0), limiter.attempt('a', 'x', 100), limiter.attempt('a', 'x', 300)]).toEqual([0, 0, 700]);
    expect(limiter.attempt('a', 'x', 1000)).toBe(0);
  });

  it('leaves other addresses of the account alone', () => {
    const limiter = new AttemptLimiter(limits);
    for (let index = 0; index < 5; index += 1) limiter.attempt('a', 'x', 0);
    expect(limiter.attempt('b', 'x', 0)).toBe(0);
  });

  it('stops an address after its limit, whatever the account', () => {
    const limiter = new AttemptLimiter(limits);
    expect(['x', 'y', 'z', 'w'].map((account) => limiter.attempt('a', account, 0))).toEqual([0, 0, 0, 1000]);
  });

  it('forgives what succeeded', () => {
    const limiter = new AttemptLimiter(limits);
    for (let index = 0; index < 20; index += 1) {
      expect(limiter.attempt('a', 'x', 0)).toBe(0);
      limiter.forgive('a', 'x');
    }
  });

  it('counts attempts that are under way, so that guessing in parallel does not help', () => {
    const limiter = new AttemptLimiter(limits);
    expect(Array.from({ length: 4 }, () => limiter.attempt('a', 'x', 0) === 0)).toEqual([true, true, false, false]);
  });

  it('keeps a bounded number of counters', () => {
    const limiter = new AttemptLimiter(limits);
    for (let index = 0; index < 1000; index += 1) limiter.attempt(`address${index}`, 'x', 0);
    expect(limiter.attempt('address999', 'x', 0)).toBe(0);
  });
});
