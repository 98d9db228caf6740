import { tokensOf } from '../load/tokens.ts';
import type { MeasureContext, ResultTable } from '../measure.ts';
import { startDatabase } from '../processes/shared-database.ts';
import { startWorker } from '../processes/worker.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { spreadText } from '../statistics.ts';
import { judge } from '../target.ts';

const MOST_CLIENTS = 10_000;
const ROOM_SIZE = 10;
const ROUNDS = 3;
const LOOK_MS = 50;

interface Round {
  readonly ghostsGoneMs: number;
  readonly backMs: number;
  readonly settledMs: number;
  /** Joins on the survivors for each document that they wrote. */
  readonly joinsPerWrite: number;
  readonly writes: number;
  readonly batches: number;
}

/** A neuron with ten thousand clients is killed: what the others see, how long its clients take to be elsewhere, and what that costs the database. */
export async function reconnect(context: MeasureContext): Promise<ResultTable> {
  const clients = Math.min(MOST_CLIENTS, context.keys);
  const rounds: Round[] = [];
  for (let n = 1; n <= Math.min(context.rounds, ROUNDS); n += 1) rounds.push(await round(context, n, clients));
  const row = (measure: string, figure: (one: Round) => number, digits = 0) => ({ measure, ours: spreadText(rounds.map(figure), digits), peer: '', ratio: '' });
  const worst = (figure: (one: Round) => number) => Math.max(...rounds.map(figure));
  return {
    title: `A neuron with ${clients} clients is killed`,
    method: `Three neurons on the embedded database in a process of its own; ${clients} signalling clients in rooms of ten on one of them, and an observer in each room on another. It is killed (SIGKILL) with clients that do not come back, then again with clients that connect to the two others at once, each a new try every 250 ms. All of it shares two cores.`,
    oursName: 'figure',
    peerName: '',
    rows: [
      { ...row('until the last ghost is gone for clients of another neuron, ms', ({ ghostsGoneMs }) => ghostsGoneMs), verdict: judge(worst(({ ghostsGoneMs }) => ghostsGoneMs), { atMost: 5000, unit: ' ms' }) },
      { ...row('until all are connected elsewhere and know who is there, ms', ({ backMs }) => backMs), verdict: judge(worst(({ backMs }) => backMs), { atMost: 10_000, unit: ' ms' }) },
      row('until the other survivor sees all of them, ms', ({ settledMs }) => settledMs),
      { ...row('joins for each document written', ({ joinsPerWrite }) => joinsPerWrite), verdict: judge(Math.min(...rounds.map(({ joinsPerWrite }) => joinsPerWrite)), { atLeast: 200, unit: '' }) },
      row('documents written by the survivors', ({ writes }) => writes),
      row('requests in which all their writes left, leases included', ({ batches }) => batches),
    ],
  };
}

async function round({ progress, rounds }: MeasureContext, n: number, clients: number): Promise<Round> {
  await using database = await startDatabase();
  const start = (name: string) => startNeuron({ name, couchdbUrl: database.url, database: 'xir-bench' });
  await using a = await start('bencha');
  await using b = await start('benchb');
  await using crowd = await startWorker('crowd-process.ts', { core: 0 });
  progress(`reconnect, round ${n} of ${Math.min(rounds, ROUNDS)}: tokens`);
  const tokens = await tokensOf(a, Array.from({ length: clients }, (_, number) => `u${number}`));
  await crowd.ask('observe', { url: a.webSocketUrl, tokens: await tokensOf(a, Array.from({ length: Math.ceil(clients / ROOM_SIZE) }, (_, room) => `observer${room}`)) });
  progress('observers are there');
  const kill = async <Result>(work: (c: NeuronProcess) => Promise<Result>): Promise<Result> => {
    await using c = await start('benchc');
    await neuronsOf(a, 3);
    const tookMs = await crowd.ask<number>('connect', { to: [c.webSocketUrl], tokens });
    progress(`${clients} clients connected within ${Math.round(tookMs)} ms`);
    return await work(c);
  };
  const ghostsGoneMs = await kill(({ pid }) => crowd.ask<number>('killAlone', { pid }));
  progress(`the last ghost was gone ${Math.round(ghostsGoneMs)} ms after SIGKILL`);
  await neuronsOf(a, 2);
  return await kill(async ({ pid }) => {
    const before = await spent(a, b);
    const startedMs = performance.now();
    const backMs = await crowd.ask<number>('killAndReturn', { pid, to: [a.webSocketUrl, b.webSocketUrl] });
    progress(`all were back ${Math.round(backMs)} ms after SIGKILL`);
    await neuronsOf(a, 2);
    while ((await crowd.ask<number>('seen')) < clients) await pause();
    const settledMs = performance.now() - startedMs;
    await quiet(a, b);
    const after = await spent(a, b);
    const writes = after.slots - before.slots;
    return { ghostsGoneMs, backMs, settledMs, writes, joinsPerWrite: clients / writes, batches: after.batches - before.batches };
  });
}

async function metric({ operationsPort }: NeuronProcess, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${operationsPort}/metrics`)).text();
  return Number(text.split('\n').find((line) => line.startsWith(`${name}{`))?.split(' ').at(-1));
}

/** What the survivors have written so far. */
async function spent(...neurons: readonly NeuronProcess[]): Promise<{ readonly slots: number; readonly batches: number }> {
  const sum = async (name: string) => (await Promise.all(neurons.map((neuron) => metric(neuron, name)))).reduce((total, value) => total + value, 0);
  return { slots: await sum('xir_channels_slot_writes_total'), batches: await sum('xir_write_batches_total') };
}

/** Waits until no slot has been written for a second. */
async function quiet(...neurons: readonly NeuronProcess[]): Promise<void> {
  let { slots } = await spent(...neurons);
  for (let looks = 0; looks < 1000 / LOOK_MS; looks += 1) {
    await pause();
    const now = (await spent(...neurons)).slots;
    if (now !== slots) looks = 0;
    slots = now;
  }
}

async function neuronsOf(neuron: NeuronProcess, count: number): Promise<void> {
  while ((await metric(neuron, 'xir_membership_neurons')) !== count) await pause();
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
