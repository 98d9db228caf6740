import { expect, it } from 'vitest';
import { addCounts, countsLine, countsOf } from '../gates/test-counts.mjs';

it('counts what a report says; skipped are pending and to be written', () => {
  expect(countsOf({ numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 }, false)).toEqual({ passed: 5, failed: 1, skipped: 3 });
});

it('a run that failed without a failed test counts as one failure', () => {
  expect(countsOf({ numPassedTests: 5, numFailedTests: 0 }, false).failed).toBe(1);
  expect(countsOf(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it('the last line holds the sums', () => {
  expect(countsLine(addCounts({ passed: 1, failed: 0, skipped: 2 }, { passed: 3, failed: 1, skipped: 0 }))).toBe('4 passed, 1 failed, 2 skipped');
});
