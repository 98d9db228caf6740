/** Milliseconds within which neurons vanish "at once". */
export const MASS_WINDOW_MS = 10_000;

/** Notices that more than half of all neurons vanished at once, which is more often a fault of the network or of the observer than of so many neurons. Pure. */
export class MassVanishing {
  readonly #holdMs: number;
  #recent: { readonly neuron: string; readonly atMs: number }[] = [];
  /** How many there were when the first of the recent ones vanished. */
  #before = 0;
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  /** `holdMs`: how long the alarm lasts after the last of them. */
  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  /** Notes that a neuron vanished; `alive` counts all that were alive just before, the observer included. */
  note(neuron: string, alive: number, atMs: number): void {
    this.#recent = this.#recent.filter((entry) => atMs - entry.atMs <= MASS_WINDOW_MS && entry.neuron !== neuron);
    if (this.#recent.length === 0) this.#before = alive;
    this.#recent.push({ neuron, atMs });
    if (this.#recent.length * 2 > this.#before) this.#heldUntilMs = atMs + this.#holdMs;
  }

  /** Whether the alarm is on. */
  isHeld(atMs: number): boolean {
    return atMs < this.#heldUntilMs;
  }
}
