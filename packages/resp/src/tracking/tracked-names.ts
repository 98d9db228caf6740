import type { KeyAddress, WatchScope } from '@xir/kv4-core';

import type { Cause, ChangeFollower, Following } from '../changes/change-follower.ts';
import type { FollowedKeys, FollowedStore } from '../changes/followed-store.ts';
import type { Client } from '../client.ts';
import type { RespMetrics } from '../metrics.ts';
import { addressText } from '../transaction.ts';

/** Tells a client that names (byte text) are not what they were; `undefined`: all of them. */
export type Invalidate = (client: Client, names: readonly string[] | undefined, cause: Cause | undefined) => void;

interface TrackedScope {
  readonly id: string;
  readonly scope: WatchScope;
  following: Following | undefined;
  /** Names as the clients wrote them, with who has read them. */
  readonly names: Map<string, Set<Client>>;
}

/** What a {@link TrackedNames} works with. */
export interface TrackedNamesOptions {
  readonly store: FollowedStore;
  readonly changes: ChangeFollower;
  readonly metrics: RespMetrics;
  readonly maxNames: number;
  readonly invalidate: Invalidate;
}

/** What clients have read and keep: each is told once when it changes, whoever changes it, and is then forgotten until it is read again. */
export class TrackedNames {
  readonly #options: TrackedNamesOptions;
  readonly #scopes = new Map<string, TrackedScope>();
  readonly #ofClient = new Map<Client, Set<TrackedScope>>();
  #keys: FollowedKeys | undefined;

  constructor(options: TrackedNamesOptions) {
    this.#options = options;
  }

  /** A client keeps what it reads of a scope under a name (byte text). Must be called before the value is looked up. */
  note(client: Client, scope: Extract<WatchScope, { type: 'key' | 'path' }>, name: string): void {
    const { metrics, maxNames } = this.#options;
    const id = scopeText(scope);
    const tracked = this.#scopes.get(id) ?? this.#begin(id, scope);
    let clients = tracked.names.get(name);
    if (clients === undefined) {
      clients = new Set();
      tracked.names.set(name, clients);
      metrics.trackedNames += 1;
    }
    clients.add(client);
    const scopes = this.#ofClient.get(client) ?? new Set<TrackedScope>();
    this.#ofClient.set(client, scopes);
    scopes.add(tracked);
    if (metrics.trackedNames > maxNames) this.#dropOldest(tracked);
  }

  /** A client keeps nothing any more. */
  leave(client: Client): void {
    const scopes = this.#ofClient.get(client);
    if (scopes === undefined) return;
    this.#ofClient.delete(client);
    for (const tracked of scopes) {
      for (const [name, clients] of tracked.names) {
        if (!clients.delete(client) || clients.size > 0) continue;
        tracked.names.delete(name);
        this.#options.metrics.trackedNames -= 1;
      }
      if (tracked.names.size === 0) this.#forget(tracked);
    }
  }

  /** Follows nothing any more. */
  close(): void {
    this.#keys?.close();
    this.#keys = undefined;
  }

  #begin(id: string, scope: WatchScope): TrackedScope {
    const { store, changes } = this.#options;
    const tracked: TrackedScope = { id, scope, following: undefined, names: new Map() };
    this.#scopes.set(id, tracked);
    if (scope.type === 'key' && store.followKeys !== undefined) {
      this.#keys ??= store.followKeys({
        changed: (address, version) => this.#changed(address, version),
        lost: () => this.#lostKeys(),
      });
      this.#keys.follow(scope.address);
    } else {
      tracked.following = changes.notice(scope, { changed: (cause) => this.#tell(tracked, cause), lost: () => this.#tell(tracked, undefined) }, 'now');
    }
    return tracked;
  }

  #changed(address: KeyAddress, version: string | undefined): void {
    const tracked = this.#scopes.get(scopeText({ type: 'key', address }));
    if (tracked !== undefined) this.#tell(tracked, { address, version });
  }

  #lostKeys(): void {
    for (const tracked of [...this.#scopes.values()]) if (tracked.scope.type === 'key') this.#tell(tracked, undefined);
  }

  #tell(tracked: TrackedScope, cause: Cause | undefined): void {
    if (this.#scopes.get(tracked.id) !== tracked) return;
    this.#forget(tracked);
    for (const [name, clients] of tracked.names) {
      for (const client of clients) {
        this.#ofClient.get(client)?.delete(tracked);
        this.#options.invalidate(client, [name], cause);
      }
    }
  }

  #forget(tracked: TrackedScope): void {
    this.#scopes.delete(tracked.id);
    this.#options.metrics.trackedNames -= tracked.names.size;
    tracked.following?.stop();
    if (tracked.scope.type === 'key') this.#keys?.unfollow(tracked.scope.address);
  }

  #dropOldest(newest: TrackedScope): void {
    for (const tracked of this.#scopes.values()) {
      if (tracked === newest) return;
      this.#tell(tracked, undefined);
      if (this.#options.metrics.trackedNames <= this.#options.maxNames) return;
    }
  }
}

function scopeText(scope: Extract<WatchScope, { type: 'key' | 'path' }>): string {
  return scope.type === 'key' ? addressText(scope.address) : `path ${addressText({ ...scope.address, key: '' })}`;
}
