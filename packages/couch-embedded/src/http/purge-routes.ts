import { applyPurge } from '../document/document-purge.ts';
import type { Database } from '../storage/database.ts';
import { formatRevision } from '../tree/revision.ts';
import { readRevisionsById } from './bulk-routes.ts';
import type { Exchange } from './exchange.ts';
import { requireServerAdmin } from './server-admin.ts';

/** `POST /{db}/_purge`: revisions are removed as if they had never been; no row of the feed says so. */
export async function handlePurge(exchange: Exchange, database: Database): Promise<void> {
  exchange.allow('POST');
  requireServerAdmin(exchange);
  const wanted = await readRevisionsById(exchange);
  const purged = await database.write((batch) =>
    Object.fromEntries(wanted.map(([id, revisions]) => [id, applyPurge(batch, id, revisions).map(formatRevision)])),
  );
  exchange.send(201, { purge_seq: null, purged });
}

/** `GET /{db}/_purged_infos`: what was purged, as far back as `_purged_infos_limit`. */
export function handlePurgedInfos(exchange: Exchange, database: Database): void {
  exchange.allow('GET');
  const infos = Array.from(database.tables.range('purges', {}), ({ value }) => value.toString('utf8'));
  exchange.sendJson(200, `{"purged_infos":[${infos.join(',')}]}`);
}
