import type { Message, SendReport } from './message.ts';
import type { PresenceChange } from '../subscriptions/directory.ts';
import type { EndReason, Receiver } from './receiver.ts';

/** Most messages that wait while what was missed is looked up; more, and the peer has missed something. */
const MAX_HELD = 10_000;

/** A receiver who is to be handed what it missed before it is handed anything else. */
export class RecoveringReceiver implements Receiver {
  readonly #receiver: Receiver;
  #held: { readonly message: Message; readonly onWritten: ((written: boolean) => void) | undefined }[] | undefined = [];
  #overflowed = false;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  deliver(message: Message, onWritten?: (written: boolean) => void): void {
    if (this.#held === undefined) return this.#receiver.deliver(message, onWritten);
    if (this.#held.length < MAX_HELD) this.#held.push({ message, onWritten });
    else {
      this.#overflowed = true;
      onWritten?.(false);
    }
  }

  stored(message: Message): void {
    this.#receiver.stored?.(message);
  }

  presence(change: PresenceChange): void {
    this.#receiver.presence?.(change);
  }

  undelivered(report: SendReport, id: string | undefined): void {
    this.#receiver.undelivered?.(report, id);
  }

  end(reason: EndReason): void {
    this.#receiver.end(reason);
  }

  /** Hands over what was missed, then what has waited. Gives back whether nothing was lost meanwhile. `knownUpTo`: what the receiver has had already. */
  release(missed: readonly Message[], knownUpTo: string | undefined): boolean {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of missed) this.#receiver.deliver(message);
    for (const { message, onWritten } of held) {
      if (message.position === undefined || knownUpTo === undefined || message.position > knownUpTo) this.#receiver.deliver(message, onWritten);
      else onWritten?.(true);
    }
    return !this.#overflowed;
  }
}
