import { parseArgs } from 'node:util';

import { DEFAULT_FAULT_EVERY_MS } from '../fault-plan.ts';
import { messagesReportOf } from './report.ts';
import { runMessages, type MessagesOptions } from './run-messages.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    neurons: { type: 'string', default: '3' },
    clients: { type: 'string', default: '60' },
    'clients-per-room': { type: 'string', default: '10' },
    'pause-ms': { type: 'string', default: '4000' },
    'fault-every-ms': { type: 'string', default: String(DEFAULT_FAULT_EVERY_MS) },
    'couchdb-url': { type: 'string', multiple: true, default: [] },
  },
});

const couchdbCommand = process.env['XIR_ORACLE_COUCHDB_COMMAND'];
const options: MessagesOptions = {
  seed: Number(values.seed ?? 1 + Math.floor(Math.random() * 1_000_000)),
  seconds: Number(values.seconds),
  neurons: Number(values.neurons),
  clients: Number(values.clients),
  clientsPerRoom: Number(values['clients-per-room']),
  pauseMs: Number(values['pause-ms']),
  faultEveryMs: Number(values['fault-every-ms']),
  couchdbUrls: values['couchdb-url'],
  progress: (line) => void process.stderr.write(`${line}\n`),
  ...(couchdbCommand === undefined ? {} : { couchdbCommand }),
};
const result = await runMessages(options);
process.stdout.write(`${messagesReportOf(options, result)}\n`);
process.exitCode = [...result.violations.values()].every((found) => found.length === 0) ? 0 : 1;
