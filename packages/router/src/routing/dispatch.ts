import type { UndeliveredReason } from './message.ts';

/** What one neuron did with a message. */
export interface NeuronAnswer {
  readonly neuron: string;
  readonly reached: number;
  readonly written: number;
  /** Absent: it was delivered there. */
  readonly failure?: UndeliveredReason;
}

/** A message on its way to several neurons, until each has answered or failed. */
export interface Dispatch {
  readonly number: number;
  readonly dueAtMs: number;
  readonly waiting: Set<string>;
  readonly answers: NeuronAnswer[];
  readonly onDone: (answers: readonly NeuronAnswer[]) => void;
}

/** Numbers of dispatches that belong to a millisecond of the start of a process: more than one sends in that time. */
const NUMBERS_PER_MILLISECOND = 2 ** 10;
/** After so many milliseconds, 18 hours, starts have the same numbers again. */
const MILLISECONDS = 2 ** 26;

/** The number behind which a process that starts at this time counts its dispatches: an answer to what an earlier process of its neuron has sent, which comes late, is none to it. */
export function dispatchesBegin(startMs: number): number {
  return (Math.floor(startMs) % MILLISECONDS) * NUMBERS_PER_MILLISECOND;
}

/** The dispatches whose answers are awaited, by number. Pure: the time is handed in. */
export class Dispatches {
  readonly #open = new Map<number, Dispatch>();
  #last: number;

  /** `begin`: the number behind which to count, see {@link dispatchesBegin}. */
  constructor(begin: number) {
    this.#last = begin;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Opens one; it is done when each of the neurons has answered. */
  open(neurons: Iterable<string>, dueAtMs: number, onDone: Dispatch['onDone']): Dispatch {
    this.#last += 1;
    const dispatch: Dispatch = { number: this.#last, dueAtMs, waiting: new Set(neurons), answers: [], onDone };
    this.#open.set(dispatch.number, dispatch);
    return dispatch;
  }

  /** An answer of a neuron; harmless when none is awaited from it. */
  answer(number: number, answer: NeuronAnswer): void {
    const dispatch = this.#open.get(number);
    if (dispatch === undefined || !dispatch.waiting.delete(answer.neuron)) return;
    dispatch.answers.push(answer);
    if (dispatch.waiting.size > 0) return;
    this.#open.delete(number);
    dispatch.onDone(dispatch.answers);
  }

  /** A neuron is dead: it will not answer any more. */
  lose(isDead: (neuron: string) => boolean): void {
    for (const { number, waiting } of [...this.#open.values()]) {
      for (const neuron of [...waiting]) if (isDead(neuron)) this.answer(number, { neuron, reached: 0, written: 0, failure: 'unknown' });
    }
  }

  /** Ends those that are due. They are in the order in which they were opened, so the first that is not ends the search. */
  expire(nowMs: number): void {
    for (const { number, waiting, dueAtMs } of [...this.#open.values()]) {
      if (dueAtMs > nowMs) return;
      for (const neuron of [...waiting]) this.answer(number, { neuron, reached: 0, written: 0, failure: 'unknown' });
    }
  }
}
