import { MAX_SLOT_SUBSCRIPTIONS } from './subscriptions/slot-document.ts';

/** What bounds a router. */
export interface RouterLimits {
  /** Bytes of one message's content, as UTF-16 code units. */
  readonly maxContentCharacters: number;
  /** Messages of one peer in a second; twice as many at once after a pause. */
  readonly maxPeerMessagesPerSecond: number;
  /** Messages of all peers of a bucket on this neuron in a second; twice as many at once after a pause. */
  readonly maxAccountMessagesPerSecond: number;
  /** Ids of messages that are remembered, so that they are delivered once. */
  readonly maxRememberedIds: number;
  /** Milliseconds for which they are. */
  readonly idWindowMs: number;
  /** Messages whose answers from other neurons are awaited. More are reported as undelivered (`busy`). */
  readonly maxAwaitedReplies: number;
  /** Milliseconds after which an answer counts as lost. */
  readonly replyTimeoutMs: number;
  /** Messages of one peer that wait behind one whose receiver has to be found again. */
  readonly maxHeldMessages: number;
  /** Listeners on this neuron. */
  readonly maxListeners: number;
  /** Channels on which a publisher remembers the order of its messages; more where messages are on their way. */
  readonly maxPublisherChannels: number;
  /** Subscriptions and listeners in one document, 1 to 256. Fewer make smaller documents, and more of them. */
  readonly maxSlotSubscriptions: number;
}

/** What may be otherwise on a channel. */
export type ChannelLimits = Partial<Pick<RouterLimits, 'maxContentCharacters' | 'maxPeerMessagesPerSecond'>>;

/** Default of {@link RouterLimits.maxContentCharacters}. */
export const DEFAULT_MAX_CONTENT_CHARACTERS = 262_144;
/** Default of {@link RouterLimits.maxPeerMessagesPerSecond}. */
export const DEFAULT_MAX_PEER_MESSAGES_PER_SECOND = 1_000;
/** Default of {@link RouterLimits.maxAccountMessagesPerSecond}. */
export const DEFAULT_MAX_ACCOUNT_MESSAGES_PER_SECOND = 50_000;
/** Default of {@link RouterLimits.maxRememberedIds}. */
export const DEFAULT_MAX_REMEMBERED_IDS = 100_000;
/** Default of {@link RouterLimits.idWindowMs}: two minutes. */
export const DEFAULT_ID_WINDOW_MS = 120_000;
/** Default of {@link RouterLimits.maxAwaitedReplies}. */
export const DEFAULT_MAX_AWAITED_REPLIES = 100_000;
/** Default of {@link RouterLimits.replyTimeoutMs}. */
export const DEFAULT_REPLY_TIMEOUT_MS = 10_000;
/** Default of {@link RouterLimits.maxHeldMessages}. */
export const DEFAULT_MAX_HELD_MESSAGES = 1_000;
/** Default of {@link RouterLimits.maxListeners}. */
export const DEFAULT_MAX_LISTENERS = 100_000;
/** Default of {@link RouterLimits.maxPublisherChannels}. */
export const DEFAULT_MAX_PUBLISHER_CHANNELS = 10_000;
/** Default of {@link RouterLimits.maxSlotSubscriptions}. */
export const DEFAULT_MAX_SLOT_SUBSCRIPTIONS = MAX_SLOT_SUBSCRIPTIONS;

/** The limits with defaults for what was not given. Throws `TypeError` for a limit that is no positive number, or beyond its bound. */
export function completeLimits(limits: Partial<RouterLimits> = {}): RouterLimits {
  const complete: RouterLimits = {
    maxContentCharacters: limits.maxContentCharacters ?? DEFAULT_MAX_CONTENT_CHARACTERS,
    maxPeerMessagesPerSecond: limits.maxPeerMessagesPerSecond ?? DEFAULT_MAX_PEER_MESSAGES_PER_SECOND,
    maxAccountMessagesPerSecond: limits.maxAccountMessagesPerSecond ?? DEFAULT_MAX_ACCOUNT_MESSAGES_PER_SECOND,
    maxRememberedIds: limits.maxRememberedIds ?? DEFAULT_MAX_REMEMBERED_IDS,
    idWindowMs: limits.idWindowMs ?? DEFAULT_ID_WINDOW_MS,
    maxAwaitedReplies: limits.maxAwaitedReplies ?? DEFAULT_MAX_AWAITED_REPLIES,
    replyTimeoutMs: limits.replyTimeoutMs ?? DEFAULT_REPLY_TIMEOUT_MS,
    maxHeldMessages: limits.maxHeldMessages ?? DEFAULT_MAX_HELD_MESSAGES,
    maxListeners: limits.maxListeners ?? DEFAULT_MAX_LISTENERS,
    maxPublisherChannels: limits.maxPublisherChannels ?? DEFAULT_MAX_PUBLISHER_CHANNELS,
    maxSlotSubscriptions: limits.maxSlotSubscriptions ?? DEFAULT_MAX_SLOT_SUBSCRIPTIONS,
  };
  for (const [name, value] of Object.entries(complete)) if (!(value >= 1)) throw new TypeError(`${name} must be at least 1`);
  const { maxSlotSubscriptions } = complete;
  if (!Number.isInteger(maxSlotSubscriptions) || maxSlotSubscriptions > MAX_SLOT_SUBSCRIPTIONS) throw new TypeError(`maxSlotSubscriptions must be a whole number, at most ${MAX_SLOT_SUBSCRIPTIONS}`);
  return complete;
}
