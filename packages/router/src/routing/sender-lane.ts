import type { OutgoingMessage, Message, SendReport, UndeliveredReason } from './message.ts';
import type { NeuronAnswer } from './dispatch.ts';

/** A message of one sender on its way. */
export interface Sending {
  readonly outgoing: OutgoingMessage;
  readonly message: Message;
  readonly onReport: ((report: SendReport) => void) | undefined;
  /** Hears of a message of level `accepted` that could not be delivered after all. */
  readonly onUndelivered: (report: SendReport, id: string | undefined) => void;
  /** The position in the channel's history behind which it is to be delivered. */
  after?: string | undefined;
  /** What neurons have answered in the first try; in the second, what of that still counts. */
  firstAnswers?: readonly NeuronAnswer[];
  /** Neurons to which the last try went. */
  neurons?: ReadonlySet<string>;
  /** Stores it, for what is told by the channel's history. */
  append?: () => void;
  /** Whether what is stored after it has to wait until it has reached its neurons. */
  holdsAppends?: boolean;
}

/** What a {@link SenderLane} works with. */
export interface SenderLaneParts {
  /** The neurons on which the receivers of a message to a user are. */
  readonly resolve: (sending: Sending) => ReadonlySet<string>;
  /** Sends to these neurons, and says once what came of it; of a message to others than a user, when it has reached them or will not. */
  readonly dispatch: (sending: Sending, neurons: ReadonlySet<string>, onDone: (answers: readonly NeuronAnswer[]) => void) => void;
  /** Resolves when the directory is as the database was when this was called. */
  readonly refresh: () => Promise<void>;
  readonly report: (sending: Sending, answers: readonly NeuronAnswer[]) => void;
  readonly maxHeld: number;
}

/**
 * The messages of one sender, in order (SPEC, R2, R3). While nothing goes wrong each leaves at once. When a message to a user finds its neuron dead or the user gone
 * from there, the user is looked for once more, and everything behind it waits until it has left again; so does what has to be stored, while anything is unanswered.
 */
export class SenderLane {
  readonly #parts: SenderLaneParts;
  /** Messages to users that are not answered yet. Made when there are some: most senders are silent. */
  #outstanding: Set<Sending> | undefined;
  #failed: Sending[] | undefined;
  #held: Sending[] | undefined;
  /** Messages to others than a user that have not reached all their neurons yet, where somebody has to know. */
  #spreading = 0;
  #isSearching = false;
  #isGoingOn = false;
  #onQuiet: (() => void) | undefined;

  constructor(parts: SenderLaneParts) {
    this.#parts = parts;
  }

  /** Nothing is on its way to a user, and nothing waits. */
  get isIdle(): boolean {
    return !this.#isSearching && this.#spreading === 0 && (this.#outstanding?.size ?? 0) === 0 && (this.#held?.length ?? 0) === 0;
  }

