import type { FakeCouch } from './fake-couch.ts';
import { jsonResponse, type FakeRequest, type FakeResponse } from './fake-exchange.ts';
import type { FakeDatabase } from './fake-database.ts';
import { FakeStream, rowText } from './fake-stream.ts';

const NOT_FOUND = { error: 'not_found', reason: 'missing' };

/** Answers what is asked of one database. */
export function answerDatabase(server: FakeCouch, request: FakeRequest, name: string): FakeResponse {
  const { method, segments } = request;
  const database = server.databases.get(name);
  if (segments.length === 1) return answerWhole(server, request, name, database);
  if (database === undefined) return jsonResponse(404, { error: 'not_found', reason: 'Database does not exist.' });
  const endpoint = segments[1];
  if (endpoint === '_changes') return answerChanges(server, database, request.query);
  if (endpoint === '_bulk_docs' && method === 'POST') return answerBulk(database, request.body);
  if (endpoint === '_bulk_get' && method === 'POST') return answerBulkGet(database, request);
  if (endpoint === '_all_docs') return answerAllDocs(database, request.query);
  if (endpoint === '_purge' && method === 'POST') return answerPurge(database, request.body);
  if (endpoint === '_purged_infos') {
    return server.hasPurgedInfos ? jsonResponse(200, { purged_infos: database.purges }) : jsonResponse(404, NOT_FOUND);
  }
  if (endpoint === '_local') return answerLocal(database, request, segments.slice(2).join('/'));
  return answerDocument(database, request, segments.slice(1).join('/'));
}

function answerWhole(server: FakeCouch, request: FakeRequest, name: string, database: FakeDatabase | undefined): FakeResponse {
  switch (request.method) {
    case 'PUT':
      if (database !== undefined) return jsonResponse(412, { error: 'file_exists', reason: 'The database could not be created, the file already exists.' });
      server.create(name);
      return jsonResponse(201, { ok: true });
    case 'DELETE':
      return server.remove(name) ? jsonResponse(200, { ok: true }) : jsonResponse(404, NOT_FOUND);
    default:
      if (database === undefined) return jsonResponse(404, { error: 'not_found', reason: 'Database does not exist.' });
      return jsonResponse(200, {
        db_name: name,
        instance_start_time: database.startTime,
        purge_seq: `${database.purgeCount}-g1AAAA${database.uuid}`,
        update_seq: database.seq(database.position),
        doc_count: [...database.documents.keys()].filter((id) => database.winner(id)?.deleted === false).length,
        doc_del_count: [...database.documents.keys()].filter((id) => database.winner(id)?.deleted === true).length,
        sizes: { file: 1, external: 1, active: 1 },
      });
  }
}

function answerChanges(server: FakeCouch, database: FakeDatabase, query: URLSearchParams): FakeResponse {
  const after = database.positionOf(query.get('since') ?? '0');
  const shape = { includeDocs: query.get('include_docs') === 'true', allLeaves: query.get('style') === 'all_docs' };
  const limit = Number(query.get('limit') ?? Infinity);
  const feed = query.get('feed');
  if (feed === 'continuous' || feed === 'longpoll') {
    const heartbeat = query.get('heartbeat');
    const stream = new FakeStream({
      database,
      clock: server.clock,
      after,
      ...shape,
      feed,
      heartbeatMs: heartbeat === null ? undefined : Number(heartbeat),
      timeoutMs: Number(query.get('timeout') ?? 60_000),
      limit,
      onClosed: (closed) => void server.streams.delete(closed),
      settings: server.streamDefaults,
    });
    if (!stream.body.over) server.streams.add(stream);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: stream.body, headersAfterMs: 0 };
  }
  const rows = database.rows(after);
  const given = rows.slice(0, limit);
  const last = given.at(-1)?.position ?? after;
  return jsonResponse(200, {
    results: given.map(({ id, position }) => JSON.parse(rowText(database, id, database.seq(position), shape)) as unknown),
    last_seq: database.seq(last),
    pending: rows.length - given.length,
  });
}

function answerBulk(database: FakeDatabase, text: string): FakeResponse {
  const { docs, new_edits } = JSON.parse(text) as { docs: Record<string, unknown>[]; new_edits?: boolean };
  const results: unknown[] = [];
  for (const doc of docs) {
    const { _id, _rev, ...body } = doc;
    const id = String(_id);
    const rev = typeof _rev === 'string' ? _rev : undefined;
    if (new_edits === false) {
      database.graft(id, { rev: rev ?? '', deleted: body['_deleted'] === true, body });
      continue;
    }
    const next = database.put(id, body, rev);
    results.push(next === undefined ? { id, error: 'conflict', reason: 'Document update conflict.' } : { ok: true, id, rev: next });
  }
  return jsonResponse(201, results);
}

