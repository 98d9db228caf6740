/** What a client is told from the moment at which its request is carried out to the one at which the answer goes out: it comes before the answer, which may be older. */
export class Fetch {
  #names: Set<string> | undefined;
  #all = false;

  /** The client was told of names (byte text); `undefined`: of all. */
  note(names: readonly string[] | undefined): void {
    if (names === undefined) {
      this.#all = true;
      return;
    }
    this.#names ??= new Set();
    for (const name of names) this.#names.add(name);
  }

  /** Which of the names that a request is about have to be told once more behind the answer; `undefined`: it may be about any. */
  toldOf(names: readonly string[] | undefined): string[] {
    if (names === undefined) return [...(this.#names ?? [])];
    return names.filter((name) => this.#all || this.#names?.has(name) === true);
  }
}
