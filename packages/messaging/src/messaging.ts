import { systemClock, type Clock } from '@xir/couch-client';
import { FrameCache } from '@xir/signalling';
import type { Service } from '@xir/rest';
import type { SlowReceiverPolicy } from '@xir/router';

import { messagingError } from './errors.ts';
import { heldService } from './held-service.ts';
import { linkService } from './link-service.ts';
import { messageService } from './message-service.ts';
import { completeLimits, type MessagingOptions } from './options.ts';
import { peerService } from './peer-service.ts';
import { PeerSessions } from './peer-sessions.ts';
import { webhookService } from './webhook-service.ts';

/** Figures of messaging over HTTP. */
export interface MessagingMetrics {
  /** Peers over HTTP: streams, those that poll, and those that are held on behalf. */
  readonly sessions: number;
  /** Receivers that were cut because they read too slowly. */
  readonly slowCut: number;
  /** Events that were dropped for slow receivers. */
  readonly dropped: number;
  /** These by the policy of their channel. */
  readonly droppedBy: Readonly<Record<Exclude<SlowReceiverPolicy, 'cut'>, number>>;
}

/** Messaging over HTTP. */
export interface Messaging {
  /** `_messages`, `_peer`, `_subs`, `_links` and `_webhooks`, for `createRestHandler`. */
  readonly services: ReadonlyMap<string, Service>;
  metrics(): MessagingMetrics;
  /** The neuron's standing has changed: peers and listeners of one that is away are sent elsewhere. */
  recheck(): void;
  /** Ends all peers over HTTP and listeners, which are told so. Idempotent. */
  close(): void;
}

/** Makes the services. Throws `TypeError` for limits that make no sense. */
export function createMessaging({ router, mayConnect = async () => true, slowReceiverPolicy = () => 'cut', standing = () => 'serving', webhooks, limits: given }: MessagingOptions, clock: Clock = systemClock): Messaging {
  const limits = completeLimits(given);
  let slowCut = 0;
  const droppedBy = { 'drop-oldest': 0, 'latest-only': 0 };
  const onCut = () => void (slowCut += 1);
  const onDropped = (policy: SlowReceiverPolicy) => {
    if (policy !== 'cut') droppedBy[policy] += 1;
  };
  const requireServing = () => {
    if (standing() !== 'serving') throw messagingError('MESSAGING_NOT_SERVING', 'this neuron has to see how it stands with the others: try again, or elsewhere');
  };
  let away = new AbortController();
  const sessions = new PeerSessions({ router, clock, frames: new FrameCache(), maxBytes: limits.maxQueuedBytes, onCut, onDropped }, limits.maxSessions);
  return {
    services: new Map([
      ['messages', messageService({ router, limits, slowReceiverPolicy, requireServing, away: () => away.signal, onCut, onDropped })],
      ['peer', peerService({ sessions, mayConnect, limits, slowReceiverPolicy, requireServing })],
      ['subs', heldService({ sessions, slowReceiverPolicy, requireServing })],
      ['links', linkService()],
      ...(webhooks === undefined ? [] : [['webhooks', webhookService(webhooks)] as const]),
    ]),
    recheck: () => {
      if (standing() !== 'away') return;
      sessions.endAll('closed');
      away.abort();
      away = new AbortController();
    },
    metrics: () => ({ sessions: sessions.size, slowCut, dropped: droppedBy['drop-oldest'] + droppedBy['latest-only'], droppedBy: { ...droppedBy } }),
    close: () => {
      sessions.close();
      away.abort();
    },
  };
}
