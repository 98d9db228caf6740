import { casesFor, runFeedCase } from '../feed-cases.ts';
import type { FeedHarness, FeedSubject } from '../feed-contract.ts';
import type { FeedMutant } from './feed-mutants.ts';

/** Real milliseconds after which a case of a mutant counts as failed: broken followers may hang. */
const HANG_MS = 3000;

/** Runs the cases that must fail a mutant. Answers the titles of those that did. Rejects with a `TypeError` when the mutant names no case. */
export async function casesKilling(mutant: FeedMutant, subject: FeedSubject, harness: FeedHarness): Promise<readonly string[]> {
  const cases = casesFor(harness).filter(({ title }) => title.includes(mutant.killedBy));
  if (cases.length === 0) throw new TypeError(`no case of the suite is named like ${mutant.killedBy}`);
  const killing: string[] = [];
  for (const feedCase of cases) {
    let timer: NodeJS.Timeout | undefined;
    const hung = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), HANG_MS);
    });
    const failed = runFeedCase(feedCase, mutant.mutate(subject), harness).then(
      () => false,
      () => true,
    );
    if (await Promise.race([failed, hung])) killing.push(feedCase.title);
    clearTimeout(timer);
  }
  return killing;
}
