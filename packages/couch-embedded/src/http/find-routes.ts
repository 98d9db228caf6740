/// <reference path="../pouchdb.d.ts" />
import { createFieldSorter } from 'pouchdb-selector-core';
import { createHash } from 'node:crypto';
import { badRequest, CouchRefusal, notFound } from '../couch-error.ts';
import { isObject, readDocumentEdit } from '../document/document-edit.ts';
import { winnerJson } from '../document/document-read.ts';
import { applyEdit } from '../document/document-update.ts';
import type { Database } from '../storage/database.ts';
import { winnerOf } from '../tree/revision-tree.ts';
import type { DocumentLimits } from './document-routes.ts';
import type { Exchange } from './exchange.ts';
import { readSelector, type DocumentMatcher } from './selector.ts';

const DEFAULT_LIMIT = 25;
/** Documents a sorted query may hold in memory. */
const MAX_SORTED = 100_000;
const ROWS_PER_READ = 256;
const WARNING = 'No matching index found, create an index to optimize query time.';

interface FindRequest {
  readonly selector: Record<string, unknown>;
  readonly matches: DocumentMatcher;
  readonly limit: number;
  readonly skip: number;
  readonly fields: readonly string[] | undefined;
  readonly sort: readonly Record<string, 'asc' | 'desc'>[];
  readonly conflicts: boolean;
  readonly stats: boolean;
}

type FoundDocument = Record<string, unknown>;

/** `POST /{db}/_find`: every document is looked at, which the answer's `warning` says. */
export async function handleFind(exchange: Exchange, database: Database): Promise<void> {
  exchange.allow('POST');
  const body = await exchange.readJsonObject({});
  const request = readFind(body);
  const bookmark = readBookmark(body['bookmark']);
  const started = performance.now();
  const { documents, examined } = await search(exchange, database, request, bookmark);
  const stats = { total_keys_examined: 0, total_docs_examined: examined, total_quorum_docs_examined: 0, results_returned: documents.length, execution_time_ms: performance.now() - started };
  const projected = documents.map((document) => JSON.stringify(project(document, request.fields)));
  const next = Buffer.from(JSON.stringify({ skip: bookmark + request.skip + documents.length })).toString('base64url');
  const extra = request.stats ? `,\n"execution_stats": ${JSON.stringify(stats)}` : '';
  exchange.sendJson(200, `{"docs":[\n${projected.join(',\n')}\n],\n"bookmark": "${next}"${extra},\n"warning": ${JSON.stringify(WARNING)}}`);
}

/** `POST /{db}/_explain`: always the same plan. */
export async function handleExplain(exchange: Exchange, database: Database): Promise<void> {
  exchange.allow('POST');
  const { selector, limit, skip, fields } = readFind(await exchange.readJsonObject({}));
  exchange.send(200, {
    dbname: database.identity.name,
    index: { ddoc: null, name: '_all_docs', type: 'special', def: { fields: [{ _id: 'asc' }] } },
    partitioned: false,
    selector,
    opts: { use_index: [], bookmark: 'nil', limit, skip, sort: {}, fields: fields ?? [], r: 1, conflicts: false },
    limit,
    skip,
    fields: fields ?? [],
    covering: false,
  });
}

