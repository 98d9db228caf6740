import { calm, stepBurst, type BurstState } from './burst.ts';
import type { ParsedChanges } from './changes-parser.ts';
import { decideIncludeDocs, measureChanges, NO_MEASURE, type IncludeDocsMode } from './include-docs.ts';
import { INCLUDE_DOCS_DWELL_MS } from './options.ts';

/** Keeps the measure and the decision in force. */
export class IncludeDocsSwitch {
  readonly #mode: IncludeDocsMode;
  #measure = NO_MEASURE;
  #burst: BurstState;
  /** What sizes and shares speak for; kept for {@link INCLUDE_DOCS_DWELL_MS} at least. */
  #decided: boolean;
  #sinceMs: number;

  constructor(mode: IncludeDocsMode, nowMs: number) {
    this.#mode = mode;
    this.#sinceMs = nowMs;
    this.#burst = calm(nowMs);
    this.#decided = mode !== 'never';
  }

  /** Whether documents are asked for now. */
  get on(): boolean {
    return this.#decided && !(this.#mode === 'auto' && this.#burst.isBurst);
  }

  /** Adds what one piece held, perhaps no row at all, asked for `withDocs`. Answers whether the decision changed. */
  measured(changes: ParsedChanges, withDocs: boolean, nowMs: number): boolean {
    const before = this.on;
    this.#burst = stepBurst(this.#burst, { rows: changes.scanned, wantedRows: changes.rows.length, bytes: changes.scannedBytes, wantedBytes: changes.wantedBytes }, nowMs);
    this.#measure = measureChanges(this.#measure, changes, withDocs);
    if (nowMs - this.#sinceMs >= INCLUDE_DOCS_DWELL_MS) {
      const decided = decideIncludeDocs(this.#mode, this.#decided, this.#measure);
      if (decided !== this.#decided) {
        this.#decided = decided;
        this.#sinceMs = nowMs;
      }
    }
    return this.on !== before;
  }
}
