import type { ClusterDatabase, EditAnswer } from './cluster-database.ts';
import { answer, refusal, type ClusterAnswer, type ClusterRequest } from './exchange.ts';
import { ancestryOf, documentText, graftOf, type RevisionNode } from './revision-node.ts';

const NO_PROGRESS = refusal(500, 'nodedown', 'progress not possible');
/** CouchDB's default `max_document_size`. */
const MAX_DOCUMENT_CHARACTERS = 8_000_000;

interface PresentedDocument {
  readonly id: string;
  readonly rev: string | undefined;
  readonly deleted: boolean;
  readonly fields: string;
  readonly ancestry: readonly string[] | undefined;
}

function present(document: Record<string, unknown>, id = String(document['_id'])): PresentedDocument {
  const { _id, _rev, _deleted, _revisions, ...rest } = document;
  const revisions = _revisions as { start: number; ids: string[] } | undefined;
  return {
    id,
    rev: typeof _rev === 'string' ? _rev : undefined,
    deleted: _deleted === true,
    fields: JSON.stringify(rest).slice(1, -1),
    ancestry: revisions?.ids.map((hash, index) => `${revisions.start - index}-${hash}`),
  };
}

/** `GET`, `PUT` and `DELETE` of one document. */
export function documentRoute(database: ClusterDatabase, request: ClusterRequest, id: string): ClusterAnswer {
  if (request.method === 'GET') return readDocument(database, request, id);
  const document = request.method === 'DELETE' ? { _rev: request.query.get('rev') ?? undefined, _deleted: true } : (JSON.parse(request.body) as Record<string, unknown>);
  const edit = present(document, id);
  if (edit.fields.length > MAX_DOCUMENT_CHARACTERS) return refusal(413, 'document_too_large', id);
  const { result, durable } = database.edit(edit);
  database.changed();
  if (result === 'conflict') return refusal(409, 'conflict', 'Document update conflict.');
  if (result === 'unavailable') return NO_PROGRESS;
  const done = request.method === 'DELETE' ? 200 : 201;
  return answer(durable ? done : 202, { ok: true, id, rev: result.rev });
}

function readDocument(database: ClusterDatabase, request: ClusterRequest, id: string): ClusterAnswer {
  const leaves = database.leaves(id);
  if (leaves === undefined) return NO_PROGRESS;
  const [winner] = leaves;
  if (winner === undefined) return refusal(404, 'not_found', 'missing');
  if (winner.deleted) return refusal(404, 'not_found', 'deleted');
  const { query } = request;
  const extra = (query.get('revs') === 'true' ? revisionsOf(winner, database.revsLimit) : '') + (query.get('conflicts') === 'true' ? conflictsOf(leaves) : '');
  return { status: 200, text: documentText(id, winner, extra) };
}

function revisionsOf(node: RevisionNode, limit: number): string {
  return `,"_revisions":${JSON.stringify({ start: node.generation, ids: ancestryOf(node, limit) })}`;
}

function conflictsOf(leaves: readonly RevisionNode[]): string {
  const losers = leaves.slice(1).filter((leaf) => !leaf.deleted);
  return losers.length === 0 ? '' : `,"_conflicts":${JSON.stringify(losers.map(({ rev }) => rev))}`;
}

/** `POST _bulk_docs`. Each document is decided alone; the feeds hear of them together. */
export function bulkDocsRoute(database: ClusterDatabase, request: ClusterRequest): ClusterAnswer {
  const { docs, new_edits } = JSON.parse(request.body) as { docs: Record<string, unknown>[]; new_edits?: boolean };
  if (new_edits === false) {
    for (const document of docs) {
      const { id, rev, deleted, fields, ancestry } = present(document);
      database.graft(id, graftOf(ancestry ?? [rev ?? ''], deleted, fields));
    }
    return answer(201, []);
  }
  let allDurable = true;
  const rows = docs.map((document) => {
    const edit = present(document);
    if (edit.fields.length > MAX_DOCUMENT_CHARACTERS) return { id: edit.id, error: 'document_too_large', reason: edit.id };
    const answered = database.edit(edit);
    if (!answered.durable) allDurable = false;
    return rowOf(edit.id, answered);
  });
  database.changed();
  return answer(allDurable ? 201 : 202, rows);
}

