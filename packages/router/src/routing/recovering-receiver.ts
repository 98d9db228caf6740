import type { Message, SendReport } from './message.ts';
import { repeatedAs } from './message-id.ts';
import type { PresenceChange } from '../subscriptions/directory.ts';
import type { EndReason, Receiver } from './receiver.ts';

/** Most messages that wait while what was missed is looked up; more, and the peer has missed something. */
const MAX_HELD = 10_000;

/** A receiver who is to be handed what it missed before it is handed anything else. */
export class RecoveringReceiver implements Receiver {
  readonly #receiver: Receiver;
  #held: { readonly message: Message; readonly isOwn: boolean; readonly onWritten?: ((written: boolean) => void) | undefined }[] | undefined = [];
  #overflowed = false;
  /** The position up to which the receiver has had everything: its neuron may be behind that, and tell it once more. */
  #knownUpTo: string | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  deliver(message: Message, onWritten?: (written: boolean) => void): void {
    if (this.#held === undefined) return this.#isKnown(message) ? onWritten?.(true) : this.#receiver.deliver(message, onWritten);
    if (this.#held.length < MAX_HELD) this.#held.push({ message, isOwn: false, onWritten });
    else {
      this.#overflowed = true;
      onWritten?.(false);
    }
  }

  stored(message: Message): void {
    if (this.#held === undefined) {
      if (!this.#isKnown(message)) this.#receiver.stored?.(message);
    } else if (this.#held.length < MAX_HELD) this.#held.push({ message, isOwn: true });
    else this.#overflowed = true;
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
    this.#knownUpTo = knownUpTo;
    for (const message of missed) this.#receiver.deliver(message);
    // What was missed may have been sent again, with its id, while it was looked up.
    const had = new Set(missed.map(repeatedAs));
    for (const { message, isOwn, onWritten } of held) {
      const name = repeatedAs(message);
      if (isOwn) this.stored(message);
      else if (name !== undefined && had.has(name)) onWritten?.(true);
      else this.deliver(message, onWritten);
    }
    return !this.#overflowed;
  }

  #isKnown({ position }: Message): boolean {
    return position !== undefined && this.#knownUpTo !== undefined && position <= this.#knownUpTo;
  }
}
