/** Sequences per block. */
export const SEQUENCES_PER_BLOCK = 1024;

/**
 * How many rows of the feed lie after a sequence, answered from counts per block of {@link SEQUENCES_PER_BLOCK} sequences, so
 * that `pending` costs the same at any position.
 */
export class SequenceCounts {
  #blocks: number[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(sequence: number): void {
    const block = Math.floor(sequence / SEQUENCES_PER_BLOCK);
    while (this.#blocks.length <= block) this.#blocks.push(0);
    this.#blocks[block] = (this.#blocks[block] as number) + 1;
    this.#total += 1;
  }

  remove(sequence: number): void {
    const block = Math.floor(sequence / SEQUENCES_PER_BLOCK);
    this.#blocks[block] = (this.#blocks[block] ?? 0) - 1;
    this.#total -= 1;
  }

  /** Rows after `sequence`; `countBetween(from, to)` counts rows with `from < sequence < to` within one block. */
  after(sequence: number, countBetween: (from: number, to: number) => number): number {
    if (sequence <= 0) return this.#total;
    const block = Math.floor(sequence / SEQUENCES_PER_BLOCK);
    let count = 0;
    for (let next = block + 1; next < this.#blocks.length; next += 1) count += this.#blocks[next] as number;
    if ((this.#blocks[block] ?? 0) > 0) count += countBetween(sequence, (block + 1) * SEQUENCES_PER_BLOCK);
    return count;
  }
}
