import type { Channel } from '../channel.ts';

/** The layer in which histories are kept unless said otherwise. */
export const DEFAULT_HISTORY_LAYER = '*messages';

/** How a channel keeps its messages. */
export interface HistoryPolicy {
  /** The layer of the channel's bucket in which they are kept, for as long as the store keeps versions of that layer; usually {@link DEFAULT_HISTORY_LAYER}. */
  readonly layer: string;
  /** Most messages that a peer who comes back is given; one who missed more is told so. Default {@link DEFAULT_MAX_RECOVERED_MESSAGES}. */
  readonly maxRecoveredMessages?: number;
}

/** Default of {@link HistoryPolicy.maxRecoveredMessages}. */
export const DEFAULT_MAX_RECOVERED_MESSAGES = 500;

/** Which channels keep their messages, and how. */
export type HistoryPolicies = (channel: Channel) => HistoryPolicy | undefined;

/** What a peer who came back was given. */
export interface Recovery {
  /** True: it has been handed everything since its position. False: it may have missed something, and was handed nothing. */
  readonly recovered: boolean;
  /** Where the channel's history stood on this neuron when the peer joined; `undefined`: it has none. */
  readonly position: string | undefined;
}
