import { noDatabase, notFound, notImplemented, CouchRefusal, illegalDocumentId } from '../couch-error.ts';
import { checkDocumentId } from '../document/document-id.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Database } from '../storage/database.ts';
import type { Authenticator } from '../access/authenticator.ts';
import { handleAllDocs, handleAllDocsQueries } from './all-docs-routes.ts';
import { handleAttachment } from './attachment-routes.ts';
import { handleBulkDocs, handleBulkGet, handleMissingRevs, handleRevsDiff } from './bulk-routes.ts';
import { handleChanges } from './changes-routes.ts';
import { checkDatabaseName, createDatabase, databaseInfo, deleteDatabase, handleLimit, handleSecurity, postDocument, requireMember, type DatabaseLimits } from './database-routes.ts';
import { handleDocument } from './document-routes.ts';
import type { Exchange } from './exchange.ts';
import { handleExplain, handleFind, handleIndex } from './find-routes.ts';
import { handleLocalDocument } from './local-routes.ts';
import { handlePurge, handlePurgedInfos } from './purge-routes.ts';
import { handleServerEndpoint, handleWelcome } from './server-routes.ts';
import { handleSession } from './session-routes.ts';

/** What a request may touch. */
export interface RouterContext {
  readonly catalog: Catalog;
  readonly limits: DatabaseLimits;
  readonly authenticator: Authenticator;
}

/** Answers one request whose user is known; throws refusals. */
export async function route(exchange: Exchange, context: RouterContext): Promise<void> {
  const [name, ...rest] = exchange.segments;
  if (name === '_session') return handleSession(exchange, context.authenticator);
  if (name === undefined) return handleWelcome(exchange, context.catalog);
  if (name.startsWith('_') && !context.catalog.has(name) && !(exchange.method === 'PUT' && rest.length === 0)) return handleServerEndpoint(exchange, context.catalog);
  if (rest.length === 0) return routeDatabase(exchange, context, name);
  const database = context.catalog.get(name);
  if (database === undefined) throw noDatabase();
  requireMember(exchange, database);
  return routeInside(exchange, context, database, rest);
}

async function routeDatabase(exchange: Exchange, context: RouterContext, name: string): Promise<void> {
  exchange.allow('DELETE', 'GET', 'HEAD', 'POST', 'PUT');
  if (exchange.method === 'PUT') return createDatabase(exchange, context.catalog, name, context.limits);
  if (exchange.method === 'DELETE') return deleteDatabase(exchange, context.catalog, name);
  const database = context.catalog.get(name);
  if (database === undefined) {
    checkDatabaseName(name);
    throw noDatabase();
  }
  requireMember(exchange, database);
  if (exchange.method === 'POST') return postDocument(exchange, database, context.limits);
  exchange.send(200, databaseInfo(database));
}

type Endpoint = (exchange: Exchange, database: Database, context: RouterContext, rest: readonly string[]) => Promise<void> | void;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  _all_docs: (exchange, database, _context, rest) => (rest[0] === 'queries' ? handleAllDocsQueries(exchange, database) : handleAllDocs(exchange, database)),
  _design_docs: (exchange, database) => handleAllDocs(exchange, database, '_design/'),
  _bulk_docs: (exchange, database, context) => handleBulkDocs(exchange, database, context.limits),
  _bulk_get: (exchange, database) => handleBulkGet(exchange, database),
  _changes: (exchange, database) => handleChanges(exchange, database),
  _revs_diff: (exchange, database) => handleRevsDiff(exchange, database),
  _missing_revs: (exchange, database) => handleMissingRevs(exchange, database),
  _revs_limit: (exchange, database) => handleLimit(exchange, database, 'revsLimit'),
  _purged_infos_limit: (exchange, database) => handleLimit(exchange, database, 'purgedInfosLimit'),
  _security: (exchange, database) => handleSecurity(exchange, database, (value) => value),
  _ensure_full_commit: (exchange, database) => {
    exchange.allow('POST');
    exchange.requireJson();
    exchange.send(201, { ok: true, instance_start_time: String(database.identity.createdSeconds) });
  },
  _purge: (exchange, database) => handlePurge(exchange, database),
  _purged_infos: (exchange, database) => handlePurgedInfos(exchange, database),
  _find: (exchange, database) => handleFind(exchange, database),
  _explain: (exchange, database) => handleExplain(exchange, database),
  _index: (exchange, database, context, rest) => handleIndex(exchange, database, context.limits, rest),
  _compact: acknowledge,
  _view_cleanup: acknowledge,
  _design: (exchange, database, context, rest) => routeDesign(exchange, database, context, rest),
  _local: (exchange, database, context, rest) => {
    if (rest.length === 0) throw illegalDocumentId('Illegal document id `_local/`');
    return handleLocalDocument(exchange, database, `_local/${rest.join('/')}`, context.limits.maxDocumentBytes);
  },
};

/** Work the engine does by itself. */
function acknowledge(exchange: Exchange): void {
  exchange.allow('POST');
  exchange.requireJson();
  exchange.send(202, { ok: true });
}

async function routeInside(exchange: Exchange, context: RouterContext, database: Database, rest: readonly string[]): Promise<void> {
  const [first, ...more] = rest as [string, ...string[]];
  const endpoint = Object.hasOwn(ENDPOINTS, first) ? ENDPOINTS[first] : undefined;
  if (endpoint !== undefined) return endpoint(exchange, database, context, more);
  if (first.startsWith('_design/')) return routeDesign(exchange, database, context, [first.slice('_design/'.length), ...more]);
  if (first.startsWith('_local/')) return handleLocalDocument(exchange, database, [first, ...more].join('/'), context.limits.maxDocumentBytes);
  if (first.startsWith('_') && (exchange.method === 'GET' || exchange.method === 'HEAD')) throw notFound('missing');
  checkDocumentId(first);
  if (more.length > 0) return handleAttachment(exchange, database, first, more.join('/'));
  return handleDocument(exchange, database, first, context.limits);
}

async function routeDesign(exchange: Exchange, database: Database, context: RouterContext, rest: readonly string[]): Promise<void> {
  const [name, ...more] = rest;
  if (name === undefined || name === '') throw new CouchRefusal(404, 'not_found', 'missing');
  const id = `_design/${name}`;
  checkDocumentId(id);
  if (more.length === 0) return handleDocument(exchange, database, id, context.limits);
  const function_ = more[0] as string;
  if (['_view', '_search', '_nouveau', '_info', '_list', '_show', '_update', '_rewrite'].includes(function_)) {
    if (database.record(id) === undefined) throw notFound('missing');
    throw notImplemented('Design documents are stored and replicated, but their functions are not run by this server.');
  }
  return handleAttachment(exchange, database, id, more.join('/'));
}
