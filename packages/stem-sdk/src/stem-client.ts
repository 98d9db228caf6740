import { normalisePath, type JsonValue, type KeyAddress, type Kv4Record, type Kv4Store, type PathAddress, type WriteResult } from '@xir/kv4-core';

import type { CacheOptions } from './cache-options.ts';
import type { CacheStatistics } from './cache-state.ts';
import type { Credentials, Location, LoginSource } from './location.ts';
import { DEFAULT_MAX_ANSWER_BYTES } from './request-limits.ts';
import type { WatchTiming } from './remote-watch.ts';
import { DATA_LAYER } from './rest-requests.ts';
import type { Fetch } from './rest-channel.ts';
import type { SocketFactory } from './socket-line.ts';
import type { TcpFactory } from './tcp-socket.ts';
import { updateWithRetry, type UpdateOptions } from './update.ts';

/** How a neuron is reached. */
export interface ConnectOptions {
  /** Account and secret, or account and where tokens come from; default: those of the URL. */
  readonly credentials?: LoginSource;
  /** Milliseconds that one request may take; default {@link DEFAULT_REQUEST_TIMEOUT_MS}. */
  readonly requestTimeoutMs?: number;
  /** Bytes that one answer may have, on a WebSocket characters of a message; a longer one is no neuron's. Default {@link DEFAULT_MAX_ANSWER_BYTES}. */
  readonly maxAnswerBytes?: number;
  /** Milliseconds of silence after which a watch's stream counts as dead; default {@link DEFAULT_WATCH_SILENCE_MS}. */
  readonly watchSilenceMs?: number;
  /** Longest pause in milliseconds between two attempts to resume a watch; default {@link DEFAULT_WATCH_RETRY_MS}. */
  readonly watchMaxRetryMs?: number;
  /** Keeps what was read and gives it again while a watch keeps it true; default: nothing is kept. */
  readonly cache?: CacheOptions;
  /** Default: the `fetch` of the platform. */
  readonly fetch?: Fetch;
  /** Makes the WebSocket of a `ws:` or `wss:` URL; default: the platform's, which Node.js has from version 22 on. */
  readonly webSocket?: SocketFactory;
  /** Begins the TCP connection of a `redis:`, `rediss:`, `tcp:` or `tls:` URL, for instance with an authority of one's own; default: `node:net` and `node:tls`. */
  readonly tcp?: TcpFactory;
  /** Default: `Math.random`. */
  readonly random?: () => number;
}

/** Default of {@link ConnectOptions.watchSilenceMs}: three heartbeats of a neuron. */
export const DEFAULT_WATCH_SILENCE_MS = 45_000;
/** Default of {@link ConnectOptions.watchMaxRetryMs}. */
export const DEFAULT_WATCH_RETRY_MS = 10_000;
/** The account that is logged in where no credentials are given: that of a neuron nobody configured. */
export const DEFAULT_CREDENTIALS: Credentials = { account: '$sys', secret: 'secret' };

/** KV4 on a neuron, with short ways to name and change the login's own data. */
export interface StemClient extends Kv4Store {
  /** The neuron's URL, without credentials. */
  readonly url: string;
  /** The bucket of the login. */
  readonly bucket: string;
  /** What the cache did and holds; `undefined` without one. */
  readonly cacheStatistics: CacheStatistics | undefined;
  /** The address of a path in the login's bucket; the layer defaults to `*data`. */
  path(path: string, layer?: string): PathAddress;
  /** The address of a key in the login's bucket; the layer defaults to `*data`. */
  key(path: string, key: string, layer?: string): KeyAddress;
  /**
   * Changes a key without losing anybody else's change: reads it, computes the new value, writes it on condition that it is still the
   * same, and begins again when it is not. `change` may be called several times; `undefined` from it leaves the key alone.
   * Throws `KV4_VERSION_CONFLICT` when every attempt met a newer version.
   */
  update(
    address: KeyAddress,
    change: (value: JsonValue | undefined, record: Kv4Record | undefined) => JsonValue | undefined | Promise<JsonValue | undefined>,
    options?: UpdateOptions,
  ): Promise<WriteResult | undefined>;
}

/** What a client knows of itself. */
export interface ClientIdentity {
  readonly url: string;
  readonly bucket: string;
  readonly cache: CacheOptions | undefined;
  readonly timing: WatchTiming;
}

/** The identity of a client, with defaults for what was not given. */
export function identityOf(url: string, { account }: LoginSource, options: ConnectOptions): ClientIdentity {
  return {
    url,
    bucket: account.replace('#', ')'),
    cache: options.cache,
    timing: {
      silenceMs: options.watchSilenceMs ?? DEFAULT_WATCH_SILENCE_MS,
      maxRetryMs: options.watchMaxRetryMs ?? DEFAULT_WATCH_RETRY_MS,
      wait,
      random: options.random ?? Math.random,
    },
  };
}

/** Who logs in: whom the options name, else the URL. */
export function credentialsOf(location: Location, options: ConnectOptions): LoginSource {
  return options.credentials ?? location.credentials ?? DEFAULT_CREDENTIALS;
}

/** The most bytes of an answer. */
export function maxAnswerBytesOf({ maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES }: ConnectOptions): number {
  return maxAnswerBytes;
}

/** The address of a path in a bucket. */
export function dataPath(bucket: string, path: string, layer: string = DATA_LAYER): PathAddress {
  return { bucket, layer, path: normalisePath(path) };
}

/** {@link StemClient.update} on any store. */
export function updateOn(store: Kv4Store, { random, wait: pause }: WatchTiming, [address, change, options = {}]: Parameters<StemClient['update']>): Promise<WriteResult | undefined> {
  return updateWithRetry(store, { address, change, options, pause: (delayMs) => pause(random() * delayMs, options.signal ?? NEVER) });
}

const NEVER = new AbortController().signal;

function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(handle);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const handle = setTimeout(finish, delayMs);
    signal.addEventListener('abort', finish, { once: true });
  });
}
