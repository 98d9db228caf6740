import { decideIncludeDocs, measureChanges, NO_MEASURE, type FeedMeasure } from '@xir/couch-feed';
import { describe, expect, it } from 'vitest';

const measured = (documentBytes: number | undefined, wantedRatio: number): FeedMeasure => ({ rows: 1000, documentBytes, wantedRatio });

describe('decideIncludeDocs', () => {
  it('M1 does as it is told outside auto', () => {
    expect(decideIncludeDocs('always', false, measured(1e6, 0))).toBe(true);
    expect(decideIncludeDocs('never', true, measured(10, 1))).toBe(false);
  });

  it('M2 T24 T25 carries small documents, and large ones only when mostly wanted', () => {
    expect(decideIncludeDocs('auto', false, measured(500, 0.01))).toBe(true);
    expect(decideIncludeDocs('auto', true, measured(8000, 0.1))).toBe(false);
    expect(decideIncludeDocs('auto', false, measured(8000, 0.9))).toBe(true);
    expect(decideIncludeDocs('auto', true, measured(1e6, 1))).toBe(true);
    expect(decideIncludeDocs('auto', true, measured(1e6, 0.1))).toBe(false);
  });

  it('M3 keeps a decision near a limit and before enough was measured', () => {
    expect(decideIncludeDocs('auto', true, measured(1200, 0))).toBe(true);
    expect(decideIncludeDocs('auto', false, measured(900, 0))).toBe(false);
    expect(decideIncludeDocs('auto', true, { ...measured(1e6, 0), rows: 10 })).toBe(true);
    expect(decideIncludeDocs('auto', false, measured(undefined, 1))).toBe(false);
  });

  it('M4 measures the documents’ mean size while they come, and the wanted share always', () => {
    const rows = { scanned: 1000, scannedBytes: 1_300_000, rows: [] };
    const first = measureChanges(NO_MEASURE, rows, true);
    expect(first).toEqual({ rows: 1000, documentBytes: 1000, wantedRatio: 0 });
    expect(measureChanges(first, { ...rows, scannedBytes: 300_000 }, false).documentBytes).toBe(1000);
    expect(measureChanges(first, { scanned: 0, scannedBytes: 0, rows: [] }, true)).toBe(first);
  });
});
