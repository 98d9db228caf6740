import type { IncomingHttpHeaders } from 'node:http';

import type { Accounts, CachedStore, DataTokens, Login } from '@xir/accounts';
import type { Clock, Random } from '@xir/couch-client';
import type { KeyAddress, WatchEvent } from '@xir/kv4-core';
import type { BodyObject, BodyProblem, Query, Target } from '@xir/protocol';

import type { HostOptions, RestLimits, TurnOptions } from './options.ts';
import type { RequestLogin } from './request-login.ts';
import type { StatsAccumulator } from './stats-accumulator.ts';
import type { TokenSigner } from './token-signer.ts';

/** The methods services know; HEAD is a GET whose body is not sent. */
export type ServiceMethod = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** What all services share. */
export interface ServiceContext {
  readonly store: CachedStore;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomUuid: () => string;
  /** Tokens of signalling. */
  readonly tokens: TokenSigner;
  /** Tokens that stand for a login. */
  readonly dataTokens: DataTokens;
  readonly stats: StatsAccumulator;
  readonly turn: TurnOptions | undefined;
  readonly hosts: HostOptions;
  readonly limits: RestLimits;
}

/** A request after login, as a service sees it. */
export interface ServiceRequest {
  readonly context: ServiceContext;
  readonly method: ServiceMethod;
  /** Decoded segments behind the service. */
  readonly segments: readonly string[];
  /** The same as a normalised path. */
  readonly path: string;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  readonly login: Login;
  /** True where a token has proved the login. */
  readonly byToken?: boolean;
  /** `{}` where there was none, or where it was malformed. */
  readonly body: BodyObject;
  /** What is wrong with the body. Services that need one throw it; `_ns`, `_token` and `_turn` pass over it. */
  readonly bodyProblem?: BodyProblem;
  /** Aborted when the client has left or the time is up. Not handed to writes: they are finished once begun. */
  readonly signal: AbortSignal;
  /** Counts the request among the watches from now on, as it waits for something to happen. Throws `REST_BUSY` where there are too many. */
  readonly wait: () => void;
}

/** One value as JSON text. */
export interface ValueAnswer {
  readonly kind: 'value';
  readonly text: string;
  /** Becomes the `ETag`. */
  readonly version?: string;
  /** False: the database has accepted the write with fewer copies than its quorum. */
  readonly durable?: boolean;
  /** True where the answer may come from a cache, whose age is then stated. */
  readonly cached?: boolean;
  /** The one key that the answer is about, whose own age is then stated. */
  readonly address?: KeyAddress;
}

/** Items as JSON texts; the first are at hand, the rest follows. */
export interface ListAnswer {
  readonly kind: 'list';
  readonly first: readonly string[];
  readonly rest?: AsyncIterable<readonly string[]>;
  /** The cursor behind the last item, where more were not asked for. */
  readonly next?: string;
  readonly cached?: boolean;
}

/** A watch, to be sent as server-sent events. */
export interface EventsAnswer {
  readonly kind: 'events';
  readonly events: AsyncIterable<WatchEvent>;
}

/** An event as it is sent. */
export interface TextEvent {
  /** Its lines, the empty one at the end included. */
  readonly text: string;
  /** Called once: true when it was written to the socket, false when it never will be. */
  readonly onWritten?: (written: boolean) => void;
  /** The client read too slowly: this is the last event. */
  readonly isCut?: boolean;
}

/** Server-sent events that the service has put into words itself. */
export interface TextEventsAnswer {
  readonly kind: 'text-events';
  readonly events: AsyncIterable<TextEvent>;
}

/** What a service answers. */
export type ServiceAnswer = ValueAnswer | ListAnswer | EventsAnswer | TextEventsAnswer | { readonly kind: 'not-modified'; readonly version: string; readonly address: KeyAddress };

/** A request before anybody knows who sends it. */
export interface UnprovedRequest {
  readonly context: ServiceContext;
  readonly target: Target;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
}

/** One service of the API. Throws `RestError`, `AccountsError` or `Kv4Error`. */
export interface Service {
  readonly methods: readonly ServiceMethod[];
  /** Who sends a request, where another proof than `Authorization` is asked for. Bans of the path that it leads to are its business. */
  authenticate?(request: UnprovedRequest): Promise<RequestLogin>;
  handle(request: ServiceRequest): Promise<ServiceAnswer>;
}
