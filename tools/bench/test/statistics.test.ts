import { expect, it } from 'vitest';

import { percentile, spreadOf } from '../src/statistics.ts';

it('takes percentiles by nearest rank', () => {
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(percentile([1], 0)).toBe(1);
  expect(percentile([], 0.5)).toBeNaN();
});

it('reports the smallest, the middle and the largest round', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
});
