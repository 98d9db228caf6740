import type { ParsedChanges } from './changes-parser.ts';

/** Whether documents come with the rows: always, never, or as measured. */
export type IncludeDocsMode = 'always' | 'never' | 'auto';

/** Documents of at most this many bytes on average are carried whoever wants them. */
export const SMALL_DOCUMENT_BYTES = 1024;
/** Share of wanted rows from which documents are carried, however large. */
export const WANTED_RATIO = 0.5;
/** Rows that must have been measured before a decision. */
export const MEASURED_ROWS = 200;
/** Bytes of a row without its document. */
const ROW_BYTES = 300;

/** What was measured of the feed. Immutable; older rows count less. */
export interface FeedMeasure {
  /** Rows measured in all. */
  readonly rows: number;
  /** Mean bytes of a row's document; `undefined` until rows came with documents. */
  readonly documentBytes: number | undefined;
  /** Share of wanted rows, 0–1. */
  readonly wantedRatio: number;
}

/** Nothing measured yet. */
export const NO_MEASURE: FeedMeasure = { rows: 0, documentBytes: undefined, wantedRatio: 1 };

/** Adds what one piece held. Pure. */
export function measureChanges(measure: FeedMeasure, changes: Pick<ParsedChanges, 'scanned' | 'scannedBytes' | 'rows'>, withDocs: boolean): FeedMeasure {
  const { scanned } = changes;
  if (scanned === 0) return measure;
  const weight = measure.rows === 0 ? 1 : Math.min(1, scanned / 1000);
  const ratio = changes.rows.length / scanned;
  const documentBytes = Math.max(0, changes.scannedBytes / scanned - ROW_BYTES);
  const mixed = (before: number, now: number) => before + (now - before) * weight;
  return {
    rows: measure.rows + scanned,
    documentBytes: withDocs ? mixed(measure.documentBytes ?? documentBytes, documentBytes) : measure.documentBytes,
    wantedRatio: mixed(measure.rows === 0 ? ratio : measure.wantedRatio, ratio),
  };
}

/**
 * Whether documents should come with the rows. In `auto` mode: yes while they are small, or mostly wanted: what is wanted would have to be read otherwise, and that in
 * answers that hold many of them. A decision already in force is kept
 * within a quarter of each limit, so that it does not swing. Pure.
 */
export function decideIncludeDocs(mode: IncludeDocsMode, current: boolean, measure: FeedMeasure): boolean {
  if (mode !== 'auto') return mode === 'always';
  if (measure.rows < MEASURED_ROWS || measure.documentBytes === undefined) return current;
  const slack = current ? 1.25 : 0.75;
  return measure.documentBytes <= SMALL_DOCUMENT_BYTES * slack || measure.wantedRatio >= WANTED_RATIO / slack;
}
