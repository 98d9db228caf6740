import type { JsonValue } from '@xir/kv4-core';

/** Somebody on a channel: one device of a user. */
export interface ChannelMember {
  readonly user: string;
  readonly device: string;
  /** What it says of itself; `null`: nothing. */
  readonly state: JsonValue;
}

/** A message. */
export interface ChannelMessage {
  /** The channel on which the sender is: another than one's own where it was sent to a subtree. */
  readonly path: string;
  readonly user: string;
  readonly device: string;
  /** What it is about, in the sender's words; `message` unless said otherwise. */
  readonly event: string;
  readonly content: JsonValue;
  /** It is for this user alone. */
  readonly direct: boolean;
  /** Milliseconds since 1970 UTC, by the sender's neuron. */
  readonly sentAtMs: number;
  readonly id?: string;
  /** Where it stands in the channel's history, where the channel keeps its messages. */
  readonly position?: string;
  /** Messages may have been missed before this one, by whoever listens since before. Otherwise absent. */
  readonly missed?: true;
}

/** What happens on a channel. */
export type ChannelEvent =
  | { readonly type: 'message'; readonly message: ChannelMessage }
  /** Somebody came, or is back; `update`: says something else of itself. */
  | { readonly type: 'join' | 'update'; readonly member: ChannelMember }
  | { readonly type: 'leave'; readonly member: ChannelMember }
  /**
   * The channel is connected, for the first time or again. `recovered`: everything since the connection before has come; false: messages may have been missed, which is
   * always so on channels that keep none.
   */
  | { readonly type: 'connected'; readonly host: string; readonly recovered: boolean }
  /** The connection is lost; the next attempt is made in that time. `members` is as it was. */
  | { readonly type: 'disconnected'; readonly reason: string; readonly retryInMs: number }
  /** A message of level `accepted` could not be delivered after all. */
  | { readonly type: 'undelivered'; readonly id: string; readonly report: SendReport };

/** How far a message has to get before it counts as sent. */
export type AcknowledgeLevel = 'accepted' | 'reached' | 'written';

/** To whom a message goes, and how. */
export interface SendOptions {
  /** A user, or one of its devices; default: all others on the channel. */
  readonly to?: { readonly user: string; readonly device?: string };
  /** To all others on the channel and those beneath it. Such messages are not kept. */
  readonly subtree?: boolean;
  /** What it is about; default `message`. */
  readonly event?: string;
  /** Default `reached`: it is in the queues of all receivers. `accepted`: a neuron has it. `written`: it was written to the receivers' sockets. */
  readonly acknowledge?: AcknowledgeLevel;
  /** Default: one of its own. What is sent again with the same id within two minutes is delivered once. */
  readonly id?: string;
  /** Gives the wait up; the message may have gone. */
  readonly signal?: AbortSignal;
}

/** What became of a message. */
export interface SendReport {
  /** Devices that it has reached; from level `reached` on. 0 where it was found in the history after a lost connection. */
  readonly reached: number;
  /** Devices to whose sockets it was written; at level `written`. */
  readonly written: number;
  /** Why parts of it were not delivered: `absent`, `unreachable`, `unknown`, `busy`, `not-stored`. */
  readonly undelivered: readonly { readonly reason: string; readonly neuron?: string }[];
  /** Where it stands in the channel's history, where it has one. */
  readonly position?: string;
}
