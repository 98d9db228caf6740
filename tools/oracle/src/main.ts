import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { DEFAULT_FAULT_EVERY_MS } from './fault-plan.ts';
import { passed, reportOf } from './report.ts';
import { run, type RunOptions } from './run.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    neurons: { type: 'string', default: '3' },
    clients: { type: 'string', default: '8' },
    'fault-every-ms': { type: 'string', default: String(DEFAULT_FAULT_EVERY_MS) },
    scenario: { type: 'string', default: 'faults' },
    'couchdb-url': { type: 'string', multiple: true, default: [] },
    record: { type: 'string' },
  },
});

const { scenario } = values;
if (scenario !== 'faults' && scenario !== 'recreate') throw new TypeError(`--scenario is faults or recreate, not ${scenario}`);
const couchdbUrls = values['couchdb-url'];
const couchdbCommand = process.env['XIR_ORACLE_COUCHDB_COMMAND'];
const options: RunOptions = {
  seed: Number(values.seed ?? 1 + Math.floor(Math.random() * 1_000_000)),
  seconds: Number(values.seconds),
  neurons: Number(values.neurons),
  clients: Number(values.clients),
  faultEveryMs: Number(values['fault-every-ms']),
  scenario,
  progress: (line) => void process.stderr.write(`${line}\n`),
  couchdbUrls,
  ...(couchdbCommand === undefined ? {} : { couchdbCommand }),
};
const result = await run(options);
process.stdout.write(`${reportOf(options, result)}\n`);
if (values.record !== undefined) writeFileSync(values.record, JSON.stringify(result.record, (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value)));
process.exitCode = passed(result) ? 0 : 1;
