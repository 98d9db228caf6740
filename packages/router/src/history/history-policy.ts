import { versionTimeMs, type Retention } from '@xir/kv4-core';

import type { Channel } from '../channel.ts';

/** Where the history of a channel stands that has no message yet. */
export const EMPTY_HISTORY_POSITION = '0';
/** The layer in which histories are kept unless said otherwise. */
export const DEFAULT_HISTORY_LAYER = '*messages';

/** How a channel keeps its messages. */
export interface HistoryPolicy {
  /** The layer of the channel's bucket in which they are kept, for as long as the store keeps versions of that layer; usually {@link DEFAULT_HISTORY_LAYER}. */
  readonly layer: string;
  /** Most messages that a peer who comes back is given; one who missed more is told so. Default {@link DEFAULT_MAX_RECOVERED_MESSAGES}. */
  readonly maxRecoveredMessages?: number;
  /** How long the store keeps versions of that layer. Default: not known, so that nobody who knew the history as empty can be told that there is nothing besides what is kept. */
  readonly retention?: Retention;
}

/** Default of {@link HistoryPolicy.maxRecoveredMessages}. */
export const DEFAULT_MAX_RECOVERED_MESSAGES = 500;

/** Most characters of messages that a peer who comes back is given, {@link MESSAGE_OVERHEAD_CHARACTERS} for each besides its content: they are sent at once, and have to fit into what may wait for a receiver. */
export const MAX_RECOVERED_CHARACTERS = 524_288;
/** What a message counts for besides its content. */
export const MESSAGE_OVERHEAD_CHARACTERS = 128;

/** Whether the versions that are kept are all that there ever were, as far as the retention can tell: `oldest` is the first of `count`. Pure. */
export function isWholeHistory(retention: Retention | undefined, { oldest, count }: { readonly oldest: string | undefined; readonly count: number }, nowMs: number): boolean {
  if (retention === undefined || retention === 'none' || oldest === undefined) return false;
  if (retention === 'unlimited') return true;
  // A version is let go once the one behind it is older than the time that is kept.
  return 'versions' in retention ? count < retention.versions : versionTimeMs(oldest) > nowMs - retention.durationMs;
}

/** Which channels keep their messages, and how. */
export type HistoryPolicies = (channel: Channel) => HistoryPolicy | undefined;

/** What a peer who came back was given. */
export interface Recovery {
  /** True: it has been handed everything since its position. False: it may have missed something, and was handed nothing. */
  readonly recovered: boolean;
  /** Where the channel's history stood on this neuron when the peer joined, {@link EMPTY_HISTORY_POSITION} where there was no message; `undefined`: it is not known. */
  readonly position: string | undefined;
}
