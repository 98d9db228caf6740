import type { SubjectEvent, SubjectFeed } from './feed-contract.ts';

/** One observation, in order. */
export type Observation =
  | { readonly type: 'row'; readonly id: string; readonly rev: string; readonly deleted: boolean; readonly atMs: number }
  | { readonly type: 'reset'; readonly reason: string; readonly atMs: number }
  | { readonly type: 'purged'; readonly ids: readonly string[]; readonly atMs: number }
  | { readonly type: 'caught-up'; readonly asOfMs: number; readonly atMs: number };

/** A write the test made, in the order of commits. */
export interface CommittedWrite {
  readonly id: string;
  readonly rev: string;
  readonly deleted: boolean;
  /** Monotonic time at which it was known to be committed. */
  readonly atMs: number;
}

/** What a consumer saw. Reads a feed until it ends. */
export class FeedHistory {
  readonly observations: Observation[] = [];
  readonly warnings: string[] = [];
  readonly states: string[] = [];
  /** What the consumer would have in its cache: applied idempotently. */
  readonly current = new Map<string, { rev: string; deleted: boolean }>();
  /** How often each (id, revision) changed the consumer's state. */
  readonly applied = new Map<string, number>();
  batches = 0;
  caughtUp = 0;
  ended = false;
  error: unknown;
  readonly done: Promise<void>;
  readonly #seen = new Set<string>();
  readonly #now: () => number;

  /** `onEvent` runs before the next event is asked for. */
  constructor(feed: SubjectFeed, now: () => number, onEvent: (event: SubjectEvent) => void | Promise<void> = () => undefined) {
    this.#now = now;
    this.done = this.#read(feed, onEvent);
  }

  /** Whether the newest state of `id` is this revision. */
  has(id: string, rev: string): boolean {
    return this.current.get(id)?.rev === rev;
  }

  rows(id?: string): readonly Extract<Observation, { type: 'row' }>[] {
    return this.observations.filter((each) => each.type === 'row').filter((row) => id === undefined || row.id === id);
  }

  resets(): readonly string[] {
    return this.observations.flatMap((each) => (each.type === 'reset' ? [each.reason] : []));
  }

  purged(): readonly string[] {
    return this.observations.flatMap((each) => (each.type === 'purged' ? [...each.ids] : []));
  }

  async #read(feed: SubjectFeed, onEvent: (event: SubjectEvent) => void | Promise<void>): Promise<void> {
    try {
      for await (const event of feed) {
        this.#note(event);
        await onEvent(event);
      }
    } catch (error) {
      this.error = error;
    }
    this.ended = true;
  }

  #note(event: SubjectEvent): void {
    const atMs = this.#now();
    switch (event.type) {
      case 'changes':
        this.batches += 1;
        for (const row of event.rows) {
          const rev = row.revs[0] ?? '';
          this.observations.push({ type: 'row', id: row.id, rev, deleted: row.deleted, atMs });
          this.#apply(row.id, rev, row.deleted);
        }
        break;
      case 'caught-up':
        this.caughtUp += 1;
        this.observations.push({ type: 'caught-up', asOfMs: event.asOfMs, atMs });
        break;
      case 'reset':
        this.current.clear();
        this.#seen.clear();
        this.observations.push({ type: 'reset', reason: event.reason, atMs });
        break;
      case 'purged':
        for (const id of event.ids) this.current.delete(id);
        this.observations.push({ type: 'purged', ids: event.ids, atMs });
        break;
      case 'status':
        this.states.push(`${event.state}:${event.mode}`);
        break;
      case 'warning':
        this.warnings.push(event.warning);
        break;
    }
  }

  /** A revision that was seen before is old news, whenever it comes again. */
  #apply(id: string, rev: string, deleted: boolean): void {
    const key = `${id}\n${rev}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.applied.set(key, (this.applied.get(key) ?? 0) + 1);
    this.current.set(id, { rev, deleted });
  }
}