/** All leaves of each document, as without revisions; ancestry of one generation. */
function answerBulkGet(database: FakeDatabase, { body, query }: FakeRequest): FakeResponse {
  const { docs } = JSON.parse(body) as { docs: readonly { id: string }[] };
  const ancestry = (rev: string) => (query.get('revs') === 'true' ? { _revisions: { start: Number.parseInt(rev, 10), ids: [rev.slice(rev.indexOf('-') + 1)] } } : {});
  const results = docs.map(({ id }) => {
    const leaves = database.leaves(id).map(({ rev, deleted, body: fields }) => ({ ok: { ...fields, _id: id, _rev: rev, ...(deleted ? { _deleted: true } : {}), ...ancestry(rev) } }));
    return { id, docs: leaves.length > 0 ? leaves : [{ error: { id, rev: 'undefined', error: 'not_found', reason: 'missing' } }] };
  });
  return jsonResponse(200, { results });
}

/** Living documents in a range of ids, both ways. */
function answerAllDocs(database: FakeDatabase, query: URLSearchParams): FakeResponse {
  const bound = (name: string): string | undefined => (query.has(name) ? (JSON.parse(query.get(name) ?? '""') as string) : undefined);
  const descending = query.get('descending') === 'true';
  const [low, high] = descending ? [bound('endkey'), bound('startkey')] : [bound('startkey'), bound('endkey')];
  const compare = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));
  const withoutHigh = !descending && query.get('inclusive_end') === 'false';
  const ids = [...database.documents.keys()]
    .filter((id) => database.winner(id)?.deleted === false)
    .filter((id) => (low === undefined || compare(id, low) >= 0) && (high === undefined || compare(id, high) < (withoutHigh ? 0 : 1)))
    .sort(descending ? (left, right) => compare(right, left) : compare)
    .slice(0, Number(query.get('limit') ?? Infinity));
  const rows = ids.map((id) => {
    const [winner, ...others] = database.leaves(id);
    const conflicts = others.filter(({ deleted }) => !deleted).map(({ rev }) => rev);
    const doc = { _id: id, _rev: winner?.rev, ...winner?.body, ...(query.get('conflicts') === 'true' && conflicts.length > 0 ? { _conflicts: conflicts } : {}) };
    return { id, key: id, value: { rev: winner?.rev }, ...(query.get('include_docs') === 'true' ? { doc } : {}) };
  });
  return jsonResponse(200, { total_rows: rows.length, offset: 0, rows });
}

function answerPurge(database: FakeDatabase, text: string): FakeResponse {
  const purged: Record<string, readonly string[]> = {};
  for (const [id, revs] of Object.entries(JSON.parse(text) as Record<string, string[]>)) purged[id] = database.purge(id, revs);
  return jsonResponse(201, { purge_seq: null, purged });
}

function answerLocal(database: FakeDatabase, request: FakeRequest, name: string): FakeResponse {
  const local = database.locals.get(name);
  if (request.method === 'GET') {
    return local === undefined ? jsonResponse(404, NOT_FOUND) : jsonResponse(200, { _id: `_local/${name}`, _rev: `0-${local.rev}`, ...local.body });
  }
  const { _rev, ...body } = JSON.parse(request.body) as Record<string, unknown>;
  if ((local === undefined ? undefined : `0-${local.rev}`) !== _rev) return jsonResponse(409, { error: 'conflict', reason: 'Document update conflict.' });
  const rev = (local?.rev ?? 0) + 1;
  database.locals.set(name, { rev, body });
  return jsonResponse(201, { ok: true, id: `_local/${name}`, rev: `0-${rev}` });
}

function answerDocument(database: FakeDatabase, request: FakeRequest, id: string): FakeResponse {
  const winner = database.winner(id);
  if (request.method === 'GET') {
    if (winner === undefined || winner.deleted) return jsonResponse(404, { ...NOT_FOUND, reason: winner === undefined ? 'missing' : 'deleted' });
    return jsonResponse(200, { _id: id, _rev: winner.rev, ...winner.body });
  }
  const deleting = request.method === 'DELETE';
  const { _rev, _id, ...body } = (deleting ? { _rev: request.query.get('rev') ?? undefined, _deleted: true } : JSON.parse(request.body)) as Record<string, unknown>;
  const rev = database.put(id, body, typeof _rev === 'string' ? _rev : undefined);
  if (rev === undefined) return jsonResponse(409, { error: 'conflict', reason: 'Document update conflict.' });
  return jsonResponse(deleting ? 200 : 201, { ok: true, id: typeof _id === 'string' ? _id : id, rev });
}
