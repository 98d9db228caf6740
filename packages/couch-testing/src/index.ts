export { settle, VirtualClock } from './virtual-clock.ts';
export { defineFeedSuite } from './feed/define-feed-suite.ts';
export { FakeBody } from './feed/fake-body.ts';
export {
  FakeCouch,
  isFeedRequest,
  jsonResponse,
  silentResponse,
  type FakeCouchOptions,
  type FakeRequest,
  type FakeResponse,
  type FakeRule,
} from './feed/fake-couch.ts';
export { FakeDatabase, type FakeLeaf, type FakeRow, type FakeSnapshot } from './feed/fake-database.ts';
export { listenFake, type ListeningFake } from './feed/fake-http.ts';
export { FakeStream, HARMLESS_ENDINGS, type HarmlessEnding } from './feed/fake-stream.ts';
export { fakeTransport } from './feed/fake-transport.ts';
export { casesFor, changeFeedCases, runFeedCase } from './feed/feed-cases.ts';
export type {
  FeedCase,
  FeedCaseContext,
  FeedHarness,
  FeedSubject,
  FeedWorld,
  FeedWorldOptions,
  FeedWorldSupports,
  SubjectCheckpoint,
  SubjectCheckpointStore,
  SubjectEvent,
  SubjectFeed,
  SubjectOptions,
  SubjectRow,
} from './feed/feed-contract.ts';
export { FeedHistory, type CommittedWrite, type Observation } from './feed/feed-history.ts';
export {
  checkBookmarkable,
  checkHistory,
  checkOrdered,
  checkReliable,
  checkResumable,
  checkUnique,
  FEED_GUARANTEES,
  FeedViolation,
  type FeedGuarantee,
} from './feed/feed-validators.ts';
export { fakeHttpHarness, scriptedHarness, serverHarness } from './feed/feed-worlds.ts';
export { FeedWriter } from './feed/feed-writer.ts';
