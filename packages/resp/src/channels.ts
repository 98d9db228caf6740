import { loginUser, type LoginService } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';
import type { WatchScope } from '@xir/kv4-core';

import type { Change, ChangeFollower, Following } from './changes/change-follower.ts';
import type { Client } from './client.ts';
import { RespError } from './errors.ts';
import { globMatcher, type Matcher } from './glob.ts';
import { bytesOfContent, channelPath, contentOfBytes, isReserved, MESSAGE_DEVICE, MESSAGE_EVENT, placeOf, refusalOf, type ChannelMessage, type MessageRouter } from './messaging.ts';
import type { RespMetrics } from './metrics.ts';
import type { RespStanding } from './options.ts';

/** Events of names, as a subscription to them gives them. */
export interface NameEvents {
  readonly scopes: readonly WatchScope[];
  /** The channels on which a change is told, with what is said there; in byte text. */
  readonly messagesOf: (change: Change) => ReadonlyArray<{ readonly channel: string; readonly message: string }>;
}

interface Subscription {
  readonly client: Client;
  readonly name: string;
  readonly isPattern: boolean;
  readonly matches: Matcher;
  readonly followings: readonly Following[];
  /** Where it listens to channels of all neurons. */
  listening: ReturnType<MessageRouter['listen']> | undefined;
}

/** What {@link Channels} work with. */
export interface ChannelsParts {
  readonly metrics: RespMetrics;
  readonly logins: Pick<LoginService, 'confirm'>;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Absent: messages stay on this neuron. */
  readonly router: MessageRouter | undefined;
  readonly standing: () => RespStanding;
}

/** Milliseconds for which a subscription waits to be known to the other neurons before it is confirmed. */
const KNOWN_WITHIN_MS = 2_000;

/** Who listens to which channels, per account: to those of the router, which span all neurons, and to events of names. */
export class Channels {
  readonly #changes: ChangeFollower;
  readonly #metrics: RespMetrics;
  readonly #buckets = new Map<string, Map<string, Map<Client, Subscription>>>();
  readonly #logins: Pick<LoginService, 'confirm'>;
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #router: MessageRouter | undefined;
  readonly #standing: () => RespStanding;

  constructor(changes: ChangeFollower, { metrics, logins, clock, router, standing }: ChannelsParts) {
    this.#changes = changes;
    this.#metrics = metrics;
    this.#logins = logins;
    this.#clock = clock;
    this.#router = router;
    this.#standing = standing;
  }

