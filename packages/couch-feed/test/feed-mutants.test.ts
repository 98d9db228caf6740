import { casesFor, casesKilling, feedMutants, runFeedCase, scriptedHarness } from '@xir/couch-testing';
import { describe, expect, it } from 'vitest';
import { followChangesSubject } from './follow-changes-subject.ts';

const harness = scriptedHarness();

describe('the feed suite has teeth: it fails a follower that', () => {
  for (const mutant of feedMutants) {
    it(mutant.name, async () => {
      expect(await casesKilling(mutant, followChangesSubject, harness)).not.toEqual([]);
    });
  }
});

describe('what fails the mutants does not fail the follower', () => {
  it('every case named by a mutant passes', async () => {
    for (const feedCase of casesFor(harness)) {
      if (feedMutants.some(({ killedBy }) => feedCase.title.includes(killedBy))) await runFeedCase(feedCase, followChangesSubject, harness);
    }
    expect(new Set(feedMutants.map(({ name }) => name)).size).toBe(feedMutants.length);
  });
});
