import { normalisePath } from '@xir/kv4-core';

import { isDevice, isUser } from '../channel.ts';
import { RouterError } from '../errors.ts';
import type { OutgoingMessage, SendReport } from './message.ts';
import type { Sender } from './sender.ts';

/** Default of {@link PublisherRequest.device}. */
export const DEFAULT_PUBLISHER_DEVICE = 'publisher';

/** Who publishes. */
export interface PublisherRequest {
  readonly bucket: string;
  /** Named as the sender. */
  readonly user: string;
  /** Default {@link DEFAULT_PUBLISHER_DEVICE}. */
  readonly device?: string;
  /** Hears of a message of level `accepted` that could not be delivered after all. */
  readonly onUndelivered?: (report: SendReport, id: string | undefined) => void;
}

/** Sends without being on a channel, for example for an application on a server. What one publisher sends to a channel stays in order, as what a peer sends does. */
export interface Publisher {
  /**
   * Sends a message to those on a channel; a subtree as its target may be any of the bucket. All of them are given it, also one who is called as the publisher is.
   * `onReport` is called once, as that of a peer. Throws {@link RouterError}.
   */
  send(path: string, message: OutgoingMessage, onReport?: (report: SendReport) => void): void;
}

/** What a publisher works with. */
export interface PublisherParts {
  /** Throws {@link RouterError} where the account may not send now. */
  readonly admit: () => void;
  readonly lane: () => Pick<Sender, 'lane' | 'gate'>;
  readonly send: (sender: Sender, message: OutgoingMessage, onReport: ((report: SendReport) => void) | undefined) => void;
  readonly maxChannels: number;
}

/** Makes a publisher. It remembers the order of its messages for the channels it sent to last. Throws {@link RouterError}. */
export function createPublisher({ bucket, user, device = DEFAULT_PUBLISHER_DEVICE, onUndelivered }: PublisherRequest, { admit, lane, send, maxChannels }: PublisherParts): Publisher {
  if (!isUser(user)) throw new RouterError('ROUTER_BAD_PEER', 'a user is named by 1 to 255 characters without slashes');
  if (!isDevice(device)) throw new RouterError('ROUTER_BAD_PEER', 'a device is named by 1 to 64 letters, digits, - and _');
  const receiver = onUndelivered === undefined ? {} : { undelivered: onUndelivered };
  /** The one that was used last stands last. */
  const senders = new Map<string, Sender>();
  const senderTo = (path: string): Sender => {
    const known = senders.get(path);
    if (known !== undefined) senders.delete(path);
    const sender = known ?? { peer: { bucket, path, user, device }, receiver, isPublisher: true, ...lane() };
    senders.set(path, sender);
    for (const [oldest, { lane: waiting, gate }] of senders) {
      if (senders.size <= maxChannels) break;
      if (waiting.isIdle && gate.isIdle) senders.delete(oldest);
    }
    return sender;
  };
  return {
    send(path, message, onReport) {
      const channel = checkedPath(path);
      admit();
      send(senderTo(channel), message, onReport);
    },
  };
}

function checkedPath(path: string): string {
  try {
    return normalisePath(path);
  } catch {
    // Too long, too deep or not well formed.
    throw new RouterError('ROUTER_BAD_MESSAGE', 'no such channel is possible');
  }
}