  /** Subscribes a client to a channel or a pattern (byte text). Resolves when nothing will be missed from then on; rejects where the names cannot be followed. */
  async subscribe(client: Client, { name, isPattern }: { readonly name: string; readonly isPattern: boolean }, events: NameEvents | undefined): Promise<void> {
    const names = (client[isPattern ? 'patterns' : 'channels'] ??= new Set<string>());
    if (names.has(name)) return;
    const followings: Following[] = [];
    const matches = isPattern ? globMatcher(name) : (channel: string) => channel === name;
    const subscription: Subscription = { client, name, isPattern, matches, followings, listening: undefined };
    for (const scope of events?.scopes ?? []) {
      const changed = (change: Change) => this.#tellOf(subscription, events?.messagesOf(change) ?? []);
      const lost = (error: unknown) => {
        if (error !== undefined) this.#cutOff(subscription);
      };
      followings.push(this.#changes.follow(scope, { changed, lost }, 'ready'));
    }
    if (events === undefined && !isReserved(name)) subscription.listening = this.#listen(subscription);
    names.add(name);
    this.#add(subscription);
    try {
      await Promise.all(followings.map(({ ready }) => ready));
      if (subscription.listening !== undefined) await this.#known(subscription.listening);
    } catch (error) {
      this.unsubscribe(client, { name, isPattern });
      throw error;
    }
  }

  /** Takes a subscription back. */
  unsubscribe(client: Client, { name, isPattern }: { readonly name: string; readonly isPattern: boolean }): void {
    const names = client[isPattern ? 'patterns' : 'channels'];
    if (names?.delete(name) !== true) return;
    const bucket = client.lastBucket;
    const filed = this.#buckets.get(bucket);
    const id = idOf(name, isPattern);
    const subscribers = filed?.get(id);
    const subscription = subscribers?.get(client);
    for (const following of subscription?.followings ?? []) following.stop();
    subscription?.listening?.stop();
    if (subscribers?.delete(client) === true) this.#metrics.subscriptions -= 1;
    if (subscribers?.size === 0) filed?.delete(id);
    if (filed?.size === 0) this.#buckets.delete(bucket);
  }

  /** Sends a message (byte text) to all who are on a channel or listen to it, on all neurons; answers how many. Throws `RESP_BAD_NAME`, `RESP_BAD_ARGUMENT`, `RESP_BUSY`, `RESP_NOT_SERVING`. */
  publish(client: Client, channel: string, message: string): number | Promise<number> {
    if (this.#router === undefined || isReserved(channel)) return this.#publishHere(client.login.bucket, channel, message);
    const path = channelPath(channel);
    this.#requireServing();
    const { bucket } = client.login;
    const publisher = (client.publisher ??= this.#router.publisher({ bucket, user: loginUser(client.login), device: MESSAGE_DEVICE }));
    return new Promise((resolve, reject) => {
      try {
        publisher.send(path, { target: { type: 'channel' }, event: MESSAGE_EVENT, content: contentOfBytes(message), level: 'reached' }, ({ reached, undelivered }) => {
          // Without a neuron: it is the message itself that was not, or perhaps not, taken.
          const failed = undelivered.find(({ neuron }) => neuron === undefined);
          if (failed === undefined) resolve(reached);
          else reject(new RespError('RESP_BUSY', failed.reason === 'unknown' ? 'the message was taken, perhaps: look before you send it again' : 'the message could not be taken; try again'));
        });
      } catch (error) {
        reject(refusalOf(error) as Error);
      }
    });
  }

  #publishHere(bucket: string, channel: string, message: string): number {
    let receivers = 0;
    for (const subscribers of this.#buckets.get(bucket)?.values() ?? []) {
      for (const subscription of subscribers.values()) {
        if (!subscription.matches(channel)) break;
        this.#send(subscription, channel, message);
        receivers += 1;
      }
    }
    return receivers;
  }

  /** The channels that somebody listens to, without patterns; with how many do. */
  *active(bucket: string): Generator<readonly [channel: string, subscribers: number], void, undefined> {
    for (const [id, subscribers] of this.#buckets.get(bucket) ?? []) if (id.startsWith('c')) yield [id.slice(1), subscribers.size];
  }

  /** Patterns that somebody listens to. */
  patterns(bucket: string): number {
    let count = 0;
    for (const id of this.#buckets.get(bucket)?.keys() ?? []) if (id.startsWith('p')) count += 1;
    return count;
  }

  /** A client listens to nothing any more. */
  leave(client: Client): void {
    for (const name of [...(client.channels ?? [])]) this.unsubscribe(client, { name, isPattern: false });
    for (const name of [...(client.patterns ?? [])]) this.unsubscribe(client, { name, isPattern: true });
  }

  /** Cuts all who listen to channels of the router. */
  endListening(): void {
    for (const filed of this.#buckets.values()) {
      for (const subscribers of filed.values()) for (const { client, listening } of subscribers.values()) if (listening !== undefined) client.cut();
    }
  }

  #requireServing(): void {
    if (this.#standing() !== 'serving') throw new RespError('RESP_NOT_SERVING', 'this neuron has to see how it stands with the others: try again, or elsewhere');
  }

  #listen(subscription: Subscription): Subscription['listening'] {
    const { client, name, isPattern } = subscription;
    if (this.#router === undefined) return undefined;
    const { path, subtree, nameOf } = placeOf(name, isPattern);
    this.#requireServing();
    const deliver = (message: ChannelMessage, onWritten?: (written: boolean) => void) => {
      const shown = nameOf(message.channel.path);
      if (shown !== undefined) this.#send(subscription, shown, bytesOfContent(message.content));
      onWritten?.(true);
    };
    try {
      // What is missed cannot be told in this protocol otherwise than by ending the connection.
      return this.#router.listen({ bucket: client.login.bucket, path, subtree }, { deliver, missed: () => client.cut(), end: () => client.cut() });
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** The database holds that somebody listens here, or does not answer. */
  #known(listening: NonNullable<Subscription['listening']>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(KNOWN_WITHIN_MS, resolve);
      // A subscription that the database does not know yet is confirmed all the same.
      const stored = listening.stored().catch(() => undefined);
      void stored.then(() => (timer.cancel(), resolve()));
    });
  }

  #add(subscription: Subscription): void {
    const { client, name, isPattern } = subscription;
    const { bucket } = client.login;
    client.lastBucket = bucket;
    const filed = this.#buckets.get(bucket) ?? new Map<string, Map<Client, Subscription>>();
    this.#buckets.set(bucket, filed);
    const id = idOf(name, isPattern);
    const subscribers = filed.get(id) ?? new Map<Client, Subscription>();
    filed.set(id, subscribers);
    subscribers.set(client, subscription);
    this.#metrics.subscriptions += 1;
  }

  #tellOf(subscription: Subscription, messages: ReadonlyArray<{ readonly channel: string; readonly message: string }>): void {
    for (const { channel, message } of messages) if (subscription.matches(channel)) this.#send(subscription, channel, message);
  }

  /** Names that are no longer followed must not look as if nothing happened: the connection is cut, as with Redis when its server goes. */
  #cutOff({ client }: Subscription): void {
    client.cut();
  }

  #send({ client, name, isPattern }: Subscription, channel: string, message: string): void {
    if (!client.isAllowed(this.#logins)) return client.cut();
    this.#metrics.messages += 1;
    client.send((writer) => {
      writer.push(isPattern ? 4 : 3);
      writer.bulk(isPattern ? 'pmessage' : 'message');
      if (isPattern) writer.bulk(name);
      writer.bulk(channel);
      writer.bulk(message);
    });
  }
}

function idOf(name: string, isPattern: boolean): string {
  return `${isPattern ? 'p' : 'c'}${name}`;
}
