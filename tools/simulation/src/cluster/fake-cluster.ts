import type { SeededRandom } from '../seeded-random.ts';
import { ChangesCursor, type RowShape } from './changes-cursor.ts';
import { ClusterDatabase, type DatabaseShape, type StoredListener } from './cluster-database.ts';
import { allDocsRoute, bulkDocsRoute, bulkGetRoute, documentRoute, purgedInfosRoute, purgeRoute } from './document-routes.ts';
import { answer, refusal, type ClusterAnswer, type ClusterRequest } from './exchange.ts';
import { SequenceBook } from './sequence-book.ts';

/** Settings of a {@link FakeCluster}. */
export interface FakeClusterOptions {
  readonly shape: DatabaseShape;
  readonly random: SeededRandom;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
  readonly onStored?: StoredListener;
}

/** A feed that was asked for: what it reads, and how it is to be written. */
export interface OpenedFeed {
  readonly kind: 'continuous' | 'longpoll';
  readonly database: ClusterDatabase;
  readonly cursor: ChangesCursor;
  readonly shape: RowShape;
  readonly heartbeatMs: number | undefined;
  readonly timeoutMs: number;
  readonly limit: number;
}

const DEFAULT_FEED_TIMEOUT_MS = 60_000;

/** A CouchDB cluster in plain memory. It answers requests at once; what takes time, gets lost or comes late is the network's matter. */
export class FakeCluster {
  readonly book = new SequenceBook();
  readonly databases = new Map<string, ClusterDatabase>();
  readonly #options: FakeClusterOptions;
  #lives = 0;
  /** Requests answered. */
  requests = 0;

  constructor(options: FakeClusterOptions) {
    this.#options = options;
  }

  /** A database that must be there. Throws `TypeError`. */
  database(name: string): ClusterDatabase {
    const database = this.databases.get(name);
    if (database === undefined) throw new TypeError(`there is no database ${name}`);
    return database;
  }

  create(name: string, shape: DatabaseShape = this.#options.shape): ClusterDatabase {
    this.#lives += 1;
    const { random, now, onStored = () => undefined } = this.#options;
    const database = new ClusterDatabase(shape, { life: this.#lives, nowMs: now(), random, book: this.book, onStored });
    this.databases.set(name, database);
    return database;
  }

  /** Deletes a database; its feeds end. */
  remove(name: string): boolean {
    const database = this.databases.get(name);
    if (database === undefined) return false;
    this.databases.delete(name);
    database.exists = false;
    database.changed();
    return true;
  }

  /** Answers a request, or opens the feed it asks for. */
  handle(request: ClusterRequest): ClusterAnswer | OpenedFeed {
    this.requests += 1;
    const [name = '', ...rest] = request.segments;
    if (name === '') return answer(200, { couchdb: 'Welcome', version: '3.5.0' });
    if (rest.length === 0) return this.#databaseRoute(request, name);
    const database = this.databases.get(name);
    if (database === undefined) return refusal(404, 'not_found', 'Database does not exist.');
    switch (rest[0]) {
      case '_bulk_docs':
        return bulkDocsRoute(database, request);
      case '_bulk_get':
        return bulkGetRoute(database, request);
      case '_all_docs':
        return allDocsRoute(database, request);
      case '_changes':
        return this.#changesRoute(database, request);
      case '_purged_infos':
        return purgedInfosRoute(database);
      case '_purge':
        return purgeRoute(database, request);
      case '_revs_limit':
        if (request.method === 'PUT') database.revsLimit = Number(request.body);
        return request.method === 'PUT' ? answer(200, { ok: true }) : answer(200, database.revsLimit);
      default:
        return documentRoute(database, request, rest.join('/'));
    }
  }

  #databaseRoute(request: ClusterRequest, name: string): ClusterAnswer {
    if (request.method === 'PUT') {
      if (this.databases.has(name)) return refusal(412, 'file_exists', 'The database could not be created, the file already exists.');
      this.create(name);
      return answer(201, { ok: true });
    }
    if (request.method === 'DELETE') return this.remove(name) ? answer(200, { ok: true }) : refusal(404, 'not_found', 'missing');
    const database = this.databases.get(name);
    if (database === undefined) return refusal(404, 'not_found', 'Database does not exist.');
    const updateSeq = database.updateSeq();
    if (updateSeq === undefined) return refusal(500, 'nodedown', 'progress not possible');
    return answer(200, {
      db_name: name,
      instance_start_time: database.instanceStartTime,
      update_seq: updateSeq,
      purge_seq: `${database.purges.length}-g1AAAABX`,
      doc_count: 0,
      doc_del_count: 0,
      sizes: { file: 0 },
    });
  }

  #changesRoute(database: ClusterDatabase, request: ClusterRequest): ClusterAnswer | OpenedFeed {
    const { query } = request;
    const cursor = ChangesCursor.open(database, query.get('since') ?? '0', this.#options.random);
    if (cursor === undefined) return refusal(500, 'nodedown', 'progress not possible');
    const shape = { includeDocs: query.get('include_docs') === 'true', allLeaves: query.get('style') === 'all_docs' };
    const limit = Number(query.get('limit') ?? Number.POSITIVE_INFINITY);
    const feed = query.get('feed') ?? 'normal';
    if (feed === 'normal') {
      const rows = cursor.take(limit, shape);
      return { status: 200, text: `{"results":[\n${rows.join(',\n')}\n],\n"last_seq":"${cursor.sequence}","pending":${cursor.pending}}\n` };
    }
    const heartbeat = query.get('heartbeat');
    return {
      kind: feed === 'longpoll' ? 'longpoll' : 'continuous',
      database,
      cursor,
      shape,
      heartbeatMs: heartbeat === null ? undefined : heartbeat === 'true' ? DEFAULT_FEED_TIMEOUT_MS : Number(heartbeat),
      timeoutMs: Number(query.get('timeout') ?? DEFAULT_FEED_TIMEOUT_MS),
      limit,
    };
  }
}

/** Whether a request was answered by opening a feed. */
export function isFeed(answered: ClusterAnswer | OpenedFeed): answered is OpenedFeed {
  return 'cursor' in answered;
}
