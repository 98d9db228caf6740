import type { JsonValue } from '@xir/kv4-core';

import type { Peer } from '../channel.ts';
import type { Recovery } from '../history/history-policy.ts';
import type { LocalPeer } from './local-peer.ts';
import type { Local } from './local-peers.ts';
import type { OutgoingMessage, SendReport } from './message.ts';

/** What a {@link LocalHandle} does with its peer. One for all peers. */
export interface LocalHandleParts {
  readonly stored: () => Promise<void>;
  readonly update: (local: Local, state: JsonValue | undefined) => void;
  readonly send: (local: Local, message: OutgoingMessage, onReport: ((report: SendReport) => void) | undefined) => void;
  readonly sendLastWill: (local: Local, message: OutgoingMessage) => void;
  readonly remove: (local: Local) => void;
}

/** A peer as the one who holds its connection sees it: a class, since most of what an object with functions of its own weighs, each idle client would pay for. */
export class LocalHandle implements LocalPeer {
  readonly #local: Local;
  readonly #parts: LocalHandleParts;
  readonly #lastWill: OutgoingMessage | undefined;
  readonly recovery?: Promise<Recovery>;

  constructor(local: Local, parts: LocalHandleParts, { lastWill, recovery }: { readonly lastWill: OutgoingMessage | undefined; readonly recovery: Promise<Recovery> | undefined }) {
    this.#local = local;
    this.#parts = parts;
    this.#lastWill = lastWill;
    if (recovery !== undefined) this.recovery = recovery;
  }

  get peer(): Peer {
    return this.#local.peer;
  }

  get isPresent(): boolean {
    return this.#local.present;
  }

  stored(): Promise<void> {
    return this.#parts.stored();
  }

  update(state: JsonValue | undefined): void {
    this.#parts.update(this.#local, state);
  }

  send(message: OutgoingMessage, onReport?: (report: SendReport) => void): void {
    this.#parts.send(this.#local, message, onReport);
  }

  leave(): void {
    this.#parts.remove(this.#local);
  }

  disconnect(): void {
    if (this.#local.present && this.#lastWill !== undefined) this.#parts.sendLastWill(this.#local, this.#lastWill);
    this.leave();
  }
}
