import type { CouchDatabase } from '@xir/couch-client';
import { belongsToOneDatabase } from './replicate.ts';

/** What a comparison of two databases found. */
export interface Comparison {
  /** Documents of the source that are not deleted, those of one database's life left out. */
  readonly documents: number;
  /** Deleted documents of the source. */
  readonly deleted: number;
  /** Leaf revisions of the source, conflicts and deletions included: each was looked for in the target. */
  readonly revisions: number;
  /** Revisions that the target lacks. */
  readonly missing: number;
  /** Some documents with missing revisions, for the message. */
  readonly examples: readonly string[];
  /** Documents the target holds beyond those of the source; not 0 when it was not empty, or has been written to. */
  readonly additional: number;
}

/** Changes compared per request. */
export const VERIFY_PAGE_ROWS = 1000;
const MAX_EXAMPLES = 5;

interface ChangesPage {
  readonly last_seq: unknown;
  readonly results: readonly { readonly id: string; readonly deleted?: boolean; readonly changes: readonly { readonly rev: string }[] }[];
}

/**
 * Asks the target about every leaf revision of the source (`_changes?style=all_docs`, `_revs_diff`), a page at a time. A revision is a
 * digest of content and ancestry, so a target that has all revisions has all content.
 */
export async function compareDatabases(source: CouchDatabase, target: CouchDatabase): Promise<Comparison> {
  let since: unknown = 0;
  const found = { documents: 0, deleted: 0, revisions: 0, missing: 0 };
  const examples: string[] = [];
  for (;;) {
    const { body } = await source.json<ChangesPage>({
      path: '/_changes',
      query: { style: 'all_docs', limit: VERIFY_PAGE_ROWS, since: typeof since === 'string' ? since : JSON.stringify(since) },
    });
    const rows = body.results.filter(({ id }) => !belongsToOneDatabase(id));
    for (const row of rows) {
      found[row.deleted === true ? 'deleted' : 'documents'] += 1;
      found.revisions += row.changes.length;
    }
    for (const [id, revisions] of await missingRevisions(target, rows)) {
      found.missing += revisions;
      if (examples.length < MAX_EXAMPLES) examples.push(id);
    }
    if (body.results.length < VERIFY_PAGE_ROWS) break;
    since = body.last_seq;
  }
  const info = await target.info();
  const own = await countOwn(target);
  return { ...found, examples, additional: info.documentCount - own - found.documents };
}

async function missingRevisions(target: CouchDatabase, rows: ChangesPage['results']): Promise<[id: string, revisions: number][]> {
  if (rows.length === 0) return [];
  const asked = Object.fromEntries(rows.map(({ id, changes }) => [id, changes.map(({ rev }) => rev)]));
  const { body } = await target.json<Record<string, { readonly missing: readonly string[] }>>({ method: 'POST', path: '/_revs_diff', body: asked });
  return Object.entries(body).map(([id, { missing }]) => [id, missing.length]);
}

/** Documents of the target that describe its own life. */
async function countOwn(target: CouchDatabase): Promise<number> {
  const { body } = await target.json<{ readonly rows: readonly unknown[] }>({
    path: '/_all_docs',
    query: { start_key: JSON.stringify('x!'), end_key: JSON.stringify('x"'), inclusive_end: false },
  });
  return body.rows.length;
}
