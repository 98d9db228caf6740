import type { Clock, Random } from '@xir/couch-client';
import type { Membership, Router } from '@xir/router';

/** What webhooks tell of. */
export const WEBHOOK_EVENTS = ['join', 'leave', 'message'] as const;

/** One of {@link WEBHOOK_EVENTS}. */
export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

/** Who is told of what. */
export interface Webhook {
  /** An `http:` or `https:` URL without a login. */
  readonly url: string;
  /** Which channels, as `channelPattern` of `@xir/router` reads it. */
  readonly path: string;
  /** The bucket of the channels; absent: any. */
  readonly bucket?: string;
  readonly events: readonly WebhookEventType[];
  /** Signs what is sent. */
  readonly secret: string;
}

/** Default of {@link WebhookLimits.maxQueuedEvents}. */
export const DEFAULT_MAX_QUEUED_EVENTS = 10_000;
/** Default of {@link WebhookLimits.maxQueuedCharacters}: 8 million. */
export const DEFAULT_MAX_QUEUED_CHARACTERS = 8_388_608;
/** Default of {@link WebhookLimits.maxBatchEvents}. */
export const DEFAULT_MAX_BATCH_EVENTS = 100;
/** Default of {@link WebhookLimits.timeoutMs}. */
export const DEFAULT_WEBHOOK_TIMEOUT_MS = 5_000;
/** Default of {@link WebhookLimits.maxAgeMs}: ten minutes. */
export const DEFAULT_WEBHOOK_MAX_AGE_MS = 600_000;
/** Default of {@link WebhookLimits.drainMs}. */
export const DEFAULT_WEBHOOK_DRAIN_MS = 2_000;

/** What bounds each webhook. */
export interface WebhookLimits {
  /** Events that wait; more are dropped, and counted. */
  readonly maxQueuedEvents: number;
  /** Characters of the events that wait. */
  readonly maxQueuedCharacters: number;
  /** Events of one request. */
  readonly maxBatchEvents: number;
  /** Milliseconds for an answer. */
  readonly timeoutMs: number;
  /** Milliseconds for which a request is tried again, from its first try on; then its events are dropped, and counted. */
  readonly maxAgeMs: number;
  /** Milliseconds that what waits is given when webhooks are closed. */
  readonly drainMs: number;
}

/** A request as it is sent. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** How webhooks are made. */
export interface WebhooksOptions {
  readonly hooks: readonly Webhook[];
  /** Not closed with them. */
  readonly router: Router;
  readonly membership: Membership;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly randomUuid?: () => string;
  readonly limits?: Partial<WebhookLimits>;
  /** Sends a request and resolves to its status; default: `fetch`, which follows no redirects here. */
  readonly send?: (request: WebhookRequest) => Promise<number>;
  /** Told of requests that failed, by the origin of their URL, which holds no secret. */
  readonly onFailure?: (failure: WebhookFailure) => void;
}

/** A request that failed, or was given up. */
export interface WebhookFailure {
  readonly origin: string;
  /** The HTTP status, or `unreachable`, or `timeout`. */
  readonly reason: number | 'unreachable' | 'timeout';
  readonly attempt: number;
  /** True: it is not tried again, and its events are dropped. */
  readonly isGivenUp: boolean;
}

/** The limits with defaults for what was not given. Throws `TypeError` for a limit that is no positive number. */
export function completeLimits(limits: Partial<WebhookLimits> = {}): WebhookLimits {
  const complete: WebhookLimits = {
    maxQueuedEvents: limits.maxQueuedEvents ?? DEFAULT_MAX_QUEUED_EVENTS,
    maxQueuedCharacters: limits.maxQueuedCharacters ?? DEFAULT_MAX_QUEUED_CHARACTERS,
    maxBatchEvents: limits.maxBatchEvents ?? DEFAULT_MAX_BATCH_EVENTS,
    timeoutMs: limits.timeoutMs ?? DEFAULT_WEBHOOK_TIMEOUT_MS,
    maxAgeMs: limits.maxAgeMs ?? DEFAULT_WEBHOOK_MAX_AGE_MS,
    drainMs: limits.drainMs ?? DEFAULT_WEBHOOK_DRAIN_MS,
  };
  for (const [name, value] of Object.entries(complete)) if (!(value >= 1)) throw new TypeError(`${name} must be at least 1`);
  return complete;
}
