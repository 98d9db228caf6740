import type { Memory } from '@xir/kv4';
import type { RespReply } from '@xir/protocol/resp';
import type { SimulatedKey } from '../world/key-space.ts';
import type { HeldAnswer, StaleAnswer } from './held-answer.ts';

type Difference = Omit<StaleAnswer, 'client' | 'untilMs'>;

/** What one client keeps, and for how long it has differed from what its neuron shows. */
export class HeldAnswers {
  readonly #held = new Map<string, HeldAnswer>();
  readonly #differences = new Map<string, Difference>();
  readonly #over: (difference: Difference) => void;
  /** Answers that were kept. */
  kept = 0;

  constructor(over: (difference: Difference) => void) {
    this.#over = over;
  }

  get answers(): Iterable<HeldAnswer> {
    return this.#held.values();
  }

  keep(answer: HeldAnswer): void {
    this.drop(answer.request);
    this.#held.set(answer.request, answer);
    this.kept += 1;
  }

  /** Lets go of one answer. */
  drop(request: string): void {
    const answer = this.#held.get(request);
    if (answer === undefined) return;
    this.#held.delete(request);
    for (const key of answer.says.keys()) this.#settle(`${request} ${key.name}`);
  }

  /** A message of invalidation: names, or `null` for all. */
  invalidate(names: RespReply): void {
    for (const { request, name } of [...this.#held.values()]) if (!Array.isArray(names) || names.includes(name)) this.drop(request);
  }

  /** Lets go of what says something of a key. */
  dropKeys(concerns: (key: SimulatedKey) => boolean): void {
    for (const { request, says } of [...this.#held.values()]) if ([...says.keys()].some(concerns)) this.drop(request);
  }

  /** Compares with what the neuron would answer at once on any connection. */
  compare(memory: Memory, atMs: number): void {
    for (const { request, reach, says } of this.#held.values()) {
      for (const [key, held] of says) {
        const record = memory.peek(key.address);
        // Nobody would be answered at once.
        if (record === undefined) continue;
        const id = `${request} ${key.name}`;
        const shown = record?.valueText ?? null;
        if (shown === held) this.#settle(id);
        else if (!this.#differences.has(id)) this.#differences.set(id, { request, reach, key: key.name, held, shown, expires: key.role === 'expiring', fromMs: atMs });
      }
    }
  }

  /** The end of the connection: nothing is kept. */
  clear(): void {
    this.#held.clear();
    for (const id of [...this.#differences.keys()]) this.#settle(id);
  }

  #settle(id: string): void {
    const difference = this.#differences.get(id);
    if (difference === undefined) return;
    this.#differences.delete(id);
    this.#over(difference);
  }
}
