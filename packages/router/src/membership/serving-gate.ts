import { systemClock, type Clock, type Timer } from '@xir/couch-client';
import type { NeuronLife } from '../membership.ts';
import type { NeuronState } from './events.ts';

/** Default of {@link ServingGateOptions.patienceMs}, in milliseconds. */
export const DEFAULT_STANDING_PATIENCE_MS = 10_000;

/**
 * What a neuron is to its clients.
 *
 * - `serving`: clients come, and are served.
 * - `holding`: who comes, and what clients and other neurons send, waits: the neuron has yet to see whether it still holds its lease, or its clients are being registered in a new life.
 * - `isolated`: nobody comes; those that are here are served among themselves, since nothing of it reaches anybody else.
 * - `away`: nobody comes, and those that were here are sent elsewhere: it lasted too long, or another process has this neuron's name.
 */
export type Standing = 'serving' | 'holding' | 'isolated' | 'away';

/** The part of a membership that decides over the standing. */
export interface StandingSource {
  readonly self: NeuronLife;
  readonly state: NeuronState;
  /** Notices a standstill of this process that has just ended, before a timer does. */
  look(): void;
  onChange(listener: () => void): () => void;
}

/** What a gate goes by. */
export interface ServingGateOptions {
  readonly membership: StandingSource;
  /** Resolves when everything that is stored of this neuron's clients is stored in its present life. Must not reject. */
  readonly registered: () => Promise<void>;
  /** How long clients wait for the neuron to serve again before they are sent elsewhere, in milliseconds. Default {@link DEFAULT_STANDING_PATIENCE_MS}. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

/** Decides what a neuron's faces do for its clients, from how it stands among the neurons (SPEC, E4). */
export class ServingGate implements AsyncDisposable {
  readonly #options: ServingGateOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<(standing: Standing) => void>();
  readonly #stop: () => void;
  #standing: Standing = 'serving';
  /** The life in which everything of this neuron's clients is stored. */
  #registeredIn: string;
  #registering: string | undefined;
  #patience: Timer | undefined;
  #isClosed = false;

  constructor(options: ServingGateOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#registeredIn = options.membership.self.incarnation;
    this.#stop = options.membership.onChange(() => this.#decide());
    this.#decide();
  }

  /** What the neuron is to its clients at this moment, also right behind a standstill that no timer has noticed yet. */
  get standing(): Standing {
    this.#options.membership.look();
    return this.#standing;
  }

  /** Calls the listener after each change. Gives back how to stop that. */
  onChange(listener: (standing: Standing) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Decides no more. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#patience?.cancel();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #decide(): void {
    const { membership } = this.#options;
    const { state } = membership;
    const { incarnation } = membership.self;
    if (this.#isClosed) return;
    if (state === 'superseded') return this.#become('away');
    if (state === 'serving') {
      if (this.#registeredIn === incarnation) return this.#become('serving');
      this.#register(incarnation);
    }
    // Who was sent elsewhere is not here any more.
    if (this.#standing !== 'away') this.#become(state === 'isolated' ? 'isolated' : 'holding');
  }

  #become(standing: Standing): void {
    if (standing === 'serving' || standing === 'away') {
      this.#patience?.cancel();
      this.#patience = undefined;
    } else {
      this.#patience ??= this.#clock.schedule(this.#options.patienceMs ?? DEFAULT_STANDING_PATIENCE_MS, () => this.#become('away'));
    }
    if (standing === this.#standing) return;
    this.#standing = standing;
    for (const listener of [...this.#listeners]) listener(standing);
  }

  #register(incarnation: string): void {
    if (this.#registering === incarnation) return;
    this.#registering = incarnation;
    void this.#registration(incarnation);
  }

  async #registration(incarnation: string): Promise<void> {
    // The others that listen to the membership learn of the new life first.
    await Promise.resolve();
    await this.#options.registered();
    // Another life may have begun meanwhile, with a registration of its own.
    if (this.#registering !== incarnation) return;
    this.#registering = undefined;
    this.#registeredIn = incarnation;
    this.#decide();
  }
}
