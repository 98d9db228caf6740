import { CouchError, codeOfStatus, type CouchDatabase } from '@xir/couch-client';
import { ChangesParser, type ChangesEnd } from './changes-parser.ts';
import { probeQuery, PROBE_LIMIT, type RowShape } from './changes-query.ts';
import type { ChangeRow } from './change-row.ts';

/** More rows than this behind the stream are left to the stream. */
const MAX_PROBED_ROWS = 5000;

export interface ProberOptions {
  readonly database: CouchDatabase;
  readonly wanted: ((id: string) => boolean) | undefined;
  readonly maxLineBytes: number;
}

/** What one probe brought. */
export interface Probed {
  readonly rows: readonly ChangeRow[];
  /** Rows found, wanted or not. */
  readonly found: number;
  /** Rows that are left behind what was fetched. */
  readonly pending: number;
}

/** Asks `_changes?since=…` in the ordinary way for what lies behind a position: an answer with nothing pending is complete as of its request. */
export class Prober {
  readonly #options: ProberOptions;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Reads what there is behind `since`. Rejects with a `CouchError`. */
  async probe(since: string, shape: RowShape, signal: AbortSignal): Promise<Probed> {
    const rows: ChangeRow[] = [];
    let found = 0;
    let cursor = since;
    for (;;) {
      const page = await this.#page(cursor, shape, signal);
      rows.push(...page.rows);
      found += page.found;
      // Servers that do not count: a page that is not full is the last one.
      const { lastSeq, pending = page.found >= PROBE_LIMIT ? Infinity : 0 } = page.end;
      if (pending === 0 || found + pending > MAX_PROBED_ROWS || page.found === 0 || lastSeq === null) return { rows, found, pending };
      cursor = lastSeq;
    }
  }

  async #page(since: string, shape: RowShape, signal: AbortSignal) {
    const { database, wanted, maxLineBytes } = this.#options;
    const response = await database.request({ path: '/_changes', query: probeQuery(since, shape), signal });
    if (response.status !== 200) {
      await response.discard();
      throw new CouchError(codeOfStatus(response.status), `a probe was answered with ${response.status}`, { status: response.status });
    }
    const parser = new ChangesParser({ wanted, maxLineBytes });
    const rows: ChangeRow[] = [];
    let found = 0;
    let end: ChangesEnd | undefined;
    const take = (changes: ReturnType<ChangesParser['push']>) => {
      rows.push(...changes.rows);
      found += changes.scanned;
      end = changes.end ?? end;
    };
    for await (const piece of response.body) take(parser.push(piece));
    take(parser.end());
    if (end === undefined || end.error !== undefined) throw new CouchError('COUCH_BAD_RESPONSE', 'the answer to a probe has no end');
    return { rows, found, end: end as ChangesEnd };
  }
}

