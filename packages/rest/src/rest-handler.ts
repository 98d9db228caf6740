import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { DataTokens, type Login } from '@xir/accounts';
import { systemClock, systemRandom } from '@xir/couch-client';
import type { KeyAddress } from '@xir/kv4-core';

import { ApiCounter } from './api-counter.ts';
import { BodyBudget } from './body-reader.ts';
import { cachedGet } from './cached-get.ts';
import { ConnectionLogins } from './connection-logins.ts';
import { RestMetrics, type RestMetricsSnapshot } from './metrics.ts';
import { completeLimits, DEFAULT_STATS_INTERVAL_MS, type RestOptions } from './options.ts';
import { PlainPut } from './plain-put.ts';
import { RequestRunner, type Invocation } from './request-runner.ts';
import type { ServiceContext } from './service.ts';
import { StatsAccumulator } from './stats-accumulator.ts';
import { TokenSigner } from './token-signer.ts';

/** The REST face: a listener for `node:http`, with what belongs to it. */
export interface RestHandler extends AsyncDisposable {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Counters for the operations face. */
  metrics(): RestMetricsSnapshot;
  /** Signs and verifies signalling tokens. */
  readonly tokens: TokenSigner;
  /** Measurements that wait to be written: others add theirs. */
  readonly stats: StatsAccumulator;
  /** Answers a request that came another way than HTTP, with login, bans and counting as usual; resolves to the JSON text of `v`. Rejects with what `describeError` explains. */
  invoke(invocation: Invocation): Promise<string>;
  /** Counts a request that came another way than REST in `*stats:api:3`, at an entity such as `/tcp/GET`. Does nothing with `apiStats: false`. */
  countRequest(login: Login, entity: string): void;
  /** Writes the measurements that wait; happens by itself every 15 seconds and at `close`. */
  flushStats(): Promise<void>;
  /** Ends watches and writes the measurements that wait. Requests under way are finished. Idempotent. */
  close(): Promise<void>;
}

/** Makes the REST face. The store and accounts are not closed with it. Throws `TypeError` for options that make no sense. */
export function createRestHandler(options: RestOptions): RestHandler {
  if (!/^[a-z0-9]{1,24}$/.test(options.neuron)) throw new TypeError('neuron must be 1 to 24 characters a-z and 0-9');
  const { store, accounts, onError } = options;
  const clock = options.clock ?? systemClock;
  const limits = completeLimits(options.limits);
  const metrics = new RestMetrics();
  const onDropped = (count: number) => (metrics.droppedMeasurements += count);
  const stats = new StatsAccumulator({
    store,
    clock,
    // Two lives of a neuron never write the same document.
    writer: `${options.neuron}-${Math.floor(clock.now()).toString(36)}`,
    maxEntries: limits.maxStatsEntries,
    intervalMs: options.statsIntervalMs ?? DEFAULT_STATS_INTERVAL_MS,
    onDropped,
    ...(onError === undefined ? {} : { onError }),
  });
  const counter = options.apiStats === false ? undefined : new ApiCounter(stats, onDropped);
  const context: ServiceContext = {
    store,
    accounts,
    clock,
    random: options.random ?? systemRandom,
    randomUuid: options.randomUuid ?? randomUUID,
    tokens: new TokenSigner(options.systemSecret),
    dataTokens: new DataTokens(options.systemSecret),
    stats,
    turn: options.turn,
    hosts: options.hosts ?? {},
    limits,
  };
  const ageMs = (address?: KeyAddress) => statedAge((address === undefined ? undefined : store.ageOf?.(address)) ?? store.ageMs?.());
  const budget = new BodyBudget(limits.maxBufferedBodyBytes);
  const runner = new RequestRunner({ context, metrics, counter, ageMs, budget, options });
  const { trustProxy = false, onRequest } = options;
  const connections = new ConnectionLogins(context, clock, trustProxy);
  const shortGet = cachedGet({ store, connections, counter, compressionMinBytes: limits.compressionMinBytes, ageMs, clock, metrics, onRequest });
  const plainPut = new PlainPut({ context, connections, counter, metrics, budget, ageMs, options });
  const cached = store.peek !== undefined;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (!(cached && shortGet(request, response)) && !plainPut.take(request, response)) runner.run(request, response);
  };
  const close = async () => {
    runner.close();
    plainPut.close();
    await stats.close();
  };
  return Object.assign(handle, {
    metrics: () => metrics.snapshot(),
    tokens: context.tokens,
    stats,
    invoke: (invocation: Invocation) => runner.invoke(invocation),
    countRequest: (login: Login, entity: string) => counter?.count(login, entity),
    flushStats: () => stats.flush(),
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** A whole number of milliseconds; an age that is not known is not stated. */
function statedAge(ageMs: number | undefined): number | undefined {
  return ageMs === undefined || !Number.isFinite(ageMs) ? undefined : Math.max(0, Math.round(ageMs));
}
