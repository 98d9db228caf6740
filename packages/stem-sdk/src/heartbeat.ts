/** Asks for a sign of life where there was none for a third of the time, and gives a connection up after all of it. */
export class Heartbeat {
  #heard = true;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Something was received. */
  noteHeard(): void {
    this.#heard = true;
  }

  /** Begins: `ask` is called for a sign of life, `giveUp` when none came. */
  start(silenceMs: number, { ask, giveUp }: { readonly ask: () => void; readonly giveUp: () => void }): void {
    let asked = 0;
    this.#timer = setInterval(() => {
      asked = this.#heard ? 0 : asked + 1;
      this.#heard = false;
      if (asked > 2) giveUp();
      else if (asked > 0) ask();
    }, silenceMs / 3);
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
