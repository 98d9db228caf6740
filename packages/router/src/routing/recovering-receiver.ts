import type { Message, SendReport } from './message.ts';
import { repeatedAs } from './message-id.ts';
import type { PresenceChange } from '../subscriptions/directory.ts';
import type { EndReason, Receiver } from './receiver.ts';

/** Most messages that wait while what was missed is looked up; more, and the peer has missed something. */
const MAX_HELD = 10_000;

interface Held {
  readonly message: Message;
  /** Where the history stood here when it came: what was stored later is to come behind it. */
  readonly standing: string;
  readonly isOwn: boolean;
  readonly onWritten?: ((written: boolean) => void) | undefined;
}

/** A receiver who is to be handed what it missed before it is handed anything that came later. */
export class RecoveringReceiver implements Receiver {
  readonly #receiver: Receiver;
  readonly #standing: () => string | undefined;
  #held: Held[] | undefined = [];
  #overflowed = false;
  /** The position up to which the receiver has had everything: its neuron may be behind that, and tell it once more. */
  #knownUpTo: string | undefined;

  /** `standing`: where the history stands on this neuron. */
  constructor(receiver: Receiver, standing: () => string | undefined) {
    this.#receiver = receiver;
    this.#standing = standing;
  }

  deliver(message: Message, onWritten?: (written: boolean) => void): void {
    if (this.#held === undefined) return this.#isKnown(message) ? onWritten?.(true) : this.#receiver.deliver(message, onWritten);
    if (!this.#hold(this.#held, { message, isOwn: false, onWritten })) onWritten?.(false);
  }

  stored(message: Message): void {
    if (this.#held === undefined) {
      if (!this.#isKnown(message)) this.#receiver.stored?.(message);
    } else this.#hold(this.#held, { message, isOwn: true });
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

  /** Hands over what was missed, and what has waited: each behind what was stored when it came. Gives back whether nothing was lost meanwhile. `knownUpTo`: what the receiver has had already. */
  release(missed: readonly Message[], knownUpTo: string | undefined): boolean {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#knownUpTo = knownUpTo;
    // What was missed may have been sent again, with its id, while it was looked up.
    const had = new Set(missed.map(repeatedAs));
    let handed = 0;
    const handHeld = (isDue: (each: Held) => boolean): void => {
      for (let each = held[handed]; each !== undefined && isDue(each); each = held[handed]) {
        handed += 1;
        this.#hand(each, had);
      }
    };
    for (const message of missed) {
      handHeld(({ standing }) => standing < (message.position ?? ''));
      this.#receiver.deliver(message);
    }
    handHeld(() => true);
    return !this.#overflowed;
  }

  #hold(held: Held[], given: Omit<Held, 'standing'>): boolean {
    if (held.length >= MAX_HELD) {
      this.#overflowed = true;
      return false;
    }
    held.push({ ...given, standing: given.message.position ?? this.#standing() ?? '' });
    return true;
  }

  #hand({ message, isOwn, onWritten }: Held, had: ReadonlySet<string | undefined>): void {
    const name = repeatedAs(message);
    if (isOwn) this.stored(message);
    else if (name !== undefined && had.has(name)) onWritten?.(true);
    else this.deliver(message, onWritten);
  }

  #isKnown({ position }: Message): boolean {
    return position !== undefined && this.#knownUpTo !== undefined && position <= this.#knownUpTo;
  }
}
