import { expect, it } from 'vitest';

import { DEFAULT_FAULT_EVERY_MS } from '../src/fault-plan.ts';
import { messagesReportOf } from '../src/messages/report.ts';
import { runMessages, type MessagesOptions } from '../src/messages/run-messages.ts';

const CI_SEED = 42;

/** Seconds of messages and faults in this test; longer runs are made with the command. */
const SECONDS = 30;

/** The embedded database, or a CouchDB where `XIR_TEST_COUCHDB_URL` names one; that one is never stopped. */
const couchdbUrl = process.env['XIR_TEST_COUCHDB_URL'];

it('neurons keep what they promise of messages and presence, under faults', { timeout: 240_000 }, async () => {
  const given = Number(process.env['XIR_TEST_SEED'] ?? '');
  // Fixed in CI, so that a run says something about the change; other seeds are for the command line.
  const seed = given > 0 ? given : process.env['CI'] === undefined ? 1 + Math.floor(Math.random() * 1_000_000) : CI_SEED;
  const progress = (line: string) => console.log(line);
  const options: MessagesOptions = { seed, seconds: SECONDS, neurons: 3, clients: 60, clientsPerRoom: 10, pauseMs: 4_000, faultEveryMs: DEFAULT_FAULT_EVERY_MS, progress, couchdbUrls: couchdbUrl === undefined ? [] : [couchdbUrl] };
  const result = await runMessages(options);
  const report = messagesReportOf(options, result);
  console.log(report);
  const broken = [...result.violations].filter(([, found]) => found.length > 0).map(([name]) => name);
  expect(broken, report).toEqual([]);
});
