import type { SubjectEvent, SubjectFeed } from '../feed-contract.ts';

/** What a mutant does to what a feed hands over. */
export interface FeedMutation {
  /** Events in place of one event. */
  event?(event: SubjectEvent): readonly SubjectEvent[];
  /** Events before the first. */
  readonly first?: readonly SubjectEvent[];
  readonly own?: Partial<Pick<SubjectFeed, 'ageMs' | 'prove' | 'close'>>;
}

/** A feed that misreports in one way. */
export function mutateFeed(feed: SubjectFeed, mutation: FeedMutation): SubjectFeed {
  return {
    get state() {
      return feed.state;
    },
    get lastAppliedSeq() {
      return feed.lastAppliedSeq;
    },
    get counters() {
      return feed.counters;
    },
    ageMs: mutation.own?.ageMs ?? (() => feed.ageMs()),
    prove: mutation.own?.prove ?? ((options) => feed.prove(options)),
    close: mutation.own?.close ?? (() => feed.close()),
    async *[Symbol.asyncIterator]() {
      yield* mutation.first ?? [];
      for await (const event of feed) yield* mutation.event?.(event) ?? [event];
    },
  };
}
