import { describe, it } from 'vitest';
import { casesFor, runFeedCase } from './feed-cases.ts';
import type { FeedHarness, FeedSubject } from './feed-contract.ts';

/** Registers with vitest every case of the feed suite that `harness` can run. */
export function defineFeedSuite(subject: FeedSubject, harness: FeedHarness): void {
  describe(`${subject.name} on ${harness.name}`, () => {
    for (const feedCase of casesFor(harness)) it(feedCase.title, () => runFeedCase(feedCase, subject, harness));
  });
}
