import type { RecoveringReceiver } from '../routing/recovering-receiver.ts';
import type { ChannelHistory } from './channel-history.ts';
import type { Recovery } from './history-policy.ts';

/** Hands over what was missed to those who come back, and counts how that went. */
export class Recoveries {
  readonly #onError: (error: unknown) => void;
  /** Who was handed everything, and who could not be. */
  recovered = 0;
  notRecovered = 0;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Hands over what was missed since a position; an empty one asks for nothing. Never rejects. */
  async recover(history: ChannelHistory, receiver: RecoveringReceiver, since: string): Promise<Recovery> {
    const recovery = await this.#handOver(history, receiver, since);
    if (since === '') return recovery;
    if (recovery.recovered) this.recovered += 1;
    else this.notRecovered += 1;
    return recovery;
  }

  async #handOver(history: ChannelHistory, receiver: RecoveringReceiver, since: string): Promise<Recovery> {
    try {
      const { recovery, messages } = await history.since(since === '' ? undefined : since);
      const upTo = recovery.position ?? '';
      const isWhole = receiver.release(messages, recovery.recovered ? (since > upTo ? since : upTo) : undefined);
      return isWhole ? recovery : { ...recovery, recovered: false };
    } catch (error) {
      this.#onError(error);
      receiver.release([], undefined);
      return { recovered: false, position: history.position };
    }
  }
}
