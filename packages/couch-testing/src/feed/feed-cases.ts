import { basicFeedCases } from './cases/basic.ts';
import { connectionFeedCases } from './cases/connection.ts';
import { identityFeedCases } from './cases/identity.ts';
import { orderFeedCases } from './cases/order.ts';
import { refusalFeedCases } from './cases/refusal.ts';
import type { FeedCase, FeedHarness, FeedSubject, FeedWorld, FeedWorldOptions } from './feed-contract.ts';

/** Every case a follower of a CouchDB change feed must pass. */
export const changeFeedCases: readonly FeedCase[] = [...basicFeedCases, ...orderFeedCases, ...identityFeedCases, ...connectionFeedCases, ...refusalFeedCases];

/** Cases that a harness can run. */
export function casesFor(harness: FeedHarness): readonly FeedCase[] {
  return changeFeedCases.filter((each) => each.needs.every((need) => harness.supports[need]));
}

/** Runs one case in worlds of its own, which are closed afterwards. Rejects when the follower fails it. */
export async function runFeedCase(feedCase: FeedCase, subject: FeedSubject, harness: FeedHarness): Promise<void> {
  const worlds: FeedWorld[] = [];
  try {
    await feedCase.run({
      subject,
      open: async (options?: FeedWorldOptions) => {
        const world = await harness.open(options);
        worlds.push(world);
        return world;
      },
    });
  } finally {
    for (const world of worlds) await world[Symbol.asyncDispose]();
  }
}
