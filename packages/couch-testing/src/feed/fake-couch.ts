import type { Clock } from '@xir/couch-client';
import { FakeDatabase } from './fake-database.ts';
import { answerDatabase } from './fake-endpoints.ts';
import { jsonResponse, type FakeRequest, type FakeResponse } from './fake-exchange.ts';
import type { FakeStream } from './fake-stream.ts';

/** A scripted deviation: asked before the server answers; `undefined` lets the request pass. */
export interface FakeRule {
  readonly name: string;
  answer(request: FakeRequest): FakeResponse | undefined;
}

/** Whether a request is for a feed that stays open (continuous or long poll). */
export function isFeedRequest(request: FakeRequest): boolean {
  const feed = request.query.get('feed');
  return request.segments[1] === '_changes' && (feed === 'continuous' || feed === 'longpoll');
}

/** Settings of a {@link FakeCouch}. */
export interface FakeCouchOptions {
  readonly clock: Clock;
  /** User and password that `_session` and Basic accept. Default: nobody needs to log in. */
  readonly user?: { readonly name: string; readonly password: string };
  /** Life of a cookie in milliseconds. Default 600 000. */
  readonly cookieLifetimeMs?: number;
}

/**
 * A CouchDB in memory whose every misbehaviour can be scripted: the endings of a feed, refusals, silence, rewinds, duplicates, re-creation, restore, purge.
 * Used as a transport (`fakeTransport`) or over real HTTP (`listenFake`).
 */
export class FakeCouch {
  readonly clock: Clock;
  readonly databases = new Map<string, FakeDatabase>();
  /** Every request, in order. */
  readonly requests: FakeRequest[] = [];
  /** Open feeds. */
  readonly streams = new Set<FakeStream>();
  /** Asked in order before a request is answered. */
  rules: FakeRule[] = [];
  /** Settings that new feeds take over. */
  streamDefaults: { pieceBytes?: number; rowsStalled?: boolean; bufferBytes?: number; nullSeqs?: boolean } = {};
  /** Whether `_purged_infos` exists. */
  hasPurgedInfos = true;
  readonly #user: FakeCouchOptions['user'];
  readonly #cookieLifetimeMs: number;
  readonly #cookies = new Map<string, number>();
  #lives = 0;

  constructor(options: FakeCouchOptions) {
    this.clock = options.clock;
    this.#user = options.user;
    this.#cookieLifetimeMs = options.cookieLifetimeMs ?? 600_000;
  }

  database(name: string): FakeDatabase {
    const database = this.databases.get(name);
    if (database === undefined) throw new Error(`no database ${name}`);
    return database;
  }

  create(name: string): FakeDatabase {
    this.#lives += 1;
    const database = new FakeDatabase(name, String(1_700_000_000 + this.#lives));
    this.databases.set(name, database);
    return database;
  }

  /** Deletes a database; its feeds end in order, as CouchDB's do. */
  remove(name: string): boolean {
    for (const stream of [...this.streams]) if (stream.database.name === name) stream.endWithLastSeq();
    return this.databases.delete(name);
  }

  /** Adds a rule that applies to the next `times` requests that match. Answers how to remove it. */
  script(name: string, matches: (request: FakeRequest) => boolean, respond: (request: FakeRequest) => FakeResponse, times = Infinity): () => void {
    let left = times;
    const rule: FakeRule = {
      name,
      answer: (request) => {
        if (left <= 0 || !matches(request)) return undefined;
        left -= 1;
        return respond(request);
      },
    };
    this.rules.push(rule);
    return () => {
      this.rules = this.rules.filter((each) => each !== rule);
    };
  }

  /** Answers a request. Never throws. */
  handle(request: FakeRequest): FakeResponse {
    this.requests.push(request);
    for (const rule of this.rules) {
      const answer = rule.answer(request);
      if (answer !== undefined) return answer;
    }
    return this.answer(request);
  }

  /** Answers a request as an untroubled server would. */
  answer(request: FakeRequest): FakeResponse {
    const [first] = request.segments;
    if (first === '_session' && request.method === 'POST') return this.#logIn(request);
    if (!this.#accepts(request)) return jsonResponse(401, { error: 'unauthorized', reason: 'You are not authorized to access this db.' });
    if (first === undefined || first === '') return jsonResponse(200, { couchdb: 'Welcome', version: '3.5.0' });
    return answerDatabase(this, request, first);
  }

  #logIn(request: FakeRequest): FakeResponse {
    const { name, password } = JSON.parse(request.body) as { name?: unknown; password?: unknown };
    if (this.#user === undefined || name !== this.#user.name || password !== this.#user.password) {
      return jsonResponse(401, { error: 'unauthorized', reason: 'Name or password is incorrect.' });
    }
    const cookie = `cookie${this.#cookies.size + 1}`;
    this.#cookies.set(cookie, this.clock.monotonic() + this.#cookieLifetimeMs);
    return jsonResponse(200, { ok: true }, { 'set-cookie': `AuthSession=${cookie}; Version=1; Max-Age=${this.#cookieLifetimeMs / 1000}; Path=/; HttpOnly` });
  }

  #accepts(request: FakeRequest): boolean {
    if (this.#user === undefined) return true;
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) {
      return authorization === `Basic ${Buffer.from(`${this.#user.name}:${this.#user.password}`).toString('base64')}`;
    }
    const ends = this.#cookies.get(cookie?.replace('AuthSession=', '') ?? '');
    return ends !== undefined && this.clock.monotonic() < ends;
  }
}
