import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcessTransport } from '@xir/couch-client';
import { startEmbeddedCouch } from '@xir/couch-embedded';
import { defineFeedSuite, fakeHttpHarness, scriptedHarness, serverHarness } from '@xir/couch-testing';
import { followChangesSubject } from './follow-changes-subject.ts';

async function startEmbedded() {
  const directory = await mkdtemp(join(tmpdir(), 'feed-suite-'));
  const server = await startEmbeddedCouch({ directory });
  return {
    url: server.url,
    server,
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startInProcess() {
  const started = await startEmbedded();
  return { ...started, transport: inProcessTransport(started.server) };
}

defineFeedSuite(followChangesSubject, scriptedHarness());
defineFeedSuite(followChangesSubject, fakeHttpHarness());
defineFeedSuite(followChangesSubject, serverHarness('the embedded server', { purge: true, lives: true, nulIds: false }, startEmbedded));
defineFeedSuite(followChangesSubject, serverHarness('the embedded server, without sockets', { purge: true, lives: true, nulIds: false }, startInProcess));

const url = process.env['XIR_TEST_COUCHDB_URL'];
if (url !== undefined) {
  defineFeedSuite(
    followChangesSubject,
    serverHarness('CouchDB', { purge: true, lives: true, nulIds: true }, () => Promise.resolve({ url, close: () => Promise.resolve() })),
  );
}
