import { normalisePath, type JsonValue } from '@xir/kv4-core';

import { SdkError } from '../errors.ts';
import type { Credentials } from '../location.ts';
import type { Fetch } from '../rest-channel.ts';

/** What is used of a WebSocket: the platform's own, or one like it. */
export interface ChannelSocket {
  send(text: string): void;
  close(): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code?: number }) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Makes a WebSocket. */
export type ChannelSocketFactory = (url: string) => ChannelSocket;

/** How a channel is reached, and as whom. */
export interface ChannelOptions {
  /**
   * One neuron or several: `http://host:4006` (or `https:`), with `credentials`, which is asked for a token and where to connect; or `ws://host:4005/ws` (or `wss:`), with
   * a `token`. When one cannot be reached the next is tried.
   */
  readonly url: string | readonly string[];
  /** The channel, such as `/chat/lobby`. */
  readonly path: string;
  /** The login whose channel it is: tokens are made with it. For servers and tools; pages take a `token` from their server. */
  readonly credentials?: Credentials;
  /** A token for the channel, or what gives one: it is asked at each connect, since tokens expire. */
  readonly token?: string | (() => string | Promise<string>);
  /** Who this is, with `credentials`; a token names its user. */
  readonly user?: string;
  /** Tells the devices of a user apart: letters, digits, `-` and `_`. Default `default`. Who connects with the user and device of one that is there takes its place. */
  readonly device?: string;
  /** What this peer says of itself. */
  readonly state?: JsonValue;
  /** Creates the channel (`_ns`) where it is not there, with `credentials`. Default false. */
  readonly create?: boolean;
  /** Ends the channel. */
  readonly signal?: AbortSignal;
  /** Milliseconds that connecting may take; default {@link DEFAULT_CONNECT_TIMEOUT_MS}. */
  readonly connectTimeoutMs?: number;
  /** Longest pause in milliseconds between two attempts to connect; default {@link DEFAULT_MAX_RETRY_MS}. */
  readonly maxRetryMs?: number;
  /** Milliseconds without a sign of life after which a connection counts as dead; default {@link DEFAULT_SILENCE_MS}. */
  readonly silenceMs?: number;
  /** Milliseconds in which a message has to be acknowledged, reconnecting included; default {@link DEFAULT_SEND_TIMEOUT_MS}, at most {@link MAX_SEND_TIMEOUT_MS}. */
  readonly sendTimeoutMs?: number;
  /** Messages that wait to be acknowledged; default {@link DEFAULT_MAX_PENDING_SENDS}. */
  readonly maxPendingSends?: number;
  /** Events that wait for one who iterates; default {@link DEFAULT_MAX_QUEUED_EVENTS}. */
  readonly maxQueuedEvents?: number;
  /** Ids of messages that are remembered, so that what comes again is told once; default {@link DEFAULT_MAX_REMEMBERED_IDS}. */
  readonly maxRememberedIds?: number;
  /** Default: the platform's, which Node.js has from version 22 on. */
  readonly webSocket?: ChannelSocketFactory;
  /** Default: the `fetch` of the platform. */
  readonly fetch?: Fetch;
  /** Default: `Math.random`. */
  readonly random?: () => number;
}

/** Default of {@link ChannelOptions.connectTimeoutMs}. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** Default of {@link ChannelOptions.maxRetryMs}. */
export const DEFAULT_MAX_RETRY_MS = 10_000;
/** Default of {@link ChannelOptions.silenceMs}. */
export const DEFAULT_SILENCE_MS = 30_000;
/** Default of {@link ChannelOptions.sendTimeoutMs}. */
export const DEFAULT_SEND_TIMEOUT_MS = 30_000;
/** Longest {@link ChannelOptions.sendTimeoutMs}: a neuron delivers an id once within two minutes. */
export const MAX_SEND_TIMEOUT_MS = 100_000;
/** Default of {@link ChannelOptions.maxPendingSends}. */
export const DEFAULT_MAX_PENDING_SENDS = 1_000;
/** Default of {@link ChannelOptions.maxQueuedEvents}. */
export const DEFAULT_MAX_QUEUED_EVENTS = 10_000;
/** Default of {@link ChannelOptions.maxRememberedIds}. */
export const DEFAULT_MAX_REMEMBERED_IDS = 10_000;

/** The numbers among the options, complete. */
export type ChannelLimits = Required<Pick<ChannelOptions, 'connectTimeoutMs' | 'maxRetryMs' | 'silenceMs' | 'sendTimeoutMs' | 'maxPendingSends' | 'maxQueuedEvents' | 'maxRememberedIds'>>;

/** The options, checked, with defaults for numbers that were not given. Throws `SDK_BAD_OPTION`, `SDK_BAD_URL`. */
export function checkChannelOptions(options: ChannelOptions): { readonly limits: ChannelLimits; readonly urls: readonly string[]; readonly path: string } {
  const { user, device, credentials, token } = options;
  const limits: ChannelLimits = {
    connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    maxRetryMs: options.maxRetryMs ?? DEFAULT_MAX_RETRY_MS,
    silenceMs: options.silenceMs ?? DEFAULT_SILENCE_MS,
    sendTimeoutMs: options.sendTimeoutMs ?? DEFAULT_SEND_TIMEOUT_MS,
    maxPendingSends: options.maxPendingSends ?? DEFAULT_MAX_PENDING_SENDS,
    maxQueuedEvents: options.maxQueuedEvents ?? DEFAULT_MAX_QUEUED_EVENTS,
    maxRememberedIds: options.maxRememberedIds ?? DEFAULT_MAX_REMEMBERED_IDS,
  };
  for (const [name, value] of Object.entries(limits)) if (!(value >= 1) || !Number.isFinite(value)) throw bad(`${name} must be a number from 1 on`);
  if (limits.sendTimeoutMs > MAX_SEND_TIMEOUT_MS) throw bad(`sendTimeoutMs must be at most ${MAX_SEND_TIMEOUT_MS}`);
  if ((credentials === undefined) === (token === undefined)) throw bad('give either credentials or a token');
  if (credentials !== undefined && (typeof user !== 'string' || user === '' || user.includes('/'))) throw bad('with credentials a user is needed: a text without slashes');
  if (device !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(device)) throw bad('a device is named by 1 to 64 letters, digits, - and _');
  const urls = typeof options.url === 'string' ? [options.url] : options.url;
  if (urls.length === 0) throw new SdkError('SDK_BAD_URL', 'The URL of a neuron is needed.');
  const scheme = credentials === undefined ? /^wss?:$/ : /^https?:$/;
  for (const url of urls) {
    if (!URL.canParse(url) || !scheme.test(new URL(url).protocol)) {
      throw new SdkError('SDK_BAD_URL', `The URL of a neuron must begin with ${credentials === undefined ? 'ws: or wss: where a token is given' : 'http: or https: where credentials are given'}.`);
    }
  }
  return { limits, urls: urls.map((url) => url.replace(/\/+$/, '')), path: pathOf(options.path) };
}

function pathOf(path: unknown): string {
  try {
    return normalisePath(path as string);
  } catch {
    // Not a text, too long, too deep or not well formed.
    throw bad('the path is not that of a channel, such as /chat/lobby');
  }
}

function bad(message: string): SdkError {
  return new SdkError('SDK_BAD_OPTION', message);
}
