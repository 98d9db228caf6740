import { CouchError, codeOfStatus, type CouchDatabase } from '@xir/couch-client';
import { ChangesParser, type ChangesEnd } from './changes-parser.ts';
import { probeQuery, PROBE_LIMIT, type RowShape } from './changes-query.ts';
import type { ChangeRow } from './change-row.ts';

export interface ProberOptions {
  readonly database: CouchDatabase;
  readonly wanted: ((id: string) => boolean) | undefined;
  readonly passed: ((id: string, revision: string | undefined) => void) | undefined;
  readonly maxLineBytes: number;
}

interface PageOptions {
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Nobody is to hear of its rows. */
  readonly isForCount?: boolean;
}

/** Rows asked for while a probe is only to count. */
const COUNTING_LIMIT = 1;

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
  /** Whether the last probe found more than may be fetched. */
  #far = false;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /**
   * Reads what there is behind `since`, if that is little: when more than {@link PROBE_LIMIT} rows are behind, they are left to the stream and only counted until
   * the stream has come near. Rejects with a `CouchError`.
   */
  async probe(since: string, shape: RowShape, signal: AbortSignal): Promise<Probed> {
    const limit = this.#far ? COUNTING_LIMIT : PROBE_LIMIT;
    const page = await this.#page(since, shape, { limit, signal });
    // Servers that do not count: a page that is not full is the last one.
    const pending = page.end.pending ?? (page.found >= limit ? Infinity : 0);
    if (pending === 0) {
      this.#far = false;
      return { rows: page.rows, found: page.found, pending };
    }
    const nearNow = this.#far && page.found + pending <= PROBE_LIMIT;
    this.#far = !nearNow;
    return nearNow ? this.probe(since, shape, signal) : { rows: [], found: 0, pending: page.found + pending };
  }

  /** How many rows are behind `since`; nothing is fetched. `undefined`: the server does not count. Rejects with a `CouchError`. */
  async count(since: string, signal: AbortSignal): Promise<number | undefined> {
    const { found, end } = await this.#page(since, { includeDocs: false, style: 'main_only' }, { limit: COUNTING_LIMIT, signal, isForCount: true });
    return end.pending === undefined && found > 0 ? undefined : found + (end.pending ?? 0);
  }

  async #page(since: string, shape: RowShape, { limit, signal, isForCount = false }: PageOptions) {
    const { database, wanted, passed, maxLineBytes } = this.#options;
    const response = await database.request({ path: '/_changes', query: probeQuery(since, limit, shape), signal });
    if (response.status !== 200) {
      await response.discard();
      throw new CouchError(codeOfStatus(response.status), `a probe was answered with ${response.status}`, { status: response.status });
    }
    const parser = new ChangesParser(isForCount ? { wanted: () => false, maxLineBytes } : { wanted, passed, maxLineBytes });
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

