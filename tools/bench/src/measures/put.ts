import { runHttpLoad, type LoadResult } from '../load/http-load.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { putRequest } from '../rest-request.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { percentile, spreadOf } from '../statistics.ts';
import { judge } from '../target.ts';

/** PUTs of each side before the first that counts: the code of a process that has just begun is slow, and a server is not restarted every minute. */
const WARM_UP_PUTS = 3_000;
const VALUE = { name: 'bench', text: 'x'.repeat(90) };

interface Round {
  readonly p50Ms: number;
  readonly perSecond: number;
  /** CPU seconds of the neuron process for each PUT, whichever of its two faces took it. */
  readonly cpuSeconds: number;
}

/** Acknowledged PUT of new keys on a neuron beside the database's own PUT of new documents, on the same database. */
export function acknowledgedPut(where: 'embedded' | 'couchdb') {
  return async (context: MeasureContext): Promise<ResultTable> => {
    const couchdbUrl = where === 'couchdb' ? context.couchdbUrl : undefined;
    const database = `xir-bench-${Date.now().toString(36)}`;
    await using neuron = await startNeuron({ name: 'benchput', database, ...(couchdbUrl === undefined ? {} : { couchdbUrl }) });
    const target = new URL(couchdbUrl ?? (neuron.databaseUrl as string));
    try {
      const rows: ResultRow[] = [];
      for (const writers of [1, 50]) rows.push(...(await beside({ context, neuron, target, database, writers, server: couchdbUrl === undefined ? 'here' : 'elsewhere' })));
      return {
        title: `Acknowledged PUT, ${where === 'embedded' ? 'embedded database (served by the neuron itself)' : 'CouchDB'}`,
        method: `New keys of ${JSON.stringify(VALUE).length} bytes through the neuron, and new documents of the same size put straight into the same database, alternating, after ${WARM_UP_PUTS} of each that do not count.`,
        oursName: 'through the neuron',
        peerName: "the database's own PUT",
        rows,
      };
    } finally {
      if (couchdbUrl !== undefined) await deleteDatabase(target, database);
    }
  };
}

interface Setting {
  readonly context: MeasureContext;
  readonly neuron: NeuronProcess;
  readonly target: URL;
  readonly database: string;
  readonly writers: number;
  /** Whether the neuron process is what serves the database's own PUT too. */
  readonly server: 'here' | 'elsewhere';
}

async function beside({ context, neuron, target, database, writers, server }: Setting): Promise<ResultRow[]> {
  const ours: Round[] = [];
  const peer: Round[] = [];
  const login = target.username === '' ? undefined : `Basic ${Buffer.from(`${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`).toString('base64')}`;
  const value = JSON.stringify(VALUE);
  const through = (stamp: string) => runHttpLoad({
    host: '127.0.0.1',
    port: neuron.restPort,
    connections: writers,
    durationMs: context.roundMs,
    request: (i) => putRequest('/_data/bench/put', `{"k":"${stamp}-${i}","v":${value}}`),
    statuses: [200],
    bodyMustContain: '"s":"ok"',
  });
  const straight = (stamp: string) => runHttpLoad({
    host: target.hostname,
    port: Number(target.port),
    connections: writers,
    durationMs: context.roundMs,
    request: (i) => putRequest(`/${database}/bench-${stamp}-${i}`, value, login),
    statuses: [201, 202],
  });
  const measured = async (load: () => Promise<LoadResult>): Promise<Round> => {
    const before = cpuSecondsOf(neuron.pid);
    const result = await load();
    return roundOf(result, cpuSecondsOf(neuron.pid) - before);
  };
  for (const load of [through, straight]) {
    context.progress(`PUT on ${target.host}, ${writers} writers, warming up`);
    for (let puts = 0; puts < WARM_UP_PUTS; ) puts += (await load(`warm-${writers}-${Date.now().toString(36)}`)).requests;
  }
  for (let n = 0; n < context.rounds; n++) {
    context.progress(`PUT on ${target.host}, ${writers} writers, round ${n + 1} of ${context.rounds}`);
    const stamp = `${writers}-${n}-${Date.now().toString(36)}`;
    ours.push(await measured(() => through(stamp)));
    peer.push(await measured(() => straight(stamp)));
  }
  return rowsOf(writers, ours, server, peer);
}

function roundOf(result: LoadResult, cpuSeconds: number): Round {
  return { p50Ms: percentile(result.latenciesMs, 0.5), perSecond: result.requests / result.seconds, cpuSeconds: cpuSeconds / result.requests };
}

function rowsOf(writers: number, ours: readonly Round[], server: Setting['server'], peer: readonly Round[]): ResultRow[] {
  const of = (rounds: readonly Round[], field: keyof Round): number => spreadOf(rounds.map((round) => round[field])).median;
  const difference = of(ours, 'p50Ms') - of(peer, 'p50Ms');
  const throughput = of(ours, 'perSecond') / of(peer, 'perSecond');
  return [
    {
      measure: `${writers} writer${writers === 1 ? '' : 's'}: p50, ms`,
      ours: of(ours, 'p50Ms').toFixed(2),
      peer: of(peer, 'p50Ms').toFixed(2),
      ratio: `${difference >= 0 ? '+' : '−'}${Math.abs(difference).toFixed(2)} ms`,
      ...(writers === 1 ? { verdict: judge(difference, { atMost: 0.3, unit: ' ms more' }) } : {}),
    },
    {
      measure: `${writers} writer${writers === 1 ? '' : 's'}: acknowledged per second`,
      ours: of(ours, 'perSecond').toFixed(0),
      peer: of(peer, 'perSecond').toFixed(0),
      ratio: `${throughput.toFixed(2)} ×`,
      ...(writers === 1 ? {} : { verdict: judge(throughput, { atLeast: 3, unit: ' ×' }) }),
    },
    {
      measure: `${writers} writer${writers === 1 ? '' : 's'}: CPU of the neuron process per PUT, µs`,
      ours: (of(ours, 'cpuSeconds') * 1e6).toFixed(0),
      peer: server === 'here' ? (of(peer, 'cpuSeconds') * 1e6).toFixed(0) : '',
      ratio: server === 'here' ? `${(of(ours, 'cpuSeconds') / of(peer, 'cpuSeconds')).toFixed(2)} ×` : '',
    },
  ];
}

async function deleteDatabase(target: URL, database: string): Promise<void> {
  const login = Buffer.from(`${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`).toString('base64');
  await fetch(`${target.origin}/${database}`, { method: 'DELETE', headers: { authorization: `Basic ${login}` } });
}
