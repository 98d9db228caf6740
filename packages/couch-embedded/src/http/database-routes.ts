import { badRequest, CouchRefusal, noDatabase, unauthorized } from '../couch-error.ts';
import { readDocumentEdit } from '../document/document-edit.ts';
import { applyEdit } from '../document/document-update.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Database } from '../storage/database.ts';
import { formatRevision } from '../tree/revision.ts';
import type { DocumentLimits } from './document-routes.ts';
import type { Exchange } from './exchange.ts';
import { newUuid } from './new-uuid.ts';
import { requireServerAdmin } from './server-admin.ts';

/** CouchDB's rule for names of databases, and the one server-owned name that is allowed here. */
const DATABASE_NAME = /^[a-z][a-z0-9_$()+/-]*$/;
const MAX_NAME_LENGTH = 238;
const SYSTEM_DATABASES = new Set(['_users', '_replicator', '_global_changes']);

/** Checks a database name; throws `illegal_database_name`. */
export function checkDatabaseName(name: string): void {
  if (SYSTEM_DATABASES.has(name)) return;
  if (name.length > MAX_NAME_LENGTH) throw new CouchRefusal(400, 'database_name_too_long', `Name: '${name}'. Must have less than ${MAX_NAME_LENGTH} characters.`);
  if (DATABASE_NAME.test(name)) return;
  throw new CouchRefusal(
    400,
    'illegal_database_name',
    `Name: '${name}'. Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, and / are allowed. Must begin with a letter.`,
  );
}

/** Limits of the whole server. */
export interface DatabaseLimits extends DocumentLimits {
  readonly maxDatabases: number;
}

/** `PUT /{db}`. */
export function createDatabase(exchange: Exchange, catalog: Catalog, name: string, limits: DatabaseLimits): void {
  requireServerAdmin(exchange);
  checkDatabaseName(name);
  if (catalog.has(name)) throw new CouchRefusal(412, 'file_exists', 'The database could not be created, the file already exists.');
  if (catalog.size >= limits.maxDatabases) throw new CouchRefusal(507, 'too_many_databases', `This server keeps at most ${limits.maxDatabases} databases.`);
  catalog.create(name, Math.floor(Date.now() / 1000));
  exchange.send(201, { ok: true }, { Location: `http://${exchange.header('host') ?? 'localhost'}/${encodeURIComponent(name)}` });
}

/** `DELETE /{db}`. */
export async function deleteDatabase(exchange: Exchange, catalog: Catalog, name: string): Promise<void> {
  requireServerAdmin(exchange);
  if (exchange.query.has('rev')) throw badRequest('You tried to DELETE a database with a ?=rev parameter. Did you mean to DELETE a document instead?');
  if (!(await catalog.delete(name))) throw noDatabase();
  exchange.send(200, { ok: true });
}

/** What `GET /{db}` answers. */
export function databaseInfo(database: Database): Record<string, unknown> {
  const { state, identity } = database;
  const { file, active } = database.tables.sizes();
  return {
    instance_start_time: String(identity.createdSeconds),
    db_name: identity.name,
    purge_seq: database.sequences.encode(state.purgeSeq),
    update_seq: database.sequences.encode(state.updateSeq),
    sizes: { file, external: active, active },
    props: {},
    doc_del_count: state.deletedCount,
    doc_count: state.documentCount,
    disk_format_version: 8,
    compact_running: false,
    cluster: { q: 1, n: 1, w: 1, r: 1 },
  };
}

/** `POST /{db}`: a document whose id the server may choose. */
export async function postDocument(exchange: Exchange, database: Database, limits: DocumentLimits): Promise<void> {
  exchange.requireJson();
  const value = await exchange.readJson({});
  const needsId = typeof value === 'object' && value !== null && !('_id' in value);
  const edit = readDocumentEdit(value, needsId ? newUuid() : undefined, limits.maxDocumentBytes);
  const revision = await database.write((batch) => applyEdit(batch, edit));
  const rev = formatRevision(revision);
  const location = `http://${exchange.header('host') ?? 'localhost'}/${encodeURIComponent(database.identity.name)}/${encodeURIComponent(edit.id)}`;
  exchange.send(201, { ok: true, id: edit.id, rev }, { ETag: `"${rev}"`, Location: location });
}

/** `_revs_limit` and `_purged_infos_limit`: a number in the database's settings. */
export async function handleLimit(exchange: Exchange, database: Database, setting: 'revsLimit' | 'purgedInfosLimit'): Promise<void> {
  exchange.allow('PUT', 'GET');
  if (exchange.method === 'GET') return exchange.send(200, database.settings[setting]);
  requireDatabaseAdmin(exchange, database);
  const value = await exchange.readJson();
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > 1_000_000) throw badRequest('`limit` must be an integer from 1');
  await database.write((batch) => {
    batch.settings = { ...batch.settings, [setting]: value };
  });
  exchange.send(200, { ok: true });
}

/** `_security`: stored as it is; members and admins are enforced. */
export async function handleSecurity(exchange: Exchange, database: Database, parse: (value: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
  exchange.allow('PUT', 'GET');
  if (exchange.method === 'GET') return exchange.send(200, database.settings.security);
  requireDatabaseAdmin(exchange, database);
  const value = await exchange.readJson();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('Request body must be a JSON object');
  const security = parse(value as Record<string, unknown>);
  await database.write((batch) => {
    batch.settings = { ...batch.settings, security };
  });
  exchange.send(200, { ok: true });
}

/** Refuses who is neither a server admin nor named as an admin of the database. */
export function requireDatabaseAdmin(exchange: Exchange, database: Database): void {
  if (!isListed(exchange, database.settings.security['admins']) && !exchange.user.roles.includes('_admin')) {
    throw unauthorized('You are not a db or server admin.');
  }
}

/** Refuses who may not read the database; an empty list of members means everybody. */
export function requireMember(exchange: Exchange, database: Database): void {
  const { members, admins } = database.settings.security;
  if (exchange.user.roles.includes('_admin') || isListed(exchange, members) || isListed(exchange, admins) || isOpen(members)) return;
  throw exchange.user.name === null
    ? unauthorized('You are not authorized to access this db.')
    : new CouchRefusal(403, 'forbidden', 'You are not allowed to access this db.');
}

function isOpen(list: unknown): boolean {
  const { names, roles } = readSecurityList(list);
  return names.length === 0 && roles.length === 0;
}

function isListed(exchange: Exchange, list: unknown): boolean {
  const { names, roles } = readSecurityList(list);
  const { name } = exchange.user;
  return (name !== null && names.includes(name)) || roles.some((role) => exchange.user.roles.includes(role));
}

function readSecurityList(list: unknown): { names: readonly string[]; roles: readonly string[] } {
  const { names, roles } = (typeof list === 'object' && list !== null ? list : {}) as { names?: unknown; roles?: unknown };
  return { names: Array.isArray(names) ? (names as string[]) : [], roles: Array.isArray(roles) ? (roles as string[]) : [] };
}
