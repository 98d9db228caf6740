import { Claims } from '../claims.ts';
import type { Database } from '../processes/database.ts';
import type { Neuron } from '../processes/neuron.ts';
import type { Proxy } from '../proxy.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { watchGhosts } from './ghosts.ts';
import type { ChatClient } from './chat-client.ts';
import type { MessagesRecord } from './record.ts';

/** A neuron, and the proxy that others reach its link through. */
export interface LinkedNeuron {
  readonly neuron: Neuron;
  readonly link: Proxy;
}

/** What faults of a run of messages are made with. */
export interface MessagesFaultContext {
  readonly neurons: readonly LinkedNeuron[];
  readonly database: Database;
  readonly clients: readonly ChatClient[];
  readonly record: MessagesRecord;
  readonly random: SeededRandom;
}

interface MessagesFault {
  readonly name: string;
  /** The neuron's process is touched: what it and its clients see is not judged until it is over. */
  readonly ofProcess: boolean;
  readonly ofDatabase?: true;
  readonly strike: (context: MessagesFaultContext, hit: LinkedNeuron) => Promise<void>;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function restart(context: MessagesFaultContext, { neuron }: LinkedNeuron, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const { identity } = neuron;
  const atMs = context.record.now();
  await neuron.stop(signal);
  if (signal === 'SIGKILL') watchGhosts({ ...context, neurons: context.neurons.map((each) => each.neuron).filter((other) => other !== neuron) }, identity, atMs);
  await sleep(context.random.below(4_000));
  await neuron.start();
}

async function pause({ random }: MessagesFaultContext, { neuron }: LinkedNeuron): Promise<void> {
  neuron.pause();
  await sleep(500 + random.below(8_000));
  neuron.resume();
}

async function during(proxy: Proxy, mode: 'half-open' | 'delay', forMs: number): Promise<void> {
  proxy.mode = mode;
  await sleep(forMs);
  proxy.mode = 'pass';
  // What was half-open never recovers by itself.
  if (mode === 'half-open') proxy.drop();
}

/** Every fault there is. */
export const MESSAGES_FAULTS: readonly MessagesFault[] = [
  { name: 'neuron-killed', ofProcess: true, strike: (context, hit) => restart(context, hit, 'SIGKILL') },
  { name: 'neuron-terminated', ofProcess: true, strike: (context, hit) => restart(context, hit, 'SIGTERM') },
  { name: 'neuron-paused', ofProcess: true, strike: pause },
  { name: 'links-cut', ofProcess: false, strike: async (_, { link }) => link.drop() },
  { name: 'links-half-open', ofProcess: false, strike: ({ random }, { link }) => during(link, 'half-open', 1_000 + random.below(4_000)) },
  { name: 'links-delayed', ofProcess: false, strike: (_, { link }) => during(link, 'delay', 3_000) },
  { name: 'database-cut-off-from-one', ofProcess: false, strike: ({ random }, { neuron }) => during(neuron.proxy, 'half-open', 500 + random.below(3_000)) },
  { name: 'database-connections-dropped', ofProcess: false, strike: async (_, { neuron }) => neuron.proxy.drop() },
  { name: 'database-paused', ofProcess: false, ofDatabase: true, strike: ({ neurons, random }) => pauseDatabase(neurons, 500 + random.below(3_000)) },
];

/** Nothing gets to the database or comes from it, for any neuron. */
async function pauseDatabase(neurons: readonly LinkedNeuron[], forMs: number): Promise<void> {
  await Promise.all(neurons.map(({ neuron }) => during(neuron.proxy, 'half-open', forMs)));
}

/** Strikes faults until the signal, one every so often, at most one on each neuron at a time. Resolves when all have ended. */
export async function strikeMessagesFaults(context: MessagesFaultContext, everyMs: number, signal: AbortSignal): Promise<void> {
  const { random, record, neurons } = context;
  const claims = new Claims();
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    await sleep(everyMs / 2 + random.below(everyMs));
    const fault = random.pick(MESSAGES_FAULTS);
    const hit = random.pick(neurons);
    const subject = fault.ofDatabase === true ? 'database' : hit;
    if (signal.aborted || claims.isTaken(subject)) continue;
    record.fault(fault.name);
    const disturbance = { neuron: hit.neuron.name, ofProcess: fault.ofProcess, fromMs: record.now(), untilMs: Number.POSITIVE_INFINITY };
    record.disturbances.push(disturbance);
    const strike = claims
      .whenFree(subject, () => fault.strike(context, hit))
      .catch((error: unknown) => record.incident(`the fault ${fault.name} did not end: ${String(error)}`))
      .finally(() => {
        disturbance.untilMs = record.now();
        underWay.delete(strike);
      });
    underWay.add(strike);
  }
  await Promise.all(underWay);
}
