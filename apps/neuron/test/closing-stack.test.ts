import { VirtualClock } from '@xir/couch-testing';
import { expect, it } from 'vitest';

import { ClosingStack } from '../src/closing-stack.ts';

/** A stack of things that note when they are closed; one of them never is. */
function stackOf(names: readonly string[], stuck: string, clock: VirtualClock) {
  const closed: string[] = [];
  const problems: string[] = [];
  const stack = new ClosingStack((name, error) => problems.push(`${name}: ${String(error)}`), clock);
  const never = new Promise<void>(() => undefined);
  for (const name of names) stack.add(name, { close: () => (name === stuck ? never : Promise.resolve(void closed.push(name))) }, name === stuck ? { reserveMs: 3_000 } : {});
  return { stack, closed, problems };
}

it('what waits for a database that does not answer is left, so that the rest is closed in time', async () => {
  const clock = new VirtualClock();
  const { stack, closed, problems } = stackOf(['memory', 'router', 'REST'], 'router', clock);
  const closing = stack.close(15_000);
  await clock.advance(11_999);
  expect(closed).toEqual(['REST']);
  await clock.advance(1);
  await closing;
  expect(closed).toEqual(['REST', 'memory']);
  expect(problems).toEqual(['router: Error: it took longer than 12000 ms, and is left as it is']);
  await expect(stack.close()).resolves.toBeUndefined();
});

it('what is closed late has a moment yet', async () => {
  const clock = new VirtualClock();
  const { stack, closed, problems } = stackOf(['memory', 'router'], 'router', clock);
  const closing = stack.close(1_000);
  await clock.advance(250);
  await closing;
  expect([closed, problems.length]).toEqual([['memory'], 1]);
});
