import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCouch } from '@xir/couch-embedded';
import { defineFeedSuite, fakeHttpHarness, scriptedHarness, serverHarness } from '@xir/couch-testing';
import { followChangesSubject } from './follow-changes-subject.ts';

async function startEmbedded() {
  const directory = await mkdtemp(join(tmpdir(), 'feed-suite-'));
  const server = await startEmbeddedCouch({ directory });
  return {
    url: server.url,
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

defineFeedSuite(followChangesSubject, scriptedHarness());
defineFeedSuite(followChangesSubject, fakeHttpHarness());
defineFeedSuite(followChangesSubject, serverHarness('the embedded server', { purge: true, lives: true, nulIds: false }, startEmbedded));

const url = process.env['XIR_TEST_COUCHDB_URL'];
if (url !== undefined) {
  defineFeedSuite(
    followChangesSubject,
    serverHarness('CouchDB', { purge: true, lives: true, nulIds: true }, () => Promise.resolve({ url, close: () => Promise.resolve() })),
  );
}
