import type { FeedWorld } from './feed-contract.ts';
import type { CommittedWrite } from './feed-history.ts';

/** Writes documents and remembers what was committed, in order. */
export class FeedWriter {
  readonly writes: CommittedWrite[] = [];
  readonly #world: FeedWorld;
  readonly #revs = new Map<string, string>();

  constructor(world: FeedWorld) {
    this.#world = world;
  }

  rev(id: string): string {
    return this.#revs.get(id) ?? '';
  }

  async put(id: string, body: object = { n: this.writes.length }): Promise<string> {
    const known = this.#revs.get(id);
    return this.#commit(id, { ...body, ...(known === undefined ? {} : { _rev: known }) }, false);
  }

  async delete(id: string): Promise<string> {
    const rev = await this.#commit(id, { _rev: this.#revs.get(id), _deleted: true }, true);
    this.#revs.delete(id);
    return rev;
  }

  /** Forgets everything: the database was made anew or put back. */
  forget(): void {
    this.writes.length = 0;
    this.#revs.clear();
  }

  async #commit(id: string, body: object, deleted: boolean): Promise<string> {
    const { rev } = await this.#world.database.put(id, body);
    this.#revs.set(id, rev);
    this.writes.push({ id, rev, deleted, atMs: this.#world.clock.monotonic() });
    return rev;
  }
}
