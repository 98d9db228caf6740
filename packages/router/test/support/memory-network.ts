import type { PingAnswer, Pinger, PingQuestion, PingResult } from '../../src/index.ts';

type Fault = 'refused' | 'silent';

/** Pings between neurons of one process, with faults by name. */
export class MemoryNetwork {
  readonly #answering = new Map<string, (question: PingQuestion) => PingAnswer>();
  readonly #faults = new Map<string, Fault>();

  /** The pinger of one neuron. */
  pinger(self: string): Pinger {
    return {
      ping: async ({ neuron }, question): Promise<PingResult> => {
        const fault = this.#faults.get(`${self} ${neuron}`) ?? this.#faults.get(`* ${neuron}`) ?? this.#faults.get(`${self} *`);
        if (fault !== undefined) return { type: fault };
        const answer = this.#answering.get(neuron)?.(question);
        if (answer === undefined) return { type: 'refused' };
        const back = this.#faults.get(`${neuron} ${self}`);
        return back === undefined ? { type: 'answer', answer } : { type: 'silent' };
      },
      onPing: (handler) => {
        this.#answering.set(self, handler);
        return () => void this.#answering.delete(self);
      },
    };
  }

  /** Nothing of one neuron reaches another, `*` for any. */
  cut(from: string, to: string, fault: Fault = 'silent'): void {
    this.#faults.set(`${from} ${to}`, fault);
  }

  /** Mends what was cut. */
  mend(from: string, to: string): void {
    this.#faults.delete(`${from} ${to}`);
  }
}
