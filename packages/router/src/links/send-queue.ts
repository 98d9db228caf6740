import type { LinkOutcome } from '../link.ts';
import { MAX_FRAME_MESSAGES } from './link-frame.ts';
import { LINK_BATCH_CHARACTERS, LINK_WINDOW_CHARACTERS, MAX_LINK_MESSAGE_BYTES, type LinkLimits } from './limits.ts';

/** What has to be told. */
export interface Settled {
  readonly onOutcome: (outcome: LinkOutcome) => void;
  readonly outcome: LinkOutcome;
}

interface Waiting {
  readonly message: string;
  readonly onOutcome: (outcome: LinkOutcome) => void;
}

interface InFlight {
  readonly number: number;
  readonly entries: readonly Waiting[];
  readonly characters: number;
  readonly sentAtMs: number;
}

/** Messages to one neuron, those that wait and those on their way: bounded, in order, each settled once. Pure: says what is to be told, and tells nobody. */
export class SendQueue {
  readonly #limits: Pick<LinkLimits, 'maxQueuedMessages' | 'maxQueuedCharacters'>;
  #waiting: Waiting[] = [];
  #next = 0;
  #waitingCharacters = 0;
  #inFlight: InFlight[] = [];
  #inFlightCharacters = 0;

  constructor(limits: Pick<LinkLimits, 'maxQueuedMessages' | 'maxQueuedCharacters'>) {
    this.#limits = limits;
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** When the oldest frame without an answer was sent; `undefined` where there is none. */
  get oldestSentAtMs(): number | undefined {
    return this.#inFlight[0]?.sentAtMs;
  }

  /** Takes a message; false where there is no room for it, or it is too large. */
  add(message: string, onOutcome: (outcome: LinkOutcome) => void): boolean {
    const { maxQueuedMessages, maxQueuedCharacters } = this.#limits;
    if (this.waiting >= maxQueuedMessages || this.#waitingCharacters + message.length > maxQueuedCharacters) return false;
    if (message.length * 3 > MAX_LINK_MESSAGE_BYTES && Buffer.byteLength(message) > MAX_LINK_MESSAGE_BYTES) return false;
    this.#waiting.push({ message, onOutcome });
    this.#waitingCharacters += message.length;
    return true;
  }

  /** The messages of the next frame; none where nothing waits, or enough is on its way. Has to be followed by {@link sent}. */
  take(): readonly string[] {
    if (this.#inFlightCharacters >= LINK_WINDOW_CHARACTERS) return [];
    const messages: string[] = [];
    let characters = 0;
    for (let index = this.#next; index < this.#waiting.length && messages.length < MAX_FRAME_MESSAGES; index += 1) {
      const { message } = this.#waiting[index] as Waiting;
      if (messages.length > 0 && characters + message.length > LINK_BATCH_CHARACTERS) break;
      messages.push(message);
      characters += message.length;
    }
    return messages;
  }

  /** Notes that the first so many messages went in a frame. */
  sent(count: number, number: number, atMs: number): void {
    const entries = this.#waiting.slice(this.#next, this.#next + count);
    this.#next += count;
    if (this.#next === this.#waiting.length || this.#next > 4096) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    const characters = entries.reduce((sum, { message }) => sum + message.length, 0);
    this.#waitingCharacters -= characters;
    this.#inFlightCharacters += characters;
    this.#inFlight.push({ number, entries, characters, sentAtMs: atMs });
  }

  /** The other neuron's word on a frame; `undefined` where it has no business saying that. */
  settle(number: number, taken: boolean): readonly Settled[] | undefined {
    const frame = this.#inFlight[0];
    if (frame === undefined || frame.number !== number) return undefined;
    this.#inFlight.shift();
    this.#inFlightCharacters -= frame.characters;
    return withOutcome(frame.entries, taken ? 'delivered' : 'undelivered');
  }

  /** The connection is lost: what was on its way may have arrived, or not. */
  lose(): readonly Settled[] {
    const lost = this.#inFlight.flatMap(({ entries }) => withOutcome(entries, 'unknown'));
    this.#inFlight = [];
    this.#inFlightCharacters = 0;
    return lost;
  }

  /** No connection is to be had: nothing that waits will be sent. */
  giveUp(): readonly Settled[] {
    const given = withOutcome(this.#waiting.slice(this.#next), 'undelivered');
    this.#waiting = [];
    this.#next = 0;
    this.#waitingCharacters = 0;
    return given;
  }
}

function withOutcome(entries: readonly Waiting[], outcome: LinkOutcome): readonly Settled[] {
  return entries.map(({ onOutcome }) => ({ onOutcome, outcome }));
}
