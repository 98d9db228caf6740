import type { NeuronLife } from '../membership.ts';
import type { LinkAddress } from './lease.ts';

/** What a neuron asks another with a ping. */
export interface PingQuestion {
  readonly from: NeuronLife;
  /** The life of the other that the asker knows of. */
  readonly to: NeuronLife;
  /** The asker has given that life up. */
  readonly givenUp: boolean;
  /** Neurons that do not answer the asker: does the other have an answer of them? At most {@link MAX_PING_NEURONS}. */
  readonly about: readonly string[];
}

/** What a neuron answers to a ping. */
export interface PingAnswer {
  readonly life: NeuronLife;
  /** The asker's life was given up here. */
  readonly givenUp: boolean;
  /** Of those that were asked about: whether there is an answer of a short time ago. */
  readonly sees: Readonly<Record<string, boolean>>;
}

/** Most neurons that one ping asks about. */
export const MAX_PING_NEURONS = 64;

/** What became of a ping: an answer; `refused` where the host refused the connection at once; `silent` where nothing came in time. */
export type PingResult = { readonly type: 'answer'; readonly answer: PingAnswer } | { readonly type: 'refused' } | { readonly type: 'silent' };

/** Whom to ping. */
export interface PingTarget {
  readonly neuron: string;
  readonly link?: LinkAddress;
}

/** How neurons ping one another. Who sends a ping, and who answers it, is proved by the connection; not by what is said. */
export interface Pinger {
  /** Pings; resolves in `timeoutMs` at the latest, and never rejects. */
  ping(target: PingTarget, question: PingQuestion, timeoutMs: number): Promise<PingResult>;
  /** Sets who answers pings of others. Gives back how to stop that. */
  onPing(handler: (question: PingQuestion) => PingAnswer): () => void;
  /** Is told now and then which neurons there are: whatever is kept of others can be let go. */
  keepOnly?(neurons: ReadonlySet<string>): void;
}
