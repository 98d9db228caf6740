import { badRequest, notFound, notImplemented } from '../couch-error.ts';
import { isObject } from '../document/document-edit.ts';
import type { Database } from '../storage/database.ts';
import { winnerOf } from '../tree/revision-tree.ts';
import { parseJson, type Exchange } from './exchange.ts';
import { Parameters } from './query.ts';
import { readSelector } from './selector.ts';

export type FeedKind = 'normal' | 'longpoll' | 'continuous' | 'eventsource';

/** Which rows a feed is to show; looked at only when {@link needsDocument} is false or the document was read. */
export interface RowFilter {
  readonly needsDocument: boolean;
  matches(id: string, document: () => unknown): boolean;
}

/** A request to `_changes`, checked. */
export interface ChangesRequest {
  readonly feed: FeedKind;
  readonly since: string;
  readonly limit: number;
  readonly descending: boolean;
  readonly includeDocs: boolean;
  readonly conflicts: boolean;
  readonly attachments: boolean;
  readonly allLeaves: boolean;
  /** Milliseconds between two signs of life; undefined: none. */
  readonly heartbeatMs: number | undefined;
  /** Milliseconds without a row after which a feed that waits is ended; used where there is no heartbeat. */
  readonly timeoutMs: number;
  readonly filter: RowFilter | undefined;
}

/** How long a feed without heartbeat waits for a row, in milliseconds; also the longest `timeout`. CouchDB's `changes_timeout`. */
export const DEFAULT_CHANGES_TIMEOUT_MS = 60_000;
const MAX_DOC_IDS = 100_000;

/** Reads the query and, for POST, the body. */
export async function readChangesRequest(exchange: Exchange, database: Database): Promise<ChangesRequest> {
  exchange.allow('GET', 'POST', 'HEAD');
  const body = exchange.method === 'POST' ? await exchange.readJsonObject({}) : {};
  const query = exchange.query;
  const parameters = new Parameters(query, {});
  const limit = query.get('limit') ?? undefined;
  return {
    feed: readFeed(query.get('feed')),
    since: exchange.header('last-event-id') ?? query.get('last-event-id') ?? readSince(query.get('since') ?? body['since']),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : readInteger('limit', limit),
    descending: query.get('descending') === 'true',
    includeDocs: query.get('include_docs') === 'true',
    conflicts: query.get('conflicts') === 'true',
    attachments: query.get('attachments') === 'true',
    allLeaves: readStyle(query.get('style')),
    heartbeatMs: readHeartbeat(query.get('heartbeat')),
    timeoutMs: Math.min(DEFAULT_CHANGES_TIMEOUT_MS, query.has('timeout') ? readInteger('timeout', query.get('timeout') ?? '') : DEFAULT_CHANGES_TIMEOUT_MS),
    filter: readFilter(query.get('filter'), body, parameters, database),
  };
}

function readFeed(value: string | null): FeedKind {
  if (value === null || value === 'normal') return 'normal';
  if (value === 'live') return 'continuous';
  if (value === 'longpoll' || value === 'continuous' || value === 'eventsource') return value;
  throw badRequest('Supported `feed` types: normal, continuous, live, longpoll, eventsource');
}

function readSince(value: unknown): string {
  if (value === undefined || value === null) return '0';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value;
  throw badRequest("Malformed sequence supplied in 'since' parameter.");
}

function readStyle(value: string | null): boolean {
  if (value === null || value === 'main_only') return false;
  if (value === 'all_docs') return true;
  throw badRequest('Supported `style` values: main_only, all_docs');
}

function readInteger(name: string, text: string): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw badRequest(`Invalid ${name} value. Expecting a non-negative integer.`);
  return value;
}

function readHeartbeat(value: string | null): number | undefined {
  if (value === null || value === 'false') return undefined;
  if (value === 'true') return DEFAULT_CHANGES_TIMEOUT_MS;
  const milliseconds = /^[0-9]{1,9}$/.test(value) ? Number(value) : 0;
  if (milliseconds < 1) throw badRequest('Invalid heartbeat value. Expecting a positive integer value (in milliseconds).');
  return milliseconds;
}

function readFilter(name: string | null, body: Record<string, unknown>, parameters: Parameters, database: Database): RowFilter | undefined {
  if (name === null || name === '') return undefined;
  if (name === '_doc_ids') return idsFilter(body['doc_ids'] ?? parameters.json('doc_ids')?.value);
  if (name === '_design') return { needsDocument: false, matches: (id) => id.startsWith('_design/') };
  if (name === '_selector') return selectorFilter(body['selector']);
  if (name === '_view') throw notImplemented('View filters need a query server, which this server does not have.');
  if (name.startsWith('_')) throw badRequest('unknown builtin filter name');
  return designFilter(name, database);
}

function idsFilter(value: unknown): RowFilter {
  if (!Array.isArray(value) || value.length > MAX_DOC_IDS || !value.every((id) => typeof id === 'string')) {
    throw badRequest('`doc_ids` filter parameter is not a list of doc ids.');
  }
  const ids = new Set(value as string[]);
  return { needsDocument: false, matches: (id) => ids.has(id) };
}

function selectorFilter(selector: unknown): RowFilter {
  if (selector === undefined) throw badRequest('Selector must be specified in POST payload');
  if (!isObject(selector)) throw badRequest('Selector error: expected a JSON object');
  const matches = readSelector(selector);
  return { needsDocument: true, matches: (_id, document) => matches(document()) };
}

/** `<design document>/<name>`: an error in every case, since functions are not run; CouchDB's own error where there is none to run. */
function designFilter(name: string, database: Database): never {
  const [design, filter, ...rest] = name.split('/');
  if (design === undefined || filter === undefined || rest.length > 0) throw badRequest('filter parameter must be of the form `designname/filtername`');
  const record = database.record(`_design/${design}`);
  if (record === undefined || winnerOf(record.tree).deleted) throw notFound(record === undefined ? 'missing' : 'deleted');
  const body = database.body(winnerOf(record.tree).body);
  const document = body === undefined ? {} : (parseJson(body.json) as Record<string, unknown>);
  const filters = document['filters'];
  if (!isObject(filters) || filters[filter] === undefined) throw notFound(`missing json key: ${isObject(filters) ? filter : 'filters'}`);
  throw notImplemented('Filter functions need a query server, which this server does not have.');
}
