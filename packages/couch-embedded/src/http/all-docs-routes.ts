import { badRequest, CouchRefusal } from '../couch-error.ts';
import { documentJson } from '../document/document-read.ts';
import type { Database } from '../storage/database.ts';
import { idKey } from '../storage/keys.ts';
import type { TableName } from '../storage/tables.ts';
import { formatRevision } from '../tree/revision.ts';
import { winnerOf } from '../tree/revision-tree.ts';
import type { Exchange } from './exchange.ts';
import { Output } from './output.ts';
import { Parameters } from './query.ts';

/** What a listing shows. */
export interface ListingRequest {
  readonly keys: readonly unknown[] | undefined;
  readonly start: Buffer | undefined;
  /** Exclusive when `inclusiveEnd` is false. */
  readonly end: Buffer | undefined;
  readonly inclusiveEnd: boolean;
  readonly descending: boolean;
  readonly limit: number;
  readonly skip: number;
  readonly includeDocs: boolean;
  readonly conflicts: boolean;
  readonly attachments: boolean;
  readonly updateSeq: boolean;
  /** The listing is known to be empty: its end lies before every id. */
  readonly empty: boolean;
}

const ROWS_PER_READ = 256;
/** Above every id: no byte of UTF-8 is 0xff. */
const AFTER_ALL_IDS = Buffer.from([0xff]);

/** `GET|POST /{db}/_all_docs`, and `_design_docs` with a prefix. Source: CouchDB 3.5, chapter "/{db}/_all_docs". */
export async function handleAllDocs(exchange: Exchange, database: Database, prefix = ''): Promise<void> {
  exchange.allow('GET', 'POST', 'HEAD');
  const body = exchange.method === 'POST' ? await exchange.readJsonObject({}) : {};
  const request = readListing(new Parameters(exchange.query, body), prefix);
  exchange.writeHead(200, { 'Content-Type': 'application/json' });
  if (exchange.method === 'HEAD') {
    exchange.response.end();
    return;
  }
  const output = new Output(exchange.response);
  await sendListing(database, request, output);
  output.text('\n');
  output.end();
}

/** `POST /{db}/_all_docs/queries`: several listings in one answer. */
export async function handleAllDocsQueries(exchange: Exchange, database: Database): Promise<void> {
  exchange.allow('POST');
  const body = await exchange.readJsonObject({});
  const queries = body['queries'];
  if (!Array.isArray(queries)) throw badRequest('`queries` body member must be an array.');
  const requests = queries.map((query) => readListing(new Parameters(exchange.query, query), ''));
  exchange.writeHead(200, { 'Content-Type': 'application/json' });
  const output = new Output(exchange.response);
  output.text('{"results":[\n');
  for (const [index, request] of requests.entries()) {
    if (index > 0) output.text(',\n');
    await sendListing(database, request, output);
  }
  output.text('\n]}\n');
  output.end();
}

/** Checks the parameters; throws CouchDB's refusals. */
export function readListing(parameters: Parameters, prefix: string): ListingRequest {
  const keys = parameters.json('keys')?.value;
  if (keys !== undefined && !Array.isArray(keys)) throw badRequest('`keys` body member must be an array.');
  const key = parameters.json('key');
  const descending = parameters.boolean('descending');
  const bounds = {
    start: bound(key ?? parameters.json('startkey', 'start_key'), descending),
    end: bound(key ?? parameters.json('endkey', 'end_key'), !descending),
  };
  const inclusive = parameters.json('inclusive_end')?.value;
  return {
    keys,
    start: bounds.start.key ?? (prefix === '' ? undefined : descending ? idKey(`${prefix}\u{10ffff}`) : idKey(prefix)),
    end: bounds.end.key ?? (prefix === '' ? undefined : descending ? idKey(prefix) : idKey(`${prefix}\u{10ffff}`)),
    inclusiveEnd: inclusive !== false,
    descending,
    limit: parameters.count('limit') ?? Number.POSITIVE_INFINITY,
    skip: parameters.count('skip') ?? 0,
    includeDocs: parameters.boolean('include_docs'),
    conflicts: parameters.boolean('conflicts'),
    attachments: parameters.boolean('attachments'),
    updateSeq: parameters.boolean('update_seq'),
    empty: bounds.start.empty || bounds.end.empty,
  };
}

/** A bound in collation order: null, booleans and numbers come before every string, lists and objects after. */
function bound(given: { value: unknown } | undefined, high: boolean): { key: Buffer | undefined; empty: boolean } {
  if (given === undefined) return { key: undefined, empty: false };
  if (typeof given.value === 'string') return { key: idKey(given.value), empty: false };
  const afterAll = typeof given.value === 'object' && given.value !== null;
  return { key: undefined, empty: afterAll !== high };
}