function rowOf(id: string, { result }: EditAnswer): object {
  if (result === 'conflict') return { id, error: 'conflict', reason: 'Document update conflict.' };
  if (result === 'unavailable') return { id, error: 'internal_server_error', reason: 'progress not possible' };
  return { ok: true, id, rev: result.rev };
}

/** `POST _bulk_get` without revisions: every leaf of each document. */
export function bulkGetRoute(database: ClusterDatabase, request: ClusterRequest): ClusterAnswer {
  const { docs } = JSON.parse(request.body) as { docs: { id: string }[] };
  const withRevs = request.query.get('revs') === 'true';
  const results: string[] = [];
  for (const { id } of docs) {
    const leaves = database.leaves(id);
    if (leaves === undefined) return NO_PROGRESS;
    const found = leaves.map((leaf) => `{"ok":${documentText(id, leaf, withRevs ? revisionsOf(leaf, database.revsLimit) : '')}}`);
    const missing = `{"error":{"id":${JSON.stringify(id)},"rev":"undefined","error":"not_found","reason":"missing"}}`;
    results.push(`{"id":${JSON.stringify(id)},"docs":[${found.length === 0 ? missing : found.join(',')}]}`);
  }
  return { status: 200, text: `{"results":[${results.join(',')}]}` };
}

/** `GET _all_docs` over a range: each shard is read from one replica, whatever the quorum. */
export function allDocsRoute(database: ClusterDatabase, request: ClusterRequest): ClusterAnswer {
  const { query } = request;
  const parsed = (name: string): string | undefined => (query.has(name) ? (JSON.parse(query.get(name) as string) as string) : undefined);
  const descending = query.get('descending') === 'true';
  const [startKey, endKey] = [parsed('startkey'), parsed('endkey')];
  const inclusive = query.get('inclusive_end') !== 'false';
  const limit = Number(query.get('limit') ?? Number.POSITIVE_INFINITY);
  const found: { readonly id: string; readonly leaves: readonly RevisionNode[] }[] = [];
  let total = 0;
  for (let shard = 0; shard < database.shards.length; shard += 1) {
    const replica = database.reader(shard);
    if (replica === undefined) return NO_PROGRESS;
    for (const [id, leaves] of replica.documents) {
      if (leaves[0]?.deleted !== false) continue;
      total += 1;
      const [low, high] = descending ? [endKey, startKey] : [startKey, endKey];
      if (low !== undefined && (compareText(id, low) < 0 || (descending && !inclusive && id === low))) continue;
      if (high !== undefined && (compareText(id, high) > 0 || (!descending && !inclusive && id === high))) continue;
      found.push({ id, leaves });
    }
  }
  found.sort((a, b) => (descending ? compareText(b.id, a.id) : compareText(a.id, b.id)));
  const rows = found.slice(0, limit).map(({ id, leaves }) => allDocsRow(id, leaves, query));
  return { status: 200, text: `{"total_rows":${total},"offset":0,"rows":[\n${rows.join(',\n')}\n]}` };
}

function allDocsRow(id: string, leaves: readonly RevisionNode[], query: URLSearchParams): string {
  const winner = leaves[0] as RevisionNode;
  const name = JSON.stringify(id);
  const doc = query.get('include_docs') === 'true' ? `,"doc":${documentText(id, winner, query.get('conflicts') === 'true' ? conflictsOf(leaves) : '')}` : '';
  return `{"id":${name},"key":${name},"value":{"rev":"${winner.rev}"}${doc}}`;
}

/** Ids of the simulation are within the range in which the order of UTF-16 units is that of bytes. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** `GET _purged_infos`. */
export function purgedInfosRoute(database: ClusterDatabase): ClusterAnswer {
  return answer(200, { purged_infos: database.purges.slice(-1_000) });
}

/** `POST _purge`. */
export function purgeRoute(database: ClusterDatabase, request: ClusterRequest): ClusterAnswer {
  const purged: Record<string, readonly string[]> = {};
  for (const [id, revs] of Object.entries(JSON.parse(request.body) as Record<string, string[]>)) purged[id] = database.purge(id, revs);
  return answer(201, { purge_seq: null, purged });
}
