import type { KeyAddress, PathAddress } from '@xir/kv4-core';

import type { Following } from '../changes/change-follower.ts';
import type { Client } from '../client.ts';
import { addressText } from '../transaction.ts';
import { Fetch } from './fetch.ts';
import type { TrackedNames } from './tracked-names.ts';

/** What of a client is followed: all that it reads, what it asks for, what it does not decline, or prefixes. */
export type TrackingMode = 'default' | 'optin' | 'optout' | 'bcast';

/** How CLIENT TRACKING was switched on. */
export interface TrackingSettings {
  readonly mode: TrackingMode;
  readonly noLoop: boolean;
  /** The client that is told instead; 0: this one. */
  readonly redirectId: number;
  /** Under `bcast`, as byte text. */
  readonly prefixes: readonly string[];
}

/** Versions that a client has written itself and that may still be told, at most. */
const MAX_OWN_VERSIONS = 1_000;

/** Client-side caching of one client. */
export class Tracking {
  readonly settings: TrackingSettings;
  readonly #client: Client;
  readonly #names: TrackedNames;
  /** What is followed for prefixes. */
  readonly followings: Following[] = [];
  /** What CLIENT CACHING said, for the next command. */
  caching: boolean | undefined;
  /** It was said by the command before: the next one is the one it is about. */
  isCachingNew = false;
  /** The client that is told is gone. */
  isRedirectBroken = false;
  readonly #fetching = new Set<Fetch>();
  /** Own versions that may still be told, with the keys they are of. */
  readonly #own = new Map<string, string>();
  readonly #writing = new Map<string, Set<Promise<unknown>>>();

  constructor(client: Client, names: TrackedNames, settings: TrackingSettings) {
    this.#client = client;
    this.#names = names;
    this.settings = settings;
  }

  /** The client is about to read a key, under a name (byte text). */
  noteKey(address: KeyAddress, name: string): void {
    if (this.#own.size > 0) {
      const id = addressText(address);
      this.#forgetOwn((own) => own === id);
    }
    if (!this.#wants()) return;
    this.#names.note(this.#client, { type: 'key', address }, name);
  }

  /** The client is about to read a field of a hash, which it keeps under the hash's name. */
  noteField(address: KeyAddress, hashName: string): void {
    this.noteKey(address, hashName);
  }

  /** The client is about to read a whole hash. */
  notePath(address: PathAddress, name: string): void {
    if (this.#own.size > 0) {
      const prefix = addressText({ ...address, key: '' });
      this.#forgetOwn((own) => own.startsWith(prefix));
    }
    if (!this.#wants()) return;
    this.#names.note(this.#client, { type: 'path', address }, name);
  }

  /** A request is about to be carried out: what the client is told before the answer goes out has to be told once more behind it. */
  beginFetch(): Fetch {
    const fetch = new Fetch();
    this.#fetching.add(fetch);
    return fetch;
  }

  endFetch(fetch: Fetch): void {
    this.#fetching.delete(fetch);
  }

  /** The client is told of names; `undefined`: of all. */
  noteTold(names: readonly string[] | undefined): void {
    for (const fetch of this.#fetching) fetch.note(names);
  }

  /** Ends what is followed for prefixes. */
  stop(): void {
    for (const following of this.followings) following.stop();
    this.followings.length = 0;
  }

  /** A write of the client is under way: with NOLOOP what it makes is not told to it. */
  noteWrite(address: KeyAddress, write: Promise<{ readonly version: string } | undefined>): void {
    const id = addressText(address);
    const writes = this.#writing.get(id) ?? new Set<Promise<unknown>>();
    this.#writing.set(id, writes);
    writes.add(write);
    const over = (result: { readonly version: string } | undefined) => {
      writes.delete(write);
      if (writes.size === 0) this.#writing.delete(id);
      if (result === undefined) return;
      this.#own.set(result.version, id);
      if (this.#own.size > MAX_OWN_VERSIONS) for (const oldest of this.#own.keys()) return void this.#own.delete(oldest);
    };
    write.then(over, () => over(undefined));
  }

  /** Whether the client itself made a version; a promise where a write is under way that may turn out to have. */
  isOwn(address: KeyAddress, version: string | undefined): boolean | Promise<boolean> {
    if (version === undefined) return false;
    if (this.#own.has(version)) return true;
    const writes = this.#writing.get(addressText(address));
    return writes === undefined ? false : Promise.allSettled(writes).then(() => this.#own.has(version));
  }

  /** What is read behind an own write is news when it changes, even back to what was written. */
  #forgetOwn(concerns: (addressText: string) => boolean): void {
    for (const [version, own] of this.#own) if (concerns(own)) this.#own.delete(version);
  }

  #wants(): boolean {
    switch (this.settings.mode) {
      case 'default':
        return true;
      case 'optin':
        return this.caching === true;
      case 'optout':
        return this.caching !== false;
      case 'bcast':
        return false;
    }
  }
}
