import { randomUUID } from 'node:crypto';

import { systemClock, systemRandom } from '@xir/couch-client';
import { channelPattern, type Channel, type ChannelPattern } from '@xir/router';

import { checkWebhook } from './check-webhook.ts';
import { presenceText, sentText } from './event-text.ts';
import { HookQueue } from './hook-queue.ts';
import { completeLimits, type Webhook, type WebhookEventType, type WebhookRequest, type WebhooksOptions } from './options.ts';
import { isTeller } from './teller.ts';

/** Figures of webhooks. */
export interface WebhookMetrics {
  /** Webhooks that are told. */
  readonly hooks: number;
  /** Events that wait. */
  readonly queued: number;
  /** Events that receivers have taken. */
  readonly sent: number;
  /** Events that were dropped: too many waited, or their request was given up. */
  readonly dropped: number;
  /** Those of these whose request was given up. */
  readonly givenUp: number;
  /** Requests that failed. */
  readonly failed: number;
  /** Requests that were sent again. */
  readonly retried: number;
}

/** Running webhooks. */
export interface Webhooks extends AsyncDisposable {
  metrics(): WebhookMetrics;
  /** Sends what waits, for a while, and no more. To be called behind the closing of the router, whose peers leave then. Idempotent. */
  close(): Promise<void>;
}

interface Running {
  readonly hook: Webhook;
  readonly covers: ChannelPattern;
  readonly queue: HookQueue;
}

/** Starts webhooks. Throws `TypeError` for one that cannot be. */
export function startWebhooks(options: WebhooksOptions): Webhooks {
  const { hooks, router, membership, clock = systemClock, random = systemRandom, randomUuid = randomUUID, send = sendWithFetch, onFailure = () => undefined } = options;
  const limits = completeLimits(options.limits);
  const running: Running[] = hooks.map((hook) => {
    checkWebhook(hook);
    return { hook, covers: channelPattern(hook.path), queue: new HookQueue(hook, { clock, random, randomUuid, limits, send, onFailure }) };
  });
  /** The text is made once, for the first that wants it. */
  const tell = (type: WebhookEventType, { bucket, path }: Channel, text: () => string): void => {
    let made: string | undefined;
    for (const { hook, covers, queue } of running) {
      if (!hook.events.includes(type) || (hook.bucket !== undefined && hook.bucket !== bucket) || !covers(path)) continue;
      queue.push((made ??= text()));
    }
  };
  const stops = [
    router.onPresence((change) => {
      const { type, peer } = change;
      if ((type === 'join' || type === 'leave') && isTeller(membership, peer)) tell(type, peer, () => presenceText(type, change, clock.now()));
    }),
    router.onSent((message) => tell('message', message.channel, () => sentText(message, randomUuid()))),
  ];
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeAll());
  const closeAll = async () => {
    for (const stop of stops) stop();
    await Promise.all(running.map(({ queue }) => queue.close()));
  };
  const sum = (of: (queue: HookQueue) => number) => running.reduce((total, { queue }) => total + of(queue), 0);
  return {
    metrics: () => ({ hooks: running.length, queued: sum(({ size }) => size), sent: sum(({ sent }) => sent), dropped: sum(({ dropped }) => dropped), givenUp: sum(({ givenUp }) => givenUp), failed: sum(({ failed }) => failed), retried: sum(({ retried }) => retried) }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function sendWithFetch({ url, headers, body, signal }: WebhookRequest): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  await response.body?.cancel();
  return response.status;
}
