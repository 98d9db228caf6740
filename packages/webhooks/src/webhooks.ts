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
  /** Sets who is told besides those of the options, by a name of each. One that is the same object as before is left alone; of one that was changed, what waits goes to where it says now; of one that is gone, what waits is sent for a while, and no more. Throws `TypeError` for one that cannot be. */
  set(hooks: ReadonlyMap<string, Webhook>): void;
  /** Sends what waits, for a while, and no more. To be called behind the closing of the router, whose peers leave then. Idempotent. */
  close(): Promise<void>;
}

interface Running {
  readonly covers: ChannelPattern;
  readonly queue: HookQueue;
}

/** Starts webhooks. Throws `TypeError` for one that cannot be. */
export function startWebhooks(options: WebhooksOptions): Webhooks {
  const { hooks, router, membership, clock = systemClock, random = systemRandom, randomUuid = randomUUID, send = sendWithFetch, onFailure = () => undefined } = options;
  const limits = completeLimits(options.limits);
  const start = (hook: Webhook): Running => {
    checkWebhook(hook);
    return { covers: channelPattern(hook.path), queue: new HookQueue(hook, { clock, random, randomUuid, limits, send, onFailure }) };
  };
  /** Those of the options, and those that were set, by their names. */
  const running = new Map<string, Running>(hooks.map((hook, index) => [`option ${index}`, start(hook)]));
  const gone = new Set<HookQueue>();
  const past: Record<(typeof COUNTS)[number], number> = { sent: 0, dropped: 0, givenUp: 0, failed: 0, retried: 0 };
  const end = async (queue: HookQueue): Promise<void> => {
    gone.add(queue);
    await queue.close();
    gone.delete(queue);
    for (const count of COUNTS) past[count] += queue[count];
  };
  /** The text is made once, for the first that wants it. */
  const tell = (type: WebhookEventType, { bucket, path }: Channel, { isOurs, text }: { readonly isOurs: () => boolean; readonly text: () => string }): void => {
    let made: string | undefined;
    for (const { covers, queue } of running.values()) {
      const { hook } = queue;
      if (!hook.events.includes(type) || (hook.bucket !== undefined && hook.bucket !== bucket) || !covers(path)) continue;
      if (made === undefined && !isOurs()) return;
      queue.push((made ??= text()));
    }
  };
  const stops = [
    router.onPresence((change) => {
      const { type, peer } = change;
      if (type === 'join' || type === 'leave') tell(type, peer, { isOurs: () => isTeller(membership, peer), text: () => presenceText(type, change, clock.now()) });
    }),
    router.onSent((message) => tell('message', message.channel, { isOurs: () => true, text: () => sentText(message, randomUuid()) })),
  ];
  let closing: Promise<void> | undefined;
  const set = (stored: ReadonlyMap<string, Webhook>): void => {
    if (closing !== undefined) return;
    for (const [name, hook] of stored) {
      const known = running.get(`set ${name}`);
      if (known?.queue.hook === hook) continue;
      // What waits goes to where it says now.
      if (known !== undefined) known.queue.hook = hook;
      running.set(`set ${name}`, known === undefined ? start(hook) : { covers: channelPattern(hook.path), queue: known.queue });
    }
    for (const [name, { queue }] of running) {
      if (name.startsWith('option ') || stored.has(name.slice('set '.length))) continue;
      running.delete(name);
      void end(queue);
    }
  };
  const close = () => (closing ??= closeAll());
  const closeAll = async () => {
    for (const stop of stops) stop();
    await Promise.all([...[...running.values()].map(({ queue }) => queue), ...gone].map((queue) => queue.close()));
  };
  const metrics = (): WebhookMetrics => {
    const queues = [...[...running.values()].map(({ queue }) => queue), ...gone];
    const sum = (count: (typeof COUNTS)[number]) => queues.reduce((total, queue) => total + queue[count], past[count]);
    return { hooks: running.size, queued: queues.reduce((total, { size }) => total + size, 0), sent: sum('sent'), dropped: sum('dropped'), givenUp: sum('givenUp'), failed: sum('failed'), retried: sum('retried') };
  };
  return { metrics, set, close, [Symbol.asyncDispose]: close };
}

const COUNTS = ['sent', 'dropped', 'givenUp', 'failed', 'retried'] as const;

async function sendWithFetch({ url, headers, body, signal }: WebhookRequest): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  await response.body?.cancel();
  return response.status;
}
