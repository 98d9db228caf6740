import type { Clock } from '@xir/couch-client';
import type { MembershipEvent } from './events.ts';
import type { MembershipMachine } from './membership-machine.ts';
import { MAX_PING_NEURONS, type PingAnswer, type Pinger, type PingQuestion, type PingTarget } from './pinger.ts';

/** What pings need. */
export interface PingRoundsOptions {
  readonly machine: MembershipMachine;
  readonly pinger: Pinger;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Is told what came of a ping. */
  readonly step: (event: MembershipEvent) => void;
}

/** Pings all that are known, and answers their pings; one ping at a time to each. */
export class PingRounds {
  readonly #options: PingRoundsOptions;
  readonly #underWay = new Set<string>();
  #sent = 0;
  #missed = 0;

  constructor(options: PingRoundsOptions) {
    this.#options = options;
  }

  /** Pings sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Pings without an answer. */
  get missed(): number {
    return this.#missed;
  }

  /** Pings everyone that is not being pinged, those that were given up too: they have to learn of it. */
  begin(): void {
    const { machine } = this.#options;
    const about = machine.suspects().slice(0, MAX_PING_NEURONS);
    for (const other of machine.known()) {
      const { neuron, incarnation, lease } = other;
      if (this.#underWay.has(neuron)) continue;
      const question: PingQuestion = { from: machine.self, to: { neuron, incarnation }, givenUp: machine.isGivenUp(other), about: about.filter((name) => name !== neuron) };
      void this.#ping(lease?.link === undefined ? { neuron } : { neuron, link: lease.link }, question);
    }
  }

  /** The answer to a ping, which is a sign of life itself. */
  answer({ from, to, givenUp, about }: PingQuestion): PingAnswer {
    const { machine, clock, step } = this.#options;
    const atMs = clock.monotonic();
    if (givenUp && to.neuron === machine.self.neuron) step({ type: 'given-up', incarnation: to.incarnation, atMs });
    step({ type: 'answer', life: from, sees: {}, atMs });
    const sees = Object.fromEntries(about.slice(0, MAX_PING_NEURONS).map((neuron) => [neuron, machine.sees(neuron, atMs)]));
    return { life: machine.self, givenUp: machine.isGivenUp(from), sees };
  }

  async #ping(target: PingTarget, question: PingQuestion): Promise<void> {
    const { pinger, timeoutMs, clock, step } = this.#options;
    const { neuron } = target;
    this.#underWay.add(neuron);
    this.#sent += 1;
    const result = await pinger.ping(target, question, timeoutMs);
    this.#underWay.delete(neuron);
    const atMs = clock.monotonic();
    if (result.type !== 'answer' || result.answer.life.neuron !== neuron) {
      this.#missed += 1;
      return step({ type: 'miss', neuron, refused: result.type === 'refused', atMs });
    }
    const { life, givenUp, sees } = result.answer;
    if (givenUp) step({ type: 'given-up', incarnation: question.from.incarnation, atMs });
    step({ type: 'answer', life, sees, atMs });
  }
}
