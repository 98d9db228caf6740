import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { Measure, MeasureContext, ResultTable } from './measure.ts';
import { acknowledgedPut } from './measures/put.ts';
import { cachedGet } from './measures/cached-get.ts';
import { propagation } from './measures/propagation.ts';
import { reportOf } from './report.ts';
import { versionsOf } from './versions.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    'round-ms': { type: 'string', default: '2000' },
    write: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const couchdbUrl = process.env['XIR_TEST_COUCHDB_URL'];
const context: MeasureContext = {
  rounds: Number(values.rounds),
  roundMs: Number(values['round-ms']),
  ...(couchdbUrl === undefined ? {} : { couchdbUrl }),
  progress: (line) => process.stderr.write(`${line}\n`),
};

const measures: Record<string, Measure> = {
  get: cachedGet,
  put: acknowledgedPut('embedded'),
  ...(couchdbUrl === undefined ? {} : { 'put-couchdb': acknowledgedPut('couchdb') }),
  propagation,
};

// The load generator keeps off the core of the servers that are measured.
execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(process.pid)]);

const chosen = values.only === '' ? Object.keys(measures) : values.only.split(',');
const tables: ResultTable[] = [];
for (const name of chosen) {
  const measure = measures[name];
  if (measure === undefined) throw new Error(`no measure is called ${name}; there are ${Object.keys(measures).join(', ')}`);
  tables.push(await measure(context));
}
const report = reportOf(tables, { date: new Date().toISOString().slice(0, 10), versions: await versionsOf(couchdbUrl) });
process.stdout.write(report);
if (values.write && values.only === '') {
  const file = fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url));
  writeFileSync(file, report);
  process.stderr.write(`written to docs/benchmarks.md\n`);
}