  /** False: too many wait, and it was reported as undelivered. */
  submit(sending: Sending): boolean {
    const held = this.#held ?? [];
    if (!this.#isSearching && held.length === 0 && this.#leave(sending)) return true;
    if (held.length >= this.#parts.maxHeld) {
      this.#parts.report(sending, [failure('busy')]);
      return false;
    }
    held.push(sending);
    this.#held = held;
    return true;
  }

  /** False: it has to wait. */
  #leave(sending: Sending): boolean {
    if (sending.append !== undefined) {
      // It comes to its receivers by another way, on which it would not wait for what was sent before.
      if ((this.#outstanding?.size ?? 0) > 0 || this.#spreading > 0) return false;
      sending.append();
      return true;
    }
    if (sending.outgoing.target.type !== 'user') {
      if (this.#hasMoved()) return false;
      if (sending.holdsAppends === true) this.#spread(sending);
      else this.#parts.dispatch(sending, new Set(), () => undefined);
      return true;
    }
    const neurons = this.#parts.resolve(sending);
    if (this.#wouldOvertake(sending, neurons)) return false;
    this.#try(sending, neurons);
    return true;
  }

  #spread(sending: Sending): void {
    this.#spreading += 1;
    this.#parts.dispatch(sending, new Set(), () => {
      this.#spreading -= 1;
      if (this.#spreading === 0) this.#goOn();
    });
  }

  /** Whether a message to the same user is on its way to where the user is no longer. */
  #wouldOvertake({ message }: Sending, neurons: ReadonlySet<string>): boolean {
    if (message.target.type !== 'user') return false;
    for (const other of this.#outstanding ?? []) {
      if (other.message.target.type !== 'user' || other.message.target.user !== message.target.user) continue;
      if (![...neurons].every((neuron) => other.neurons?.has(neuron))) return true;
    }
    return false;
  }

  /** Whether a message is on its way to a user who is elsewhere by now: there others would come before it. */
  #hasMoved(): boolean {
    for (const other of this.#outstanding ?? []) for (const neuron of this.#parts.resolve(other)) if (other.neurons?.has(neuron) !== true) return true;
    return false;
  }

  #try(sending: Sending, neurons: ReadonlySet<string>): void {
    sending.neurons = neurons;
    (this.#outstanding ??= new Set()).add(sending);
    this.#parts.dispatch(sending, neurons, (answers) => {
      this.#outstanding?.delete(sending);
      this.#settle(sending, answers);
      if (this.#outstanding?.size === 0) this.#onQuiet?.();
    });
  }

  #settle(sending: Sending, answers: readonly NeuronAnswer[]): void {
    const isFirst = sending.firstAnswers === undefined;
    const isLost = answers.some(({ failure: reason }) => reason === 'absent' || reason === 'unreachable');
    // Nobody by that name was anywhere: there is nowhere else to look either.
    if (isFirst && isLost && sending.neurons?.size !== 0) {
      sending.firstAnswers = answers;
      (this.#failed ??= []).push(sending);
      if (!this.#isSearching) void this.#search();
      return;
    }
    this.#parts.report(sending, isFirst ? answers : [...(sending.firstAnswers ?? []), ...answers]);
    if (this.#isSearching || (this.#outstanding?.size ?? 0) > 0) return;
    this.#goOn();
  }

  async #search(): Promise<void> {
    this.#isSearching = true;
    await this.#parts.refresh();
    await this.#quiet();
    const failed = this.#failed ?? [];
    this.#failed = undefined;
    for (const sending of failed) this.#tryAgain(sending);
    this.#isSearching = false;
    this.#goOn();
  }

  /** Everything that left before has been answered, within the time that an answer is given. */
  async #quiet(): Promise<void> {
    if ((this.#outstanding?.size ?? 0) > 0) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
  }

  #tryAgain(sending: Sending): void {
    const first = sending.firstAnswers ?? [];
    const now = this.#parts.resolve(sending);
    // Who did not find the user may do so now; who had it, or may have had it, is not asked again, and who cannot be reached neither.
    const settled = new Set(first.filter(({ failure: reason }) => reason !== 'absent').map(({ neuron }) => neuron));
    const neurons = new Set([...now].filter((neuron) => !settled.has(neuron)));
    if (neurons.size === 0) return this.#parts.report(sending, first);
    sending.firstAnswers = first.filter(({ neuron, failure: reason }) => reason === undefined || reason === 'unknown' || (reason !== 'absent' && now.has(neuron)));
    this.#try(sending, neurons);
  }

  #goOn(): void {
    // A message that is answered while it leaves comes back here: what is behind it is the loop's, one after the other.
    if (this.#isGoingOn) return;
    this.#isGoingOn = true;
    while (!this.#isSearching) {
      const next = this.#held?.shift();
      if (next === undefined) break;
      if (this.#leave(next)) continue;
      this.#held?.unshift(next);
      break;
    }
    this.#isGoingOn = false;
  }
}

function failure(reason: UndeliveredReason): NeuronAnswer {
  return { neuron: '', reached: 0, written: 0, failure: reason };
}