async function sendListing(database: Database, request: ListingRequest, output: Output): Promise<void> {
  const updateSeq = request.updateSeq ? `"update_seq":"${database.sequences.encode(database.state.updateSeq)}",` : '';
  const head = (offset: number | null) => `{"total_rows":${database.state.documentCount},"offset":${offset},${updateSeq}"rows":[\n`;
  if (request.keys !== undefined) {
    output.text(head(null));
    await sendKeys(database, request, request.keys, output);
  } else {
    const offset = request.start === undefined ? Math.min(request.skip, database.state.documentCount) : null;
    output.text(head(offset));
    if (!request.empty) await sendRange(database, request, output);
  }
  output.text('\n]}');
}

async function sendKeys(database: Database, request: ListingRequest, keys: readonly unknown[], output: Output): Promise<void> {
  const ordered = request.descending ? keys.toReversed() : keys;
  const chosen = ordered.slice(request.skip, request.limit === Number.POSITIVE_INFINITY ? undefined : request.skip + request.limit);
  for (const [index, key] of chosen.entries()) {
    if (index > 0) output.text(',\n');
    output.text(keyRowHead(key));
    sendKeyRow(database, request, key, output);
    if (index % ROWS_PER_READ === ROWS_PER_READ - 1 && output.needsDrain) await output.drain();
    if (output.isClosed) return;
  }
}

function keyRowHead(key: unknown): string {
  return typeof key === 'string' ? '' : `{"key":${JSON.stringify(key)},"error":"not_found"}`;
}

function sendKeyRow(database: Database, request: ListingRequest, key: unknown, output: Output): void {
  if (typeof key !== 'string') return;
  const record = key === '' ? undefined : database.record(key);
  const name = JSON.stringify(key);
  if (record === undefined) return output.text(`{"key":${name},"error":"not_found"}`);
  const winner = winnerOf(record.tree);
  output.text(`{"id":${name},"key":${name},"value":{"rev":"${formatRevision(winner)}"${winner.deleted ? ',"deleted":true' : ''}}`);
  if (request.includeDocs && winner.deleted) output.text(',"doc":null');
  else if (request.includeDocs) sendDocument(database, request, key, output);
  output.text('}');
}

function sendDocument(database: Database, request: ListingRequest, id: string, output: Output): void {
  const record = database.record(id);
  if (record === undefined) throw new CouchRefusal(500, 'internal_server_error', 'a listed document has no record');
  output.text(',"doc":');
  output.bytes(documentJson(database, record, winnerOf(record.tree), { conflicts: request.conflicts, attachments: request.attachments }));
}

async function sendRange(database: Database, request: ListingRequest, output: Output): Promise<void> {
  let first = true;
  for await (const { id, rev } of listLive(database, 'live', request, output)) {
    const name = JSON.stringify(id);
    output.text(`${first ? '' : ',\n'}{"id":${name},"key":${name},"value":{"rev":"${rev}"}`);
    if (request.includeDocs) sendDocument(database, request, id, output);
    output.text('}');
    first = false;
  }
}

/** Ids in order with the text stored beside them; waits for a slow reader between reads. */
async function* listLive(database: Database, table: TableName, request: ListingRequest, output: Output): AsyncGenerator<{ id: string; rev: string }> {
  let left = request.limit;
  let skip = request.skip;
  let from = request.start ?? (request.descending ? AFTER_ALL_IDS : Buffer.from([0]));
  let exclusive = false;
  while (left > 0 && !output.isClosed && !database.closed) {
    const rows = [...database.tables.range(table, { start: from, reverse: request.descending, limit: ROWS_PER_READ + (exclusive ? 1 : 0) })];
    if (exclusive && rows[0]?.key.equals(from) === true) rows.shift();
    for (const { key, value } of rows) {
      if (isPastEnd(key, request)) return;
      if (skip > 0) {
        skip -= 1;
        continue;
      }
      if (left === 0) return;
      left -= 1;
      yield { id: key.toString('utf8'), rev: value.toString('latin1', 6) };
    }
    if (rows.length < ROWS_PER_READ) return;
    from = Buffer.from((rows.at(-1) as { key: Buffer }).key);
    exclusive = true;
    if (output.needsDrain) await output.drain();
  }
}

function isPastEnd(key: Buffer, request: ListingRequest): boolean {
  if (request.end === undefined) return false;
  const order = request.descending ? request.end.compare(key) : key.compare(request.end);
  return order > 0 || (order === 0 && !request.inclusiveEnd);
}

