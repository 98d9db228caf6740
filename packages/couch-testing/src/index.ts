export { settle, VirtualClock } from './virtual-clock.ts';
export { defineFeedSuite } from './feed/define-feed-suite.ts';
export { FakeBody } from './feed/fake-body.ts';
export { FakeCouch, isFeedRequest, type FakeCouchOptions, type FakeRule } from './feed/fake-couch.ts';
export { jsonResponse, silentResponse, type FakeRequest, type FakeResponse } from './feed/fake-exchange.ts';
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
export { feedMutants, type FeedMutant } from './feed/mutants/feed-mutants.ts';
export { casesKilling } from './feed/mutants/run-feed-mutant.ts';
export {
  failingProtocolCases,
  protocolCases,
  registerProtocolSuite,
  type ProtocolTestRunner,
} from './protocol/protocol-suite.ts';
export { runProtocolCase, type ProtocolCase } from './protocol/protocol-case.ts';
export {
  PROTOCOL_TIMEOUT_MS,
  ProtocolClient,
  type ProtocolAnswer,
  type ProtocolRequest,
  type ProtocolTarget,
} from './protocol/protocol-client.ts';
export {
  protocolMutants,
  startMutant,
  type MutableMessage,
  type ProtocolMutant,
  type RunningMutant,
} from './protocol/protocol-mutants.ts';
