import type { LoginService } from '@xir/accounts';
import type { WatchScope } from '@xir/kv4-core';

import type { Change, ChangeFollower, Following } from './changes/change-follower.ts';
import type { Client } from './client.ts';
import { globMatcher, type Matcher } from './glob.ts';
import type { RespMetrics } from './metrics.ts';

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
}

/** Who listens to which channels: per account, on this neuron. */
export class Channels {
  readonly #changes: ChangeFollower;
  readonly #metrics: RespMetrics;
  readonly #buckets = new Map<string, Map<string, Map<Client, Subscription>>>();
  readonly #logins: Pick<LoginService, 'confirm'>;

  constructor(changes: ChangeFollower, { metrics, logins }: { readonly metrics: RespMetrics; readonly logins: Pick<LoginService, 'confirm'> }) {
    this.#changes = changes;
    this.#metrics = metrics;
    this.#logins = logins;
  }

  /** Subscribes a client to a channel or a pattern (byte text). Resolves when nothing will be missed from then on; rejects where the names cannot be followed. */
  async subscribe(client: Client, { name, isPattern }: { readonly name: string; readonly isPattern: boolean }, events: NameEvents | undefined): Promise<void> {
    const names = (client[isPattern ? 'patterns' : 'channels'] ??= new Set<string>());
    if (names.has(name)) return;
    const followings: Following[] = [];
    const matches = isPattern ? globMatcher(name) : (channel: string) => channel === name;
    const subscription: Subscription = { client, name, isPattern, matches, followings };
    for (const scope of events?.scopes ?? []) {
      const changed = (change: Change) => this.#tellOf(subscription, events?.messagesOf(change) ?? []);
      const lost = (error: unknown) => {
        if (error !== undefined) this.#cutOff(subscription);
      };
      followings.push(this.#changes.follow(scope, { changed, lost }, 'ready'));
    }
    names.add(name);
    this.#add(subscription);
    try {
      await Promise.all(followings.map(({ ready }) => ready));
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
    for (const following of subscribers?.get(client)?.followings ?? []) following.stop();
    if (subscribers?.delete(client) === true) this.#metrics.subscriptions -= 1;
    if (subscribers?.size === 0) filed?.delete(id);
    if (filed?.size === 0) this.#buckets.delete(bucket);
  }

  /** Sends a message (byte text) to all who listen to a channel; answers how many. */
  publish(bucket: string, channel: string, message: string): number {
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
