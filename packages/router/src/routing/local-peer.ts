import type { JsonValue } from '@xir/kv4-core';

import type { Peer } from '../channel.ts';
import type { Recovery } from '../history/history-policy.ts';
import type { OutgoingMessage, SendReport } from './message.ts';

/** A peer on a channel, whose connection this neuron holds. */
export interface LocalPeer {
  /** As the others see it. */
  readonly peer: Peer;
  /** False once it has left or was taken off. */
  readonly isPresent: boolean;
  /** Resolves when the database holds everything that was said of the neuron's peers before this call: the others know, or will within the time that their feeds take. */
  stored(): Promise<void>;
  /** Resolves when what was missed `since` a position was handed to the receiver; absent where that was not asked for, or the channel keeps no messages. */
  readonly recovery?: Promise<Recovery>;
  /** Says something else of itself; the others are told. `undefined`: nothing any more. Throws {@link RouterError}. */
  update(state: JsonValue | undefined): void;
  /**
   * Sends a message. `onReport` is called once: when its level is reached, or cannot be. What fails after that is told to the receiver's `undelivered`.
   * Throws {@link RouterError}.
   */
  send(message: OutgoingMessage, onReport?: (report: SendReport) => void): void;
  /** Leaves the channel. Idempotent. */
  leave(): void;
  /** Leaves the channel because the connection was lost: the last will is sent first. Idempotent. */
  disconnect(): void;
}

/** Who joins. */
export interface JoinRequest {
  readonly bucket: string;
  readonly path: string;
  readonly user: string;
  /** Default `default`. Who joins with the user and the device of one that is there takes its place. */
  readonly device?: string;
  readonly state?: JsonValue;
  /** The position in the channel's history that the peer knows: what came behind it is handed over first. An empty text: from now on. */
  readonly since?: string;
  /** What is sent in the peer's name when its connection is lost. */
  readonly lastWill?: OutgoingMessage;
}
