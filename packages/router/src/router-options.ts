import type { Clock, Random } from '@xir/couch-client';
import type { Kv4Store } from '@xir/kv4-core';

import type { Channel } from './channel.ts';
import type { HistoryPolicies, Recovery } from './history/history-policy.ts';
import type { ChannelLimits, RouterLimits } from './limits.ts';
import type { LinkTransport } from './link.ts';
import type { Membership } from './membership.ts';
import type { UndeliveredReason } from './routing/message.ts';

/**
 * Whether the peers of a channel are told who comes, goes and says something else of itself (`told`), or not (`listed`): who looks is answered all the same. Each of n peers that come is told to
 * all the others, which is n × n messages: too many for channels with thousands.
 */
export type PresencePolicy = (typeof PRESENCE_POLICIES)[number];

/** Every {@link PresencePolicy}. */
export const PRESENCE_POLICIES = ['told', 'listed'] as const;

/** How a router is made. */
export interface RouterOptions {
  /** Where slots are stored, with a watch. Not closed with the router. */
  readonly store: Kv4Store;
  /** Who is alive. */
  readonly membership: Membership;
  /** How the others are reached. */
  readonly links: LinkTransport;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly limits?: Partial<RouterLimits>;
  /** What is otherwise on a channel; `undefined`: nothing. */
  readonly channelLimits?: (channel: Channel) => ChannelLimits | undefined;
  /** Whether the peers of a channel are told of one another; default: they are. */
  readonly presence?: (channel: Channel) => PresencePolicy;
  /** Which channels keep their messages; default: none. Their layers' retention is that of the store. */
  readonly history?: HistoryPolicies;
  /** The layers that `history` names; default: {@link DEFAULT_HISTORY_LAYER} alone. Those who listen to a subtree follow each of them. */
  readonly historyLayers?: readonly string[];
  /** Told about failures that are tried again, and those that nobody planned for. */
  readonly onError?: (error: unknown) => void;
}

/** Where somebody wants to listen. */
export interface ListenRequest {
  readonly bucket: string;
  readonly path: string;
  /** Hear all channels at the path and beneath it; default: the one at the path. */
  readonly subtree?: boolean;
  /** The position in the history of the one channel that the listener knows: what came behind it is handed over first. An empty text: from now on. */
  readonly since?: string;
}

/** Somebody who listens. */
export interface Listening {
  /** Resolves when the database holds that this neuron listens there: messages that are sent on other neurons come once their feeds have told them, as with peers. */
  stored(): Promise<void>;
  /** Resolves when what was missed `since` a position was handed over; absent where that was not asked for, or the channel keeps no messages. */
  readonly recovery?: Promise<Recovery>;
  /** Nothing comes any more. Idempotent. */
  stop(): void;
}

/** Figures of a router. */
export interface RouterStats {
  /** Channels on which somebody is, on whatever neuron. */
  readonly channels: number;
  /** Peers whose connections this neuron holds. */
  readonly localPeers: number;
  /** Listeners on this neuron. */
  readonly localListeners: number;
  /** Peers of this neuron that came onto a channel. */
  readonly joins: number;
  /** Peers of this neuron that are off it again. */
  readonly leaves: number;
  /** Messages of peers and publishers of this neuron that were taken. */
  readonly sent: number;
  /** Messages that came from other neurons. */
  readonly received: number;
  /** Who came back with a position and was given all that it missed. */
  readonly recovered: number;
  /** Who came back with a position and was told that it was not given all. */
  readonly notRecovered: number;
  /** Messages handed to receivers on this neuron, each receiver counted. */
  readonly deliveries: number;
  /** Messages that came again and were not delivered again. */
  readonly duplicates: number;
  /** Messages of peers of this neuron, or parts of them, that were reported as undelivered. */
  readonly undelivered: number;
  /** These by reason. */
  readonly undeliveredBy: Readonly<Record<UndeliveredReason, number>>;
  /** Messages that were refused because their sender, or its account, sent too many. */
  readonly rateLimited: number;
  /** Texts of other neurons that could not be read. */
  readonly malformed: number;
  /** Stored slots that could not be read. */
  readonly malformedSlots: number;
  /** Slots that were written or deleted. */
  readonly slotWrites: number;
  /** Slots that could not be written when it was last tried, or are being written for more than a second: who came into them or left them is not known to the other neurons yet. */
  readonly unwrittenSlots: number;
}
