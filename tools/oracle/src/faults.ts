import { randomBytes } from 'node:crypto';

import type { PlainDatabase } from './database-reading.ts';
import { headId } from './database-reading.ts';
import { TEST_KEYS } from './key-space.ts';
import type { Database } from './processes/database.ts';
import type { Neuron } from './processes/neuron.ts';
import type { Recorder } from './recorder.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What faults are made with. */
export interface FaultContext {
  readonly neurons: readonly Neuron[];
  readonly database: Database;
  readonly plain: PlainDatabase;
  readonly recorder: Recorder;
  readonly random: SeededRandom;
  /** Waits until a neuron is left alone by other faults, and keeps it for the work. */
  readonly alone: (neuron: Neuron, work: () => Promise<void>) => Promise<void>;
}

/** A named fault. It ends by itself: when the promise resolves, everything runs again. */
export interface Fault {
  readonly name: string;
  /** What it keeps to itself meanwhile. */
  readonly subject: 'neuron' | 'neurons' | 'database' | 'documents';
  /** Only for databases that may be stopped: of one server, or of several of which one is stopped while the others serve. */
  readonly stops?: 'only-server' | 'node-of-cluster';
  readonly strike: (context: FaultContext, neuron: Neuron) => Promise<void>;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function stopDatabase({ database, recorder, random }: FaultContext, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const [server] = database.nodes;
  await server.stop?.(signal);
  const startMs = recorder.now();
  await sleep(random.below(2500));
  recorder.outages.push({ startMs, endMs: recorder.now() });
  await server.start?.();
}

/** One node goes while the others serve; what was connected to it finds another one. */
async function stopNode({ database, random }: FaultContext, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const node = random.pick(database.nodes);
  await node.stop?.(signal);
  await sleep(random.below(6000));
  await node.start?.();
}

/** One after the other, as an upgrade does it. */
async function rollNeurons({ neurons, alone }: FaultContext, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  for (const neuron of neurons) await alone(neuron, () => restartNeuron(neuron, signal));
}

async function restartNeuron(neuron: Neuron, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  await neuron.stop(signal);
  await neuron.start();
}

async function silence({ recorder, random }: FaultContext, neuron: Neuron): Promise<void> {
  const identity = neuron.identity;
  neuron.proxy.mode = 'half-open';
  const startMs = recorder.now();
  await sleep(1500 + random.below(4000));
  recorder.outages.push({ neuron: identity, startMs, endMs: recorder.now() });
  neuron.proxy.mode = 'pass';
}

async function withProxy(neuron: Neuron, mode: 'delay' | 'buffer-feed', durationMs: number): Promise<void> {
  neuron.proxy.mode = mode;
  await sleep(durationMs);
  neuron.proxy.mode = 'pass';
}

async function pause(neuron: Neuron): Promise<void> {
  neuron.pause();
  await sleep(5000);
  neuron.resume();
}

/** Takes a document away as if it had never been. */
async function purge({ plain, random }: FaultContext): Promise<void> {
  const { layer, path, key } = random.pick(TEST_KEYS.filter(({ role }) => role === 'purged'));
  const head = await plain.head(layer, path, key);
  if (head !== undefined) await plain.send('POST', '/_purge', { [head._id]: [head._rev] });
}

/** Writes a second leaf, as replication from elsewhere does: a version of its own, which must not be lost either. */
async function conflict({ plain, random, recorder }: FaultContext): Promise<void> {
  const { layer, path, key, name } = random.pick(TEST_KEYS.filter(({ role }) => role === 'conflicting'));
  const head = await plain.head(layer, path, key);
  if (head === undefined) return;
  const generation = Number.parseInt(head._rev, 10) + random.below(2);
  const version = `${Date.now().toString(16).padStart(12, '0')}${randomBytes(2).toString('hex')}-elsewhere`;
  const marker = `conflict-${version}`;
  const startMs = recorder.now();
  const leaf = { _id: headId(layer, path, key), _rev: `${generation}-${randomBytes(16).toString('hex')}`, ver: version, by: 'elsewhere', v: { w: marker } };
  await plain.send('POST', '/_bulk_docs', { new_edits: false, docs: [leaf] });
  recorder.writes.push({ type: 'write', kind: 'conflict', neuron: 'database', client: 'elsewhere', startMs, endMs: recorder.now(), key: name, outcome: 'acknowledged', marker, version });
}

/** Every fault there is. */
export const FAULTS: readonly Fault[] = [
  { name: 'neuron-killed', subject: 'neuron', strike: (_, neuron) => restartNeuron(neuron, 'SIGKILL') },
  { name: 'neuron-terminated', subject: 'neuron', strike: (_, neuron) => restartNeuron(neuron, 'SIGTERM') },
  { name: 'neuron-paused', subject: 'neuron', strike: (_, neuron) => pause(neuron) },
  { name: 'connections-dropped', subject: 'neuron', strike: async (_, neuron) => neuron.proxy.drop() },
  { name: 'connections-half-open', subject: 'neuron', strike: silence },
  { name: 'connections-delayed', subject: 'neuron', strike: (_, neuron) => withProxy(neuron, 'delay', 3000) },
  { name: 'row-cut', subject: 'neuron', strike: async (_, neuron) => neuron.proxy.cutNextRow() },
  { name: 'feed-buffered', subject: 'neuron', strike: ({ random }, neuron) => withProxy(neuron, 'buffer-feed', 1000 + random.below(5000)) },
  { name: 'neurons-rolled-brutally', subject: 'neurons', strike: (context) => rollNeurons(context, 'SIGKILL') },
  { name: 'neurons-rolled-gracefully', subject: 'neurons', strike: (context) => rollNeurons(context, 'SIGTERM') },
  { name: 'database-killed', subject: 'database', stops: 'only-server', strike: (context) => stopDatabase(context, 'SIGKILL') },
  { name: 'database-restarted', subject: 'database', stops: 'only-server', strike: (context) => stopDatabase(context, 'SIGTERM') },
  { name: 'database-node-killed', subject: 'database', stops: 'node-of-cluster', strike: (context) => stopNode(context, 'SIGKILL') },
  { name: 'database-node-restarted', subject: 'database', stops: 'node-of-cluster', strike: (context) => stopNode(context, 'SIGTERM') },
  { name: 'database-compacted', subject: 'documents', strike: async ({ plain }) => void (await plain.send('POST', '/_compact', {})) },
  { name: 'document-purged', subject: 'documents', strike: purge },
  { name: 'revisions-in-conflict', subject: 'documents', strike: conflict },
];
