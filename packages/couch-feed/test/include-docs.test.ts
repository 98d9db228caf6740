import { decideIncludeDocs, measureChanges, NO_MEASURE, type FeedMeasure } from '@xir/couch-feed';
import { describe, expect, it } from 'vitest';
import type { ParsedChanges } from '../src/changes-parser.ts';
import { BURST_PAUSE_MS, BURST_ROWS, CALM_WINDOW_MS } from '../src/burst.ts';
import { IncludeDocsSwitch } from '../src/include-docs-switch.ts';

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

describe('a burst of rows that nobody wants', () => {
  const came = (scanned: number, wanted: number, bytes = 400): ParsedChanges => ({ scanned, scannedBytes: scanned * bytes, wantedBytes: wanted * bytes, rows: Array.from({ length: wanted }) }) as unknown as ParsedChanges;

  it('M5 comes without documents, until rows come slowly again', () => {
    const docs = new IncludeDocsSwitch('auto', 0);
    expect([docs.measured(came(BURST_ROWS / 2, 0), true, 20), docs.on]).toEqual([false, true]);
    expect([docs.measured(came(BURST_ROWS / 2, 1), true, 40), docs.on]).toEqual([true, false]);
    expect([docs.measured(came(BURST_ROWS, 0), false, 500), docs.on]).toEqual([false, false]);
    expect([docs.measured(came(10, 0), false, 40 + CALM_WINDOW_MS), docs.on]).toEqual([false, false]);
    // A heartbeat is enough to see that it is over.
    expect([docs.measured(came(0, 0), false, 40 + 2 * CALM_WINDOW_MS), docs.on]).toEqual([true, true]);
  });

  it('M5 comes with documents when some of it is wanted, or becomes wanted', () => {
    const docs = new IncludeDocsSwitch('auto', 0);
    expect([docs.measured(came(BURST_ROWS, 50), true, 20), docs.on]).toEqual([false, true]);
    expect([docs.measured(came(BURST_ROWS, 0), true, 40), docs.on]).toEqual([true, false]);
    expect([docs.measured(came(BURST_ROWS, 60), false, 60), docs.on]).toEqual([true, true]);
  });

  it('M5 of large documents comes without them after a few, until none come or one is wanted', () => {
    const docs = new IncludeDocsSwitch('auto', 0);
    expect([docs.measured(came(1, 0, 1_000_000), true, 10), docs.on]).toEqual([false, true]);
    expect([docs.measured(came(2, 0, 1_000_000), true, 30), docs.on]).toEqual([true, false]);
    expect([docs.measured(came(3, 0), false, 60), docs.on]).toEqual([false, false]);
    expect([docs.measured(came(1, 0), false, 30 + CALM_WINDOW_MS), docs.on]).toEqual([false, false]);
    expect([docs.measured(came(1, 0), false, 30 + 2 * CALM_WINDOW_MS), docs.on]).toEqual([true, true]);
    expect([docs.measured(came(4, 0, 1_000_000), true, 40 + 2 * CALM_WINDOW_MS), docs.on]).toEqual([true, false]);
    expect([docs.measured(came(1, 1), false, 50 + 2 * CALM_WINDOW_MS), docs.on]).toEqual([true, true]);
    // Not again for a while, and never where they are wanted.
    expect([docs.measured(came(4, 0, 1_000_000), true, 55 + 2 * CALM_WINDOW_MS), docs.on]).toEqual([false, true]);
    expect([docs.measured(came(4, 0, 1_000_000), true, 60 + 2 * CALM_WINDOW_MS + BURST_PAUSE_MS), docs.on]).toEqual([true, false]);
    expect([docs.measured(came(4, 4), false, 70 + 2 * CALM_WINDOW_MS + BURST_PAUSE_MS), docs.on]).toEqual([true, true]);
    expect([docs.measured(came(4, 4, 1_000_000), true, 80 + 2 * CALM_WINDOW_MS + 2 * BURST_PAUSE_MS), docs.on]).toEqual([false, true]);
  });

  it('M5 is none when as many rows come in a longer time, and changes nothing outside auto', () => {
    const docs = new IncludeDocsSwitch('auto', 0);
    for (let nowMs = 0; nowMs < 10_000; nowMs += 60) expect(docs.measured(came(BURST_ROWS / 3, 0), true, nowMs)).toBe(false);
    const always = new IncludeDocsSwitch('always', 0);
    expect([always.measured(came(BURST_ROWS, 0), true, 1), always.on]).toEqual([false, true]);
  });
});
