import type { CommittedWrite, FeedHistory, Observation } from './feed-history.ts';

/** A violated guarantee. */
export class FeedViolation extends Error {
  readonly guarantee: FeedGuarantee;

  constructor(guarantee: FeedGuarantee, message: string) {
    super(`${guarantee}: ${message}`);
    this.name = 'FeedViolation';
    this.guarantee = guarantee;
  }
}

/** What a feed guarantees, by the names used for etcd's watches. */
export const FEED_GUARANTEES = ['Ordered', 'Unique', 'Reliable', 'Resumable', 'Bookmarkable'] as const;

/** One of {@link FEED_GUARANTEES}. */
export type FeedGuarantee = (typeof FEED_GUARANTEES)[number];

function rowsOf(observations: readonly Observation[]): readonly Extract<Observation, { type: 'row' }>[] {
  return observations.filter((each) => each.type === 'row');
}

/** Ordered: the revisions of a document come for the first time in the order in which they were committed. */
export function checkOrdered(observations: readonly Observation[], writes: readonly CommittedWrite[]): void {
  const rank = new Map(writes.map((write, index) => [`${write.id}\n${write.rev}`, index]));
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, rev } of rowsOf(observations)) {
    const key = `${id}\n${rev}`;
    const at = rank.get(key);
    if (at === undefined || seen.has(key)) continue;
    seen.add(key);
    if (at < (newest.get(id) ?? -1)) throw new FeedViolation('Ordered', `${id} ${rev} came for the first time after a later revision`);
    newest.set(id, at);
  }
}

/** Unique: applied idempotently, each revision changes the state once at most. */
export function checkUnique(history: FeedHistory): void {
  for (const [key, times] of history.applied) {
    if (times > 1) throw new FeedViolation('Unique', `${key.replace('\n', ' ')} was applied ${times} times`);
  }
}

/** Reliable: the newest revision of every document was delivered, and is the last state of the consumer. */
export function checkReliable(history: FeedHistory, writes: readonly CommittedWrite[]): void {
  for (const [id, write] of newestOf(writes)) {
    const held = history.current.get(id);
    if (held?.rev !== write.rev) throw new FeedViolation('Reliable', `${id} is ${held?.rev ?? 'missing'} instead of ${write.rev}`);
    if (held.deleted !== write.deleted) throw new FeedViolation('Reliable', `${id} ${write.rev} is ${held.deleted ? '' : 'not '}deleted`);
  }
}

/** Resumable: what was finished before a stop and what came after the resumption is everything. */
export function checkResumable(finishedBefore: readonly Observation[], after: readonly Observation[], writes: readonly CommittedWrite[]): void {
  const seen = new Set([...rowsOf(finishedBefore), ...rowsOf(after)].map(({ id, rev }) => `${id}\n${rev}`));
  for (const [id, write] of newestOf(writes)) {
    if (!seen.has(`${id}\n${write.rev}`)) throw new FeedViolation('Resumable', `${id} ${write.rev} was lost between two runs`);
  }
}

/** Bookmarkable: a mark `caught-up` as of a moment comes behind everything committed before that moment. */
export function checkBookmarkable(observations: readonly Observation[], writes: readonly CommittedWrite[]): void {
  observations.forEach((observation, index) => {
    if (observation.type !== 'caught-up') return;
    const before = writes.filter(({ atMs }) => atMs < observation.asOfMs);
    const seen = new Set(rowsOf(observations.slice(0, index)).map(({ id, rev }) => `${id}\n${rev}`));
    const positions = new Map(writes.map((write, position) => [`${write.id}\n${write.rev}`, position]));
    for (const [id, write] of newestOf(before)) {
      // A later revision stands for the earlier ones: the feed has one row per document.
      const later = writes.some((each) => each.id === id && (positions.get(`${id}\n${each.rev}`) ?? 0) >= (positions.get(`${id}\n${write.rev}`) ?? 0) && seen.has(`${id}\n${each.rev}`));
      if (!later) throw new FeedViolation('Bookmarkable', `the mark came before ${id} ${write.rev}`);
    }
  });
}

/** The guarantees that hold in every history without a reset. */
export function checkHistory(history: FeedHistory, writes: readonly CommittedWrite[]): void {
  checkOrdered(history.observations, writes);
  checkUnique(history);
  checkReliable(history, writes);
  checkBookmarkable(history.observations, writes);
}

function newestOf(writes: readonly CommittedWrite[]): ReadonlyMap<string, CommittedWrite> {
  return new Map(writes.map((write) => [write.id, write]));
}
