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

/** The dispatches whose answers are awaited, by number. Pure: the time is handed in. */
export class Dispatches {
  readonly #open = new Map<number, Dispatch>();
  #last = 0;

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
