/**
 * Keeps the order of one sender where some of its messages have to be stored first: those leave at once, one behind the other, and all others wait until what was sent
 * before them is stored. Pure.
 */
export class AppendGate<Item> {
  readonly #maxWaiting: number;
  #appends = 0;
  #waiting: { readonly item: Item; readonly isAppend: boolean }[] = [];
  /** The newest position that this sender's messages have got. */
  behind: string | undefined;

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** Nothing is on its way, and nothing waits. */
  get isIdle(): boolean {
    return this.#appends === 0 && this.#waiting.length === 0;
  }

  /** Whether a message may leave now; `full`: neither now nor later. One that is stored has to be told of by {@link AppendGate.appended}. */
  enter(item: Item, isAppend: boolean): 'now' | 'later' | 'full' {
    if (this.#waiting.length === 0 && (isAppend ? this.#appends < this.#maxWaiting : this.#appends === 0)) {
      if (isAppend) this.#appends += 1;
      return 'now';
    }
    if (this.#waiting.length >= this.#maxWaiting) return 'full';
    this.#waiting.push({ item, isAppend });
    return 'later';
  }

  /** A message was stored, at a position, or could not be. Gives back those that may leave now, in order. */
  appended(position: string | undefined): Item[] {
    this.#appends -= 1;
    if (position !== undefined && (this.behind === undefined || position > this.behind)) this.behind = position;
    const leaving: Item[] = [];
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      if (next.isAppend ? this.#appends >= this.#maxWaiting : this.#appends > 0) break;
      if (next.isAppend) this.#appends += 1;
      leaving.push(next.item);
      this.#waiting.shift();
    }
    return leaving;
  }
}