/** `/{db}/_index`: definitions are kept as design documents, so that they replicate; queries do not use them. */
export async function handleIndex(exchange: Exchange, database: Database, limits: DocumentLimits, rest: readonly string[]): Promise<void> {
  if (exchange.method === 'DELETE' && rest.length >= 3) return deleteIndex(exchange, database, rest, limits);
  exchange.allow('GET', 'POST');
  if (exchange.method === 'GET') {
    const indexes = [{ ddoc: null, name: '_all_docs', type: 'special', def: { fields: [{ _id: 'asc' }] } }, ...storedIndexes(database)];
    return exchange.send(200, { total_rows: indexes.length, indexes });
  }
  const body = await exchange.readJsonObject({});
  const fields = isObject(body['index']) ? body['index']['fields'] : undefined;
  if (!Array.isArray(fields) || fields.length === 0) throw new CouchRefusal(400, 'missing_required_key', 'Missing required key: fields');
  if (body['type'] !== undefined && body['type'] !== 'json') throw badRequest('Only indexes of type json are kept.');
  const definition = { fields: Object.fromEntries(fields.map((field) => (isObject(field) ? (Object.entries(field)[0] ?? ['', 'asc']) : [String(field), 'asc']))) };
  const hash = createHash('sha1').update(JSON.stringify(definition)).digest('hex');
  const name = typeof body['name'] === 'string' ? body['name'] : hash;
  const id = `_design/${typeof body['ddoc'] === 'string' ? body['ddoc'].replace(/^_design\//, '') : hash}`;
  const view = { map: { ...definition, partial_filter_selector: {} }, reduce: '_count', options: { def: { fields } } };
  const edit = readDocumentEdit({ language: 'query', views: { [name]: view } }, id, limits.maxDocumentBytes);
  const exists = storedIndexes(database).some((index) => index.ddoc === id && index.name === name);
  if (!exists) await database.write((batch) => applyEdit(batch, edit));
  exchange.send(200, { result: exists ? 'exists' : 'created', id, name });
}

function storedIndexes(database: Database): { ddoc: string; name: string; type: string; def: unknown }[] {
  const start = Buffer.from('_design/');
  const end = Buffer.from('_design0');
  return Array.from(database.tables.keys('live', { start, end }), (key) => key.toString('utf8')).flatMap((id) => {
    const record = database.record(id);
    const document = record === undefined ? {} : (JSON.parse(winnerJson(database, record).toString('utf8')) as FoundDocument);
    if (document['language'] !== 'query' || !isObject(document['views'])) return [];
    return Object.entries(document['views']).map(([name, view]) => ({
      ddoc: id,
      name,
      type: 'json',
      partitioned: false,
      def: { fields: isObject(view) && isObject(view['map']) && isObject(view['map']['fields']) ? Object.entries(view['map']['fields']).map(([field, order]) => ({ [field]: order })) : [] },
    }));
  });
}

async function deleteIndex(exchange: Exchange, database: Database, rest: readonly string[], limits: DocumentLimits): Promise<void> {
  const parts = rest[0] === '_design' ? rest.slice(1) : rest;
  const id = `_design/${(parts[0] ?? '').replace(/^_design\//, '')}`;
  const index = storedIndexes(database).find((stored) => stored.ddoc === id && stored.name === parts[2]);
  const record = database.record(id);
  if (index === undefined || record === undefined) throw notFound('missing');
  const winner = winnerOf(record.tree);
  const edit = { ...readDocumentEdit({ _deleted: true }, id, limits.maxDocumentBytes), revision: winner };
  await database.write((batch) => applyEdit(batch, edit));
  exchange.send(200, { ok: true });
}

function readFind(body: Record<string, unknown>): FindRequest {
  const { selector } = body;
  if (selector === undefined) throw new CouchRefusal(400, 'missing_required_key', 'Missing required key: selector');
  if (!isObject(selector)) throw new CouchRefusal(400, 'invalid_selector_json', `Selector must be a JSON object, not: ${JSON.stringify(selector)}`);
  const matches = readSelector(selector);
  const { fields } = body;
  if (fields !== undefined && (!Array.isArray(fields) || !fields.every((field) => typeof field === 'string'))) throw new CouchRefusal(400, 'invalid_fields', 'Fields must be an array of strings');
  return {
    selector,
    matches,
    limit: readCount(body['limit'], DEFAULT_LIMIT),
    skip: readCount(body['skip'], 0),
    fields: fields === undefined || fields.length === 0 ? undefined : (fields as string[]),
    sort: readSort(body['sort']),
    conflicts: body['conflicts'] === true,
    stats: body['execution_stats'] === true,
  };
}

function readCount(value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw badRequest(`Invalid value for non-negative integer: ${JSON.stringify(value)}`);
  return value;
}

