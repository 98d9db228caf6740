import type { Channel } from '../channel.ts';

/** Who a message is for. */
export type Target =
  /** All others on the sender's channel. */
  | { readonly type: 'channel' }
  /** A user on the sender's channel, on all devices, or on one. */
  | { readonly type: 'user'; readonly user: string; readonly device?: string }
  /** All others on the channels at a path of the sender's bucket and beneath it. */
  | { readonly type: 'subtree'; readonly path: string };

/** What a sender wants to know before it calls a message sent, each more than the one before. */
export const ACKNOWLEDGEMENT_LEVELS = ['accepted', 'reached', 'written'] as const;

/**
 * - `accepted`: this neuron has taken it, and will report it where it cannot be delivered.
 * - `reached`: the neurons of all receivers have it, and have put it into the receivers' queues.
 * - `written`: it was written to the receivers' sockets.
 */
export type AcknowledgementLevel = (typeof ACKNOWLEDGEMENT_LEVELS)[number];

/** A message as its sender hands it in. */
export interface OutgoingMessage {
  readonly target: Target;
  /** What the message is about, in the sender's words. */
  readonly event: string;
  /** A JSON text. */
  readonly content: string;
  /** Chosen by the sender: what comes again with the same id within the window is delivered once. */
  readonly id?: string;
  /** Default `accepted`. */
  readonly level?: AcknowledgementLevel;
}

/** A message as its receivers see it. All receivers on a neuron get the same object: what is made of it can be made once. */
export interface Message {
  /** The channel on which the sender is. */
  readonly channel: Channel;
  readonly user: string;
  readonly device: string;
  readonly target: Target;
  readonly event: string;
  readonly content: string;
  readonly id?: string;
  /** Milliseconds since 1970 UTC, by the sender's neuron. */
  readonly sentAtMs: number;
  /** It was sent by a publisher: nobody on the channel is its sender, whatever the names. */
  readonly published?: true;
  /** Where it stands in the channel's history. */
  readonly position?: string;
  /** The position of the message before it, as this neuron handed it on; absent where that is not known. A receiver who knows another, or none is named, has missed something. */
  readonly previous?: string;
}

/** Why a message, or a part of it, was not delivered. `unknown`: it may have been, or not. */
export type UndeliveredReason = 'absent' | 'unreachable' | 'unknown' | 'busy' | 'not-stored';

/** What became of a message. */
export interface SendReport {
  /** Receivers, that is devices and listeners, whose neuron has it in their queues. Known from level `reached` on. */
  readonly reached: number;
  /** Receivers to whose socket it was written. Known at level `written`. */
  readonly written: number;
  /** Where it was not delivered: once for each neuron that it should have reached, or without one. */
  readonly undelivered: readonly { readonly reason: UndeliveredReason; readonly neuron?: string }[];
  /** Where the message stands in the channel's history, where it has one. */
  readonly position?: string;
}
