import type { ParsedChanges } from './changes-parser.ts';
import { decideIncludeDocs, measureChanges, NO_MEASURE, type IncludeDocsMode } from './include-docs.ts';
import { INCLUDE_DOCS_DWELL_MS } from './options.ts';

/** Keeps the measure and the decision in force. */
export class IncludeDocsSwitch {
  readonly #mode: IncludeDocsMode;
  #measure = NO_MEASURE;
  #sinceMs: number;
  /** Whether documents are asked for now. */
  on: boolean;

  constructor(mode: IncludeDocsMode, nowMs: number) {
    this.#mode = mode;
    this.#sinceMs = nowMs;
    this.on = mode !== 'never';
  }

  /** Adds what one piece held, asked for `withDocs`. Answers whether the decision changed. */
  measured(changes: ParsedChanges, withDocs: boolean, nowMs: number): boolean {
    this.#measure = measureChanges(this.#measure, changes, withDocs);
    if (nowMs - this.#sinceMs < INCLUDE_DOCS_DWELL_MS) return false;
    const decided = decideIncludeDocs(this.#mode, this.on, this.#measure);
    if (decided === this.on) return false;
    this.on = decided;
    this.#sinceMs = nowMs;
    return true;
  }
}
