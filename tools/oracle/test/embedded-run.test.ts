import { expect, it } from 'vitest';

import { DEFAULT_FAULT_EVERY_MS } from '../src/fault-plan.ts';
import { reportOf } from '../src/report.ts';
import { run, type RunOptions } from '../src/run.ts';

const CI_SEED = 42;

/** Seconds of traffic and faults in this test; longer runs are made with the command. */
const SECONDS = 30;

/** The embedded database always, and a CouchDB where `XIR_TEST_COUCHDB_URL` names one; that one is never stopped. */
const couchdbUrl = process.env['XIR_TEST_COUCHDB_URL'];
const databases: readonly (readonly [string, readonly string[]])[] = [['the embedded database', []], ...(couchdbUrl === undefined ? [] : [['CouchDB', [couchdbUrl]] as const])];

it.each(databases)('neurons and %s keep their promises under traffic and faults', { timeout: 240_000 }, async (_, couchdbUrls) => {
  const given = Number(process.env['XIR_TEST_SEED'] ?? '');
  // Fixed in CI, so that a run says something about the change; other seeds are for the command line.
  const seed = given > 0 ? given : process.env['CI'] === undefined ? 1 + Math.floor(Math.random() * 1_000_000) : CI_SEED;
  const progress = (line: string) => console.log(line);
  const options: RunOptions = { seed, seconds: SECONDS, neurons: 2, clients: 6, faultEveryMs: DEFAULT_FAULT_EVERY_MS, scenario: 'faults', progress, couchdbUrls };
  const result = await run(options);
  const report = reportOf(options, result);
  console.log(report);
  const broken = [...result.violations].filter(([, found]) => found.length > 0).map(([name]) => name);
  expect(broken, report).toEqual([]);
});
