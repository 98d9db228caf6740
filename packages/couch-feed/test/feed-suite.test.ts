import { defineFeedSuite, fakeHttpHarness, scriptedHarness, serverHarness } from '@xir/couch-testing';
import { followChangesSubject } from './follow-changes-subject.ts';

defineFeedSuite(followChangesSubject, scriptedHarness());
defineFeedSuite(followChangesSubject, fakeHttpHarness());

const url = process.env['XIR_TEST_COUCHDB_URL'];
if (url !== undefined) {
  defineFeedSuite(
    followChangesSubject,
    serverHarness('CouchDB', { purge: true, lives: true }, () => Promise.resolve({ url, close: () => Promise.resolve() })),
  );
}
