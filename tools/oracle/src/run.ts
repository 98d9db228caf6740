import { Client } from './client.ts';
import { CHECKS } from './checks/all-checks.ts';
import { enoughTraffic, trafficFloor } from './checks/traffic.ts';
import { PlainDatabase } from './database-reading.ts';
import { strikeFaults } from './fault-plan.ts';
import type { RunRecord } from './history.ts';
import { openDatabase, type DatabaseChoice } from './processes/database.ts';
import { Neuron } from './processes/neuron.ts';
import { settle } from './quiet.ts';
import { recreateDatabase } from './recreation.ts';
import { Recorder } from './recorder.ts';
import { seededRandom } from './seeded-random.ts';
import { Watcher, type WatchPlan } from './watcher.ts';

/** How a run goes. */
export interface RunOptions extends DatabaseChoice {
  readonly seed: number;
  readonly seconds: number;
  readonly neurons: number;
  readonly clients: number;
  readonly faultEveryMs: number;
  /** `faults`: everything in {@link FAULTS}. `recreate`: the database is deleted and made again halfway. */
  readonly scenario: 'faults' | 'recreate';
  /** Told what goes on. */
  readonly progress: (line: string) => void;
}

/** What a run showed. */
export interface RunResult {
  readonly record: RunRecord;
  readonly failures: ReadonlyMap<string, number>;
  readonly settledMs: number;
  /** Violations by check, checks without any included. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
}

/** What is watched: every scope and mode. */
const WATCHES: readonly WatchPlan[] = [
  { name: 'layer-history', mode: 'history', layer: '*data', path: '/', scope: 'layer' },
  { name: 'tree-plain', mode: 'plain', layer: '*data', path: '/o/a', scope: 'tree' },
  { name: 'path-history', mode: 'history', layer: 'logs', path: '/o/a', scope: 'path' },
  { name: 'path-latest', mode: 'latest', layer: 'logs', path: '/o/c', scope: 'path' },
  { name: 'key-plain', mode: 'plain', layer: '*data', path: '/o/c', scope: 'key', key: 'k1' },
];

/** Runs processes, traffic and faults, waits for quiet and judges everything that was recorded. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, progress } = options;
  await using database = await openDatabase(options);
  const recorder = new Recorder();
  const databaseName = `oracle-${process.pid}-${Date.now().toString(36)}`;
  const urls = database.nodes.map(({ url }) => url);
  const plain = new PlainDatabase(urls, databaseName);
  await using _removed = {
    async [Symbol.asyncDispose]() {
      // The embedded server goes with its directory.
      if (database.kind === 'couchdb') await plain.send('DELETE', '');
    },
  };
  await using stack = new AsyncDisposableStackLike();
  const neurons: Neuron[] = [];
  for (let index = 0; index < options.neurons; index += 1) {
    neurons.push(stack.use(await Neuron.open({ name: `n${index}`, databaseUrls: startingWith(urls, index), databaseName, recorder })));
  }
  const nodes = database.nodes.length;
  progress(`${neurons.length} neurons on ${database.kind}${nodes === 1 ? '' : ` (${nodes} nodes)`}; ${options.seconds} s of traffic and faults`);
  const traffic = new AbortController();
  const watching = new AbortController();
  const watchers = WATCHES.map((plan, index) => new Watcher({ plan, neurons, random: seededRandom(seed * 1000 + index), recorder, signal: watching.signal }));
  const watches = watchers.map((watcher) => watcher.run());
  const clients = Array.from({ length: options.clients }, (_, index) =>
    new Client({ name: `c${index}`, random: seededRandom(seed * 1000 + 100 + index), neurons, recorder, signal: traffic.signal }).run(),
  );
  const context = { neurons, database, plain, recorder, random: seededRandom(seed * 1000 + 999) };
  const timer = setTimeout(() => traffic.abort(), options.seconds * 1000);
  const faults = options.scenario === 'faults' ? strikeFaults(context, options.faultEveryMs, traffic.signal) : recreateDatabase(context, options.seconds * 500);
  await Promise.all([...clients, faults]).finally(() => clearTimeout(timer));
  progress('quiet: neurons and watches are compared with the database');
  const { settledMs, ...final } = await settle(neurons, plain, watchers);
  watching.abort();
  await Promise.all(watches);
  const { writes, reads, outages, incidents } = recorder;
  const record: RunRecord = { writes, reads, outages, incidents, faults: recorder.faults, databaseNodes: nodes, watches: watchers.map((watcher) => watcher.history()), ...final };
  const checks = [enoughTraffic(trafficFloor(options.seconds, options.scenario)), ...CHECKS].filter(({ ofOneServer }) => ofOneServer !== true || nodes === 1);
  return { record, settledMs, failures: recorder.failures, violations: new Map(checks.map((check) => [check.name, check.violations(record)])) };
}

/** The nodes in the order in which a neuron goes through them: each neuron has another one to begin with. */
function startingWith(urls: readonly URL[], index: number): [URL, ...URL[]] {
  const at = index % urls.length;
  const [first, ...others] = [...urls.slice(at), ...urls.slice(0, at)];
  if (first === undefined) throw new TypeError('a database has at least one node');
  return [first, ...others];
}

/** Closes what was handed to it, in reverse order, at the end of a block (Node 20 has no AsyncDisposableStack). */
class AsyncDisposableStackLike implements AsyncDisposable {
  readonly #resources: AsyncDisposable[] = [];

  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.#resources.push(resource);
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#resources.toReversed()) await resource[Symbol.asyncDispose]();
  }
}
