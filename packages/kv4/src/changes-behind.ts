import { ChangesParser, type ChangeRow } from '@xir/couch-feed';
import { Kv4Error } from '@xir/kv4-core';
import type { CouchStore } from '@xir/kv4-couch';

/** Rows read at once. */
const PIECE = 500;

export interface ChangesBehindOptions {
  readonly store: CouchStore;
  readonly since: string;
  readonly wanted: (id: string) => boolean;
  readonly signal: AbortSignal | undefined;
}

interface Piece {
  readonly rows: readonly ChangeRow[];
  readonly last: string | undefined;
  readonly isLast: boolean;
}

/**
 * Reads the change feed behind a sequence to its present end, with documents: wanted rows, and after each piece the sequence it ends with. `unknown`: the database
 * does not know the sequence. Throws `KV4_UNAVAILABLE`.
 */
export async function* changesBehind(options: ChangesBehindOptions): AsyncGenerator<ChangeRow | { readonly last: string } | 'unknown', void, undefined> {
  let { since } = options;
  for (;;) {
    const piece = await readPiece(options, since);
    if (piece === undefined) return yield 'unknown';
    yield* piece.rows;
    if (piece.last !== undefined) yield { last: piece.last };
    if (piece.last === undefined || piece.isLast) return;
    since = piece.last;
  }
}

async function readPiece({ store, wanted, signal }: ChangesBehindOptions, since: string): Promise<Piece | undefined> {
  const { heads } = store;
  const request = heads.database.request({
    path: '/_changes',
    query: { since, limit: PIECE, include_docs: true, style: 'all_docs' },
    ...(signal === undefined ? {} : { signal }),
  });
  const response = await heads.guard(request, signal);
  if (response.status !== 200) {
    await response.discard();
    if (response.status >= 500 || response.status === 429) throw new Kv4Error('KV4_UNAVAILABLE', `the change feed was answered with ${response.status}`);
    return undefined;
  }
  const parser = new ChangesParser({ wanted });
  const rows: ChangeRow[] = [];
  let scanned = 0;
  let last: string | undefined;
  const take = (found: ReturnType<ChangesParser['push']>): void => {
    rows.push(...found.rows);
    scanned += found.scanned;
    last = found.end?.lastSeq ?? last;
  };
  const read = async (): Promise<void> => {
    for await (const piece of response.body) take(parser.push(piece));
    take(parser.end());
  };
  await heads.guard(read(), signal);
  return { rows, last, isLast: scanned < PIECE };
}
