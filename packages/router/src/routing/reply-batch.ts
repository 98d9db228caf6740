import type { LinkTransport } from '../link.ts';
import { repliesEnvelope, type Reply } from './envelope.ts';

/** Answers to other neurons: those of a turn travel together. */
export class ReplyBatch {
  readonly #links: LinkTransport;
  #replies = new Map<string, Reply[]>();

  constructor(links: LinkTransport) {
    this.#links = links;
  }

  add(to: string, reply: Reply): void {
    if (this.#replies.size === 0) {
      queueMicrotask(() => {
        const leaving = this.#replies;
        this.#replies = new Map();
        for (const [neuron, replies] of leaving) this.#links.send(neuron, repliesEnvelope(replies), () => undefined);
      });
    }
    const waiting = this.#replies.get(to);
    if (waiting === undefined) this.#replies.set(to, [reply]);
    else waiting.push(reply);
  }
}
