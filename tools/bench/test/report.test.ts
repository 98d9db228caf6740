import { expect, it } from 'vitest';

import { reportOf } from '../src/report.ts';
import { judge } from '../src/target.ts';

it('judges a figure by its bound, and no figure reaches nothing', () => {
  expect(judge(1.5, { atMost: 1.5, unit: ' ×' })).toEqual({ target: 'at most 1.5 ×', isReached: true, isMeasured: true });
  expect(judge(1.51, { atMost: 1.5, unit: ' ×' }).isReached).toBe(false);
  expect(judge(0.9, { atLeast: 0.85, unit: ' ×' })).toEqual({ target: 'at least 0.85 ×', isReached: true, isMeasured: true });
  expect(judge(Number.NaN, { atMost: 5, unit: ' ms' }).isReached).toBe(false);
});

it('shows what was missed as plainly as what was reached', () => {
  const row = (measure: string, figure: number) => ({ measure, ours: String(figure), peer: '1', ratio: `${figure} ×`, verdict: judge(figure, { atMost: 1.5, unit: ' ×' }) });
  const report = reportOf([{ title: 'Reads', method: 'How.', oursName: 'ours', peerName: 'peer', rows: [row('one', 1), row('two', 2), row('none', Number.NaN), { measure: 'three', ours: '3', peer: '3', ratio: '1 ×' }] }], {
    date: '2026-01-01',
    versions: 'neuron 1',
    seconds: 120,
  });
  expect(report).toContain('| Reads: one | 1; 1 × | at most 1.5 × | reached |');
  expect(report).toContain('| Reads: two | 2; 2 × | at most 1.5 × | **missed** |');
  expect(report).toContain('| Reads: none | NaN; NaN × | at most 1.5 × | not measured |');
  expect(report).not.toContain('Reads: three');
  expect(report).toContain('| three | 3 | 3 | 1 × |');
  expect(report).toContain('2026-01-01');
});
