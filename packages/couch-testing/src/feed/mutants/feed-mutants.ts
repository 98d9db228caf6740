import type { CouchRequest } from '@xir/couch-client';
import type { FeedSubject, SubjectEvent, SubjectFeed, SubjectOptions } from '../feed-contract.ts';
import { disguised, MutatedDatabase, withBody, withHead, type DatabaseMutation } from './mutated-database.ts';
import { mutateFeed, type FeedMutation } from './mutated-feed.ts';

/** A follower that is broken in one way. The suite must fail it. */
export interface FeedMutant {
  readonly name: string;
  /** Part of the title of a case that must fail. */
  readonly killedBy: string;
  mutate(subject: FeedSubject): FeedSubject;
}

type Follow = FeedSubject['follow'];

function mutant(name: string, killedBy: string, change: (follow: Follow) => Follow): FeedMutant {
  return { name, killedBy, mutate: (subject) => ({ name: `${subject.name} that ${name}`, follow: change(subject.follow.bind(subject)) }) };
}

/** Broken by other settings. */
function bySettings(name: string, killedBy: string, change: (options: SubjectOptions) => SubjectOptions): FeedMutant {
  return mutant(name, killedBy, (follow) => (options, epoch) => follow(change(options), epoch));
}

/** Broken in its conversation with the database. */
function byDatabase(name: string, killedBy: string, make: () => DatabaseMutation): FeedMutant {
  return bySettings(name, killedBy, (options) => ({ ...options, database: new MutatedDatabase(options.database, make()) }));
}

/** Broken in what it hands over. */
function byFeed(name: string, killedBy: string, make: (feed: SubjectFeed, options: SubjectOptions) => FeedMutation): FeedMutant {
  return mutant(name, killedBy, (follow) => (options, epoch) => {
    const feed = follow(options, epoch);
    return mutateFeed(feed, make(feed, options));
  });
}

function withQuery(request: CouchRequest, change: Readonly<Record<string, string | undefined>>): CouchRequest {
  return request.path === '/_changes' ? { ...request, query: { ...request.query, ...change } } : request;
}

const nothing = () => undefined;
const resetEvent: SubjectEvent = { type: 'reset', reason: 'recreated', since: '0', ack: nothing };

