import { describe, expect, it } from 'vitest';

import { BodyBudget } from '../src/body-reader.ts';

describe('the budget of bodies', () => {
  it('takes bytes up to its limit, and again once they are released', () => {
    const budget = new BodyBudget(10);
    expect([budget.take(6), budget.take(5), budget.take(4)]).toEqual([true, false, true]);
    budget.release(6);
    expect([budget.take(7), budget.take(6)]).toEqual([false, true]);
  });

  it('gives every large body a turn of the event loop of its own, between which others get theirs', async () => {
    const budget = new BodyBudget(1);
    const seen: string[] = [];
    let waiting = 3;
    const others = (): void => {
      seen.push('other');
      if (waiting > 0) setImmediate(others);
    };
    const bodies = ['first', 'second', 'third'].map(async (name) => {
      await budget.turn();
      seen.push(name);
      waiting -= 1;
    });
    setImmediate(others);
    await Promise.all(bodies);
    expect(seen.filter((name) => name !== 'other')).toEqual(['first', 'second', 'third']);
    expect(seen.slice(seen.indexOf('first'), seen.indexOf('second'))).toContain('other');
    expect(seen.slice(seen.indexOf('second'), seen.indexOf('third'))).toContain('other');
  });
});
