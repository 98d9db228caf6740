import { expect, it } from 'vitest';

import { medianOf, overdueWaits, percentile, spreadOf, spreadText } from '../src/statistics.ts';

it('takes percentiles by nearest rank', () => {
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(percentile([1], 0)).toBe(1);
  expect(percentile([], 0.5)).toBeNaN();
});

it('reports the smallest, the middle and the largest round', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(spreadText([3, 1, 2], 1)).toBe('2.0 (1.0–3.0)');
  expect(spreadText([3], 0)).toBe('3');
});

it('counts a read that was due during a pause from when it was due', () => {
  expect(overdueWaits(10, 12, 1)).toEqual([2, 1, 0]);
  expect(overdueWaits(13, 12, 1)).toEqual([]);
});