/** Broken followers, each in one way that followers of change feeds have been broken in. */
export const feedMutants: readonly FeedMutant[] = [
  byFeed('takes attempts for signs of life', 'T20 attempts', (feed) => {
    let known = 0;
    return {
      own: {
        ageMs: () => {
          const { connections } = feed.counters;
          const tried = connections !== known;
          known = connections;
          return tried ? 0 : feed.ageMs();
        },
      },
    };
  }),
  byFeed('saves its position ahead of the work', 'T28 the position never passes', () => ({
    event: (event) => {
      if ('ack' in event) event.ack();
      return [event];
    },
  })),
  byFeed('drops the last row of a batch', 'delivers what was written', () => ({
    event: (event) => [event.type === 'changes' ? { ...event, rows: event.rows.slice(0, -1) } : event],
  })),
  byFeed('takes the whole row for alive', 'T11', () => ({
    event: (event) => [
      event.type === 'changes'
        ? {
            ...event,
            rows: event.rows.map((row) => ({ id: row.id, seq: row.seq, revs: row.revs, deleted: false, problem: row.problem, doc: () => row.doc() })),
          }
        : event,
    ],
  })),
  byFeed('announces that it has caught up before it has', 'bookmarkable', () => ({ first: [{ type: 'caught-up', asOfMs: Infinity }] })),
  byFeed('proves without asking', 'a proof holds although', (_feed, { database }) => ({
    own: { prove: () => Promise.resolve({ asOfMs: database.client.clock.monotonic() }) },
  })),
  byFeed('dies of a line that is no JSON', 'T37 lines', (feed) => ({
    event: (event) => {
      if (feed.counters.quarantined > 0) throw new SyntaxError('unexpected token');
      return [event];
    },
  })),
  byFeed('stays open when it is closed', 'leaving the loop', () => ({ own: { close: () => Promise.resolve() } })),
  byFeed('resets at every new connection', 'T16 a feed that ends by feed-died', (feed) => {
    let known = 1;
    return {
      event: (event) => {
        const { connections } = feed.counters;
        if (connections <= known) return [event];
        known = connections;
        return [resetEvent, event];
      },
    };
  }),
  byDatabase('reads positions as numbers', 'T17', () => ({
    request: (request) => {
      const since = request.query?.['since'];
      return withQuery(request, typeof since === 'string' && since !== 'now' ? { since: String(Number.parseInt(since, 10)) } : {});
    },
  })),
  mutant('takes a last_seq line for a deletion', 'T16 a feed that ends by maintenance', (follow) => (options, epoch) => {
    let ended = false;
    const database = new MutatedDatabase(options.database, {
      response: (response, request) => {
        if (request.query?.['feed'] !== 'continuous') return response;
        const { body } = response;
        return withBody(
          response,
          (async function* () {
            for await (const piece of body) {
              ended ||= Buffer.from(piece).includes('"last_seq"');
              yield piece;
            }
          })(),
        );
      },
    });
    return mutateFeed(follow({ ...options, database }, epoch), {
      event: (event) => {
        if (!ended) return [event];
        ended = false;
        return [resetEvent, event];
      },
    });
  }),
  byDatabase('never looks at the life of the database', 'T14 a database made anew while', () => ({ info: (info) => ({ ...info, instanceStartTime: '0' }) })),
  byDatabase('never looks for purges', 'T12 purged documents are named', () => ({ info: (info) => ({ ...info, purgeSeq: '0' }) })),
  mutant('leaves no barrier', 'T15 a database put back', (follow) => (options) => follow(options)),
  mutant('has no deadline', 'T19 a connection on which nothing comes', (follow) => (options, epoch) => {
    const database = new MutatedDatabase(options.database, { request: (request) => (request.query?.['feed'] === 'continuous' ? withQuery(request, { heartbeat: '10000' }) : request) });
    return follow({ ...options, database, heartbeatMs: 10_000_000 }, epoch);
  }),
  byDatabase('filters on the server', 'T31', () => ({ request: (request) => withQuery(request, { filter: '_selector' }) })),
  byDatabase('starts from now at every connection', 'T19 a connection on which nothing comes', () => {
    let connections = 0;
    return {
      request: (request) => {
        if (request.query?.['feed'] !== undefined) connections += 1;
        return connections <= 1 ? request : withQuery(request, { since: 'now' });
      },
    };
  }),
  byDatabase('does not honour Retry-After', 'T26 Retry-After', () => ({
    response: (response) => withHead(response, { headers: { ...response.headers, 'retry-after': undefined } }),
  })),
  bySettings('never backs off further', 'T16 a server that ends every feed', (options) => ({ ...options, random: () => 0 })),
  byDatabase('decodes every piece by itself', 'T23 a row may be cut anywhere', () => ({
    response: (response) => {
      const { body } = response;
      return withBody(
        response,
        (async function* () {
          for await (const piece of body) yield Buffer.from(Buffer.from(piece).toString('utf8'), 'utf8');
        })(),
      );
    },
  })),
  bySettings('resumes from a position of any age', 'T13', (options) => ({ ...options, maxCheckpointAgeMs: Infinity })),
  byDatabase('never falls back to a long poll', 'T21 behind a proxy', () => ({
    request: (request) => (request.query?.['feed'] === 'longpoll' ? withQuery(request, { feed: 'continuous', heartbeat: '10000', timeout: undefined, limit: undefined }) : request),
  })),
  bySettings('trusts heartbeats for rows', 'T21 heartbeats without rows', (options) => ({ ...options, inspectIntervalMs: 1e12 })),
  bySettings('reads ahead without bound', 'T42', (options) => ({ ...options, maxQueueRows: 1e9 })),
  byDatabase('knocks for ever with refused credentials', 'T27 credentials that are refused twice', () => ({
    response: (response) => (response.status === 401 ? withHead(response, { status: 500 }) : response),
    error: disguised,
  })),
  byDatabase('takes a lock-out for an ordinary failure', 'T27 403', () => ({
    response: (response) => (response.status === 403 ? withHead(response, { status: 500 }) : response),
    error: disguised,
  })),
  byDatabase('takes a lost route for a deleted database', 'T16 only a database that says itself', () => {
    let lost = false;
    return {
      response: (response, request) => {
        lost ||= response.status === 404 && request.path === '/_changes';
        return response;
      },
      info: (info) => (lost ? { ...info, instanceStartTime: `${info.instanceStartTime}x` } : info),
    };
  }),
  mutant('writes to the database it follows', 'following writes nothing', (follow) => (options, epoch) => {
    void options.database.put('follower-was-here', {}).catch(nothing);
    return follow(options, epoch);
  }),
  bySettings('hands over what nobody wants', 'T29', (options) => ({ ...options, wanted: () => true })),
  byDatabase('hides conflicts', 'T6', () => ({ request: (request) => withQuery(request, { style: 'main_only' }) })),
];
