/** Repetitions beyond those that were earned. */
const MAX_PATIENCE = 10;

/**
 * How often a database in trouble may still be asked again, over all documents: each repetition costs one, each stored document earns one. A database that refuses a
 * share of the requests is thus asked no more than twice as often, and one that refuses all of them hardly more often than usual.
 */
export class Patience {
  #left = MAX_PATIENCE;

  /** Takes one repetition, where there is one left and the document has not used up its own. */
  spend(repetitions: number, limits: { readonly maxRetries: number }): boolean {
    if (this.#left === 0 || repetitions >= limits.maxRetries) return false;
    this.#left -= 1;
    return true;
  }

  earn(): void {
    this.#left = Math.min(MAX_PATIENCE, this.#left + 1);
  }
}
