import type { Clock, Timer } from '@xir/couch-client';
import type { Checkpoint, CheckpointStore } from './checkpoint.ts';

/** Saves the newest checkpoint at most once per interval. A save that fails is reported and tried again with the next one. */
export class Checkpointer {
  readonly #store: CheckpointStore;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #onFailure: (error: unknown) => void;
  #wanted: (() => Checkpoint | undefined) | undefined;
  #timer: Timer | undefined;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;
  /** Saves that succeeded. */
  saves = 0;

  constructor(store: CheckpointStore, clock: Clock, intervalMs: number, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#onFailure = onFailure;
  }

  /** Asks for a save; `make` is called when it begins, so that it is the newest. */
  request(make: () => Checkpoint | undefined): void {
    if (this.#closed) return;
    this.#wanted = make;
    this.#timer ??= this.#clock.schedule(this.#intervalMs, () => {
      this.#timer = undefined;
      this.#save();
    });
  }

  /** Saves what was asked for, at once, and waits for it. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#save();
    await this.#saving;
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
  }

  #save(): void {
    const make = this.#wanted;
    this.#wanted = undefined;
    if (make === undefined) return;
    this.#saving = this.#saving.then(async () => {
      const checkpoint = make();
      if (checkpoint === undefined) return;
      try {
        await this.#store.save(checkpoint);
        this.saves += 1;
      } catch (error) {
        this.#onFailure(error);
      }
    });
  }
}
