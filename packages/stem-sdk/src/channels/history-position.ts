/** Where a history stands that has no message yet. */
export const EMPTY_POSITION = '0';

/** Where somebody stands in a channel's history, and whether what comes follows upon it. Pure. */
export class HistoryPosition {
  #position: string | undefined;

  /** `undefined`: it is not known, as before the first connection. */
  get current(): string | undefined {
    return this.#position;
  }

  /** Takes the position that a neuron has said. */
  set(position: string | null): void {
    this.#position = position ?? EMPTY_POSITION;
  }

  /**
   * Something of the history comes, which names the position before it. `known`: it, or what came after it, was there already. `gap`: something is missing before it, or may
   * be; the position stays where it was.
   */
  take(position: string, previous: string | null): 'next' | 'known' | 'gap' {
    const before = this.#position;
    if (before !== undefined && position <= before) return 'known';
    if (before !== undefined && previous !== before) return 'gap';
    this.#position = position;
    return 'next';
  }
}