function readSort(value: unknown): readonly Record<string, 'asc' | 'desc'>[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new CouchRefusal(400, 'invalid_sort_json', 'Sort must be an array of sort specs');
  const sort = value.map((field: unknown) => (typeof field === 'string' ? { [field]: 'asc' as const } : (field as Record<string, 'asc' | 'desc'>)));
  if (!sort.every((field) => isObject(field) && Object.values(field).length === 1 && ['asc', 'desc'].includes(String(Object.values(field)[0])))) {
    throw new CouchRefusal(400, 'invalid_sort_json', 'Sort must be an array of sort specs');
  }
  return sort;
}

function readBookmark(value: unknown): number {
  if (value === undefined || value === null || value === 'nil' || value === '') return 0;
  if (typeof value !== 'string') throw new CouchRefusal(400, 'invalid_bookmark', `Invalid bookmark value: ${JSON.stringify(value)}`);
  try {
    const { skip } = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as { skip?: unknown };
    if (typeof skip === 'number' && Number.isSafeInteger(skip) && skip >= 0) return skip;
  } catch (error) {
    throw new CouchRefusal(400, 'invalid_bookmark', `Invalid bookmark value: ${JSON.stringify(value)}`, { cause: error });
  }
  throw new CouchRefusal(400, 'invalid_bookmark', `Invalid bookmark value: ${JSON.stringify(value)}`);
}

async function search(exchange: Exchange, database: Database, request: FindRequest, bookmark: number): Promise<{ documents: FoundDocument[]; examined: number }> {
  const sorted = request.sort.length > 0;
  const skip = request.skip + bookmark;
  const enough = sorted ? MAX_SORTED : skip + request.limit;
  const found: { doc: FoundDocument }[] = [];
  let examined = 0;
  for await (const document of documentsInOrder(database, request.conflicts)) {
    examined += 1;
    if (exchange.response.destroyed) break;
    if (request.matches(document)) found.push({ doc: document });
    if (found.length >= enough) break;
  }
  if (sorted && found.length >= MAX_SORTED) throw new CouchRefusal(400, 'no_usable_index', `More than ${MAX_SORTED} documents match; they are too many to sort.`);
  if (sorted) {
    const direction = Object.values(request.sort[0] ?? {})[0] === 'desc' ? -1 : 1;
    const compare = createFieldSorter(request.sort);
    found.sort((a, b) => direction * compare(a, b));
  }
  return { documents: found.slice(skip, skip + request.limit).map(({ doc }) => doc), examined };
}

/** Every living document that is not a design document, by id; gives way to other requests between reads. */
async function* documentsInOrder(database: Database, conflicts: boolean): AsyncGenerator<FoundDocument> {
  let from = Buffer.from([0]);
  for (;;) {
    const keys = Array.from(database.tables.keys('live', { start: from, limit: ROWS_PER_READ }), (key) => Buffer.from(key));
    for (const key of keys) {
      const id = key.toString('utf8');
      const record = id.startsWith('_design/') ? undefined : database.record(id);
      if (record !== undefined && !winnerOf(record.tree).deleted) yield JSON.parse(winnerJson(database, record, { conflicts }).toString('utf8')) as FoundDocument;
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < ROWS_PER_READ || database.closed) return;
    from = Buffer.concat([last, Buffer.from([0])]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** `fields`: dots lead into objects. */
function project(document: FoundDocument, fields: readonly string[] | undefined): FoundDocument {
  if (fields === undefined) return document;
  const result: FoundDocument = Object.create(null) as FoundDocument;
  for (const field of fields) {
    const path = field.split('.');
    let value: unknown = document;
    for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    if (value === undefined) continue;
    let target = result;
    for (const name of path.slice(0, -1)) {
      const inner = isObject(target[name]) ? target[name] : (Object.create(null) as FoundDocument);
      target[name] = inner;
      target = inner;
    }
    target[path.at(-1) as string] = value;
  }
  return result;
}
