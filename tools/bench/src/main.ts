import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { Measure, MeasureContext, ResultTable } from './measure.ts';
import { acknowledgedPut } from './measures/put.ts';
import { broadcast } from './measures/broadcast.ts';
import { cachedGet } from './measures/cached-get.ts';
import { catchUp } from './measures/catch-up.ts';
import { growthInChannels } from './measures/growth-channels.ts';
import { growthInMessageNeurons } from './measures/growth-message-neurons.ts';
import { growthInKeys } from './measures/growth.ts';
import { hints } from './measures/hints.ts';
import { idleClients } from './measures/idle-clients.ts';
import { idleMemory } from './measures/idle-memory.ts';
import { inProcessGet } from './measures/in-process-get.ts';
import { joinToListed } from './measures/join-to-listed.ts';
import { joins } from './measures/joins.ts';
import { links } from './measures/links.ts';
import { memorySize } from './measures/memory-size.ts';
import { oneCounter } from './measures/one-counter.ts';
import { peerToPeer } from './measures/peer-to-peer.ts';
import { peersGet } from './measures/peers-get.ts';
import { peersSet } from './measures/peers-set.ts';
import { growthInNeurons, propagation } from './measures/propagation.ts';
import { readUnderLoad } from './measures/read-under-load.ts';
import { reconnect } from './measures/reconnect.ts';
import { redisGet } from './measures/redis-get.ts';
import { webSocketGet } from './measures/websocket-get.ts';
import { LOAD_CORE, startSharedDatabase, type SharedDatabase } from './processes/shared-database.ts';
import { reportOf } from './report.ts';
import { versionsOf } from './versions.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    'round-ms': { type: 'string', default: '2000' },
    keys: { type: 'string', default: '1000000' },
    rows: { type: 'string', default: '200000' },
    write: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const startedMs = performance.now();
const progress = (line: string): boolean => process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
const couchdbUrl = process.env['XIR_TEST_COUCHDB_URL'];
let shared: Promise<SharedDatabase> | undefined;
const context: MeasureContext = {
  rounds: Number(values.rounds),
  roundMs: Number(values['round-ms']),
  keys: Number(values.keys),
  rows: Number(values.rows),
  ...(couchdbUrl === undefined ? {} : { couchdbUrl }),
  sharedDatabase: () => (shared ??= startSharedDatabase(progress)),
  progress,
};

const measures: Record<string, Measure> = {
  'in-process': inProcessGet,
  get: cachedGet,
  'peers-get': peersGet,
  redis: redisGet,
  incr: oneCounter,
  websocket: webSocketGet,
  put: acknowledgedPut('embedded'),
  ...(couchdbUrl === undefined ? {} : { 'put-couchdb': acknowledgedPut('couchdb') }),
  'peers-set': peersSet,
  propagation: propagation('embedded'),
  ...(couchdbUrl === undefined ? {} : { 'propagation-couchdb': propagation('couchdb') }),
  hints: hints('embedded'),
  ...(couchdbUrl === undefined ? {} : { 'hints-couchdb': hints('couchdb') }),
  'catch-up': catchUp,
  memory: memorySize,
  'memory-idle': idleMemory,
  load: readUnderLoad,
  links,
  broadcast,
  'peer-to-peer': peerToPeer,
  join: joinToListed,
  'idle-clients': idleClients,
  reconnect,
  joins: joins('embedded'),
  ...(couchdbUrl === undefined ? {} : { 'joins-couchdb': joins('couchdb') }),
  'growth-keys': growthInKeys,
  'growth-neurons': growthInNeurons,
  'growth-channels': growthInChannels,
  'growth-message-neurons': growthInMessageNeurons,
};

const chosen = values.only === '' ? Object.keys(measures) : values.only.split(',');
for (const name of chosen) if (measures[name] === undefined) throw new Error(`no measure is called ${name}; there are ${Object.keys(measures).join(', ')}`);

// The load generator keeps off the core of the servers that are measured.
execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(LOAD_CORE), String(process.pid)]);

const tables: ResultTable[] = [];
try {
  for (const name of chosen) {
    try {
      tables.push(await (measures[name] as Measure)(context));
    } catch (error) {
      // The others stand for themselves.
      process.exitCode = 1;
      progress(`${name} failed: ${String(error)}`);
      tables.push({ title: name, method: `Could not be measured: ${String(error)}`, oursName: 'ours', peerName: 'beside', rows: [] });
    }
  }
} finally {
  await (await shared)?.[Symbol.asyncDispose]();
}
const seconds = (performance.now() - startedMs) / 1000;
const report = reportOf(tables, { date: new Date().toISOString().slice(0, 10), versions: await versionsOf(couchdbUrl), seconds });
process.stdout.write(report);
if (values.write && values.only === '') {
  writeFileSync(fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url)), report);
  progress('written to docs/benchmarks.md');
}
