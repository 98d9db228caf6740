import type { WatchScope } from '@xir/kv4-core';

import type { Change, ChangeFollower, Following } from '../changes/change-follower.ts';
import type { Client } from '../client.ts';
import type { RespMetrics } from '../metrics.ts';

/** Tells a client that names (byte text) are not what they were; `undefined`: all of them. */
export type Invalidate = (client: Client, names: readonly string[] | undefined, change: Change | undefined) => void;

interface TrackedScope {
  readonly id: string;
  following: Following | undefined;
  /** Names as the clients wrote them, with who has read them. */
  readonly names: Map<string, Set<Client>>;
}

/** What clients have read and keep: each is told once when it changes, whoever changes it, and is then forgotten until it is read again. */
export class TrackedNames {
  readonly #changes: ChangeFollower;
  readonly #metrics: RespMetrics;
  readonly #maxNames: number;
  readonly #invalidate: Invalidate;
  readonly #scopes = new Map<string, TrackedScope>();

  constructor(changes: ChangeFollower, { metrics, maxNames, invalidate }: { readonly metrics: RespMetrics; readonly maxNames: number; readonly invalidate: Invalidate }) {
    this.#changes = changes;
    this.#metrics = metrics;
    this.#maxNames = maxNames;
    this.#invalidate = invalidate;
  }

  /** A client keeps what it reads under a name (byte text). Must be called before the value is looked up. */
  note(scopeId: string, scope: () => WatchScope, { name, client }: { readonly name: string; readonly client: Client }): void {
    let tracked = this.#scopes.get(scopeId);
    if (tracked === undefined) {
      tracked = { id: scopeId, following: undefined, names: new Map() };
      this.#scopes.set(scopeId, tracked);
      this.#follow(tracked, scope());
    }
    let clients = tracked.names.get(name);
    if (clients === undefined) {
      clients = new Set();
      tracked.names.set(name, clients);
      this.#metrics.trackedNames += 1;
    }
    clients.add(client);
    if (this.#metrics.trackedNames > this.#maxNames) this.#dropOldest(tracked);
  }

  /** A client keeps nothing any more. */
  leave(client: Client): void {
    if (client.tracking === undefined) return;
    for (const tracked of [...this.#scopes.values()]) {
      for (const [name, clients] of tracked.names) {
        if (!clients.delete(client) || clients.size > 0) continue;
        tracked.names.delete(name);
        this.#metrics.trackedNames -= 1;
      }
      if (tracked.names.size === 0) this.#forget(tracked);
    }
  }

  #follow(tracked: TrackedScope, scope: WatchScope): void {
    tracked.following = this.#changes.follow(scope, {
      changed: (change) => this.#tell(tracked, change),
      lost: () => this.#tell(tracked, undefined),
    });
  }

  #tell(tracked: TrackedScope, change: Change | undefined): void {
    if (this.#scopes.get(tracked.id) !== tracked) return;
    this.#forget(tracked);
    for (const [name, clients] of tracked.names) for (const client of clients) this.#invalidate(client, [name], change);
  }

  #forget(tracked: TrackedScope): void {
    this.#scopes.delete(tracked.id);
    this.#metrics.trackedNames -= tracked.names.size;
    tracked.following?.stop();
  }

  #dropOldest(newest: TrackedScope): void {
    for (const tracked of this.#scopes.values()) {
      if (tracked === newest) return;
      this.#tell(tracked, undefined);
      if (this.#metrics.trackedNames <= this.#maxNames) return;
    }
  }
}
