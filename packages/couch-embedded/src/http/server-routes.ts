import { badRequest, CouchRefusal, notFound, notImplemented } from '../couch-error.ts';
import type { Catalog } from '../storage/catalog.ts';
import { databaseInfo } from './database-routes.ts';
import type { Exchange } from './exchange.ts';
import { newUuid } from './new-uuid.ts';
import { Parameters } from './query.ts';
import { requireServerAdmin } from './server-admin.ts';

const MAX_UUIDS = 1000;

/** `/`: who the server is. */
export function handleWelcome(exchange: Exchange, catalog: Catalog): void {
  exchange.allow('GET', 'HEAD');
  exchange.send(200, {
    couchdb: 'Welcome',
    version: '3.5.0',
    git_sha: 'embedded',
    uuid: catalog.uuid,
    features: ['embedded'],
    vendor: { name: 'Xir', variant: '@xir/couch-embedded' },
  });
}

/** Endpoints whose first segment begins with `_`. */
export async function handleServerEndpoint(exchange: Exchange, catalog: Catalog): Promise<void> {
  const name = exchange.segments[0] as string;
  if (name === '_up') {
    exchange.allow('GET', 'HEAD');
    return exchange.send(200, { status: 'ok', seeds: {} });
  }
  if (name === '_uuids') return sendUuids(exchange);
  if (name === '_utils' || name === 'favicon.ico') throw notFound('missing');
  requireServerAdmin(exchange);
  if (name === '_all_dbs') return sendAllDatabases(exchange, catalog);
  if (name === '_dbs_info') return sendDatabasesInfo(exchange, catalog);
  if (name === '_active_tasks') return exchange.send(200, []);
  if (name === '_node') return handleNode(exchange);
  if (name === '_membership') return exchange.send(200, { all_nodes: ['embedded@127.0.0.1'], cluster_nodes: ['embedded@127.0.0.1'] });
  if (name === '_replicate' || name === '_scheduler') throw notImplemented('This server does not replicate by itself; replicate from or to it.');
  throw notFound('Database does not exist.');
}

function sendUuids(exchange: Exchange): void {
  exchange.allow('GET');
  const count = Number(exchange.query.get('count') ?? '1');
  if (!Number.isSafeInteger(count) || count < 0) throw badRequest('count parameter is not a non-negative integer');
  if (count > MAX_UUIDS) throw badRequest('count parameter too large');
  exchange.send(200, { uuids: Array.from({ length: count }, newUuid) }, { 'Cache-Control': 'no-cache', Pragma: 'no-cache' });
}

function sendAllDatabases(exchange: Exchange, catalog: Catalog): void {
  exchange.allow('GET', 'HEAD');
  const parameters = new Parameters(exchange.query, {});
  const start = parameters.json('startkey', 'start_key')?.value;
  const end = parameters.json('endkey', 'end_key')?.value;
  const names = catalog.names().filter((name) => (typeof start !== 'string' || name >= start) && (typeof end !== 'string' || name <= end));
  if (parameters.boolean('descending')) names.reverse();
  const skip = parameters.count('skip') ?? 0;
  exchange.send(200, names.slice(skip, skip + (parameters.count('limit') ?? names.length)));
}

async function sendDatabasesInfo(exchange: Exchange, catalog: Catalog): Promise<void> {
  exchange.allow('GET', 'POST');
  const body = exchange.method === 'POST' ? await exchange.readJsonObject({}) : { keys: catalog.names() };
  const keys = body['keys'];
  if (!Array.isArray(keys)) throw badRequest('`keys` member must exist.');
  exchange.send(
    200,
    keys.map((key) => {
      const database = typeof key === 'string' ? catalog.get(key) : undefined;
      return database === undefined ? { key, error: 'not_found' } : { key, info: databaseInfo(database) };
    }),
  );
}

/** `_node/{name}/_config`: nothing is configured over HTTP; what clients look up is answered. */
function handleNode(exchange: Exchange): void {
  exchange.allow('GET', 'HEAD');
  const [, , what, section, key] = exchange.segments;
  if (what === undefined) return exchange.send(200, { name: 'embedded@127.0.0.1' });
  if (what === '_versions') return exchange.send(200, { javascript_engine: { name: 'none', version: '0' } });
  if (what !== '_config') throw notFound('missing');
  const config: Record<string, Record<string, string>> = { chttpd: { require_valid_user: 'false' }, couchdb: { uuid: '' }, vendor: { name: 'Xir' } };
  if (section === undefined) return exchange.send(200, config);
  const values = config[section];
  if (key === undefined) return exchange.send(200, values ?? {});
  const value = values?.[key];
  if (value === undefined) throw new CouchRefusal(404, 'not_found', 'unknown_config_value');
  exchange.send(200, value);
}
