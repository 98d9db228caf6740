import type { Clock, Timer } from '@xir/couch-client';

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so; timers run on the way. */
export class DrivenClock implements Clock {
  #nowMs = 1_000_000;
  #alarms: Alarm[] = [];

  get timers(): number {
    return this.#alarms.length;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const alarm = { atMs: this.#nowMs + delayMs, run };
    this.#alarms.push(alarm);
    return { cancel: () => (this.#alarms = this.#alarms.filter((other) => other !== alarm)) };
  }

  /** Moves on, running what falls due in order, and lets what was started go as far as it can. */
  async pass(ms: number): Promise<void> {
    await turn();
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#alarms.filter((alarm) => alarm.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((alarm) => alarm !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await turn();
    }
    this.#nowMs = endMs;
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
