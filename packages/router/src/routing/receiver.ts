import type { PresenceChange } from '../subscriptions/directory.ts';
import type { Message, SendReport } from './message.ts';

/** Why a peer is no longer on its channel. */
export type EndReason = 'kicked' | 'replaced' | 'closed';

/** One connection on a channel, as the router needs it. Its methods are called in order, and must neither throw nor wait. */
export interface Receiver {
  /** Takes a message. Where `onWritten` is given, it is to be called once: with true when the message was written to the socket, with false when it never will be. */
  deliver(message: Message, onWritten?: (written: boolean) => void): void;
  /** Who comes and goes on the channel, the own join excepted. */
  presence?(change: PresenceChange): void;
  /** The peer's own message was stored in the channel's history, at `position`, behind `previous`. The peer is not handed it. */
  stored?(message: Message): void;
  /** A message of level `accepted` could not be delivered after all. */
  undelivered?(report: SendReport, id: string | undefined): void;
  /** The peer was taken off the channel by others than itself; the connection is to be closed. */
  end(reason: EndReason): void;
}
