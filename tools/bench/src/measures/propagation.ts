import { requestTarget } from '../load/bulk-import.ts';
import { readLines } from '../load/line-reader.ts';
import { pollGet } from '../load/polled-get.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { getRequest, SYSTEM_LOGIN } from '../rest-request.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { percentile } from '../statistics.ts';
import { judge } from '../target.ts';

/** Pause between two puts, in milliseconds: well below what any part can carry, so that nothing queues. */
const PACE_MS = 8;
const KEY = 'bench-mark';
const PATH = '/_data/bench/mark';
const LOGIN = { authorization: SYSTEM_LOGIN };

/** Milliseconds from the start of each put to its being seen, write by write. */
interface Sightings {
  readonly raw: readonly number[];
  readonly watched: readonly number[];
  readonly read: readonly number[];
}

/** From the start of a PUT on neuron A to its value on neuron B, to a watcher and to a cached GET, beside a raw `_changes` reader of the same database that sees the same writes. */
export function propagation(where: 'embedded' | 'couchdb') {
  return async (context: MeasureContext): Promise<ResultTable> => {
    const count = Math.max(200, context.rounds * 100);
    const title = `Put on neuron A → seen on neuron B, ${where === 'embedded' ? 'embedded database (it runs inside A)' : 'CouchDB'}`;
    const seen = await onNeurons(context, { where, neurons: 2 }, (setting) => sightings(context, { ...setting, count, title }));
    return {
      title,
      method: `${count} writes of one key; the clock starts when the PUT is sent to A. The raw reader splits the lines of \`_changes\` (documents included) and looks for the value. The watcher reads the server-sent events of B. The cached GET is asked of B back to back over one connection until the answer holds the new value. All three see the same writes.`,
      oursName: 'neuron B',
      peerName: 'raw `_changes` reader',
      rows: [
        rowOf('a cached GET on B: p50, ms', { ours: seen.read, raw: seen.raw, share: 0.5 }),
        rowOf('a cached GET on B: p99, ms', { ours: seen.read, raw: seen.raw, share: 0.99 }),
        rowOf('a watcher on B: p50, ms', { ours: seen.watched, raw: seen.raw, share: 0.5 }),
        rowOf('a watcher on B: p99, ms', { ours: seen.watched, raw: seen.raw, share: 0.99 }),
      ],
    };
  };
}

/** The same with more neurons on the database: what the last of them sees. */
export async function growthInNeurons(context: MeasureContext): Promise<ResultTable> {
  const rows: ResultRow[] = [];
  const count = Math.max(200, context.rounds * 60);
  for (const neurons of [1, 4, 8]) {
    const title = `${neurons} ${neurons === 1 ? 'neuron' : 'neurons'} beside the one that is written to`;
    const seen = await onNeurons(context, { where: 'embedded', neurons: neurons + 1 }, (setting) => sightings(context, { ...setting, count, title }));
    const of = (share: number): string => percentile(sorted(seen.read), share).toFixed(2);
    const raw = (share: number): string => percentile(sorted(seen.raw), share).toFixed(2);
    rows.push({ measure: `${title}: p50, p99, ms`, ours: `${of(0.5)}, ${of(0.99)}`, peer: `${raw(0.5)}, ${raw(0.99)}`, ratio: `write by write: ${signed(percentile(differences(seen.read, seen.raw), 0.5))} ms` });
  }
  return {
    title: 'As it grows: propagation by the number of neurons',
    method: `${count} writes on neuron A, which runs the embedded database, seen by a cached GET on the last of the other neurons. All share two cores, so more neurons also means less processor for each.`,
    oursName: 'cached GET',
    peerName: 'raw `_changes` reader',
    rows,
  };
}

interface Setting {
  readonly a: NeuronProcess;
  readonly b: NeuronProcess;
  readonly changes: { readonly origin: string; readonly headers: Record<string, string> };
  readonly database: string;
}

/** Starts neurons on a database of its own, and takes all away behind the work. */
async function onNeurons<Result>(context: MeasureContext, { where, neurons }: { readonly where: 'embedded' | 'couchdb'; readonly neurons: number }, work: (setting: Setting) => Promise<Result>): Promise<Result> {
  const database = `xir-bench-${Date.now().toString(36)}`;
  const couchdbUrl = where === 'couchdb' ? context.couchdbUrl : undefined;
  const started: NeuronProcess[] = [];
  const start = async (name: string, url: string | undefined): Promise<NeuronProcess> => {
    const neuron = await startNeuron({ name, database, ...(url === undefined ? {} : { couchdbUrl: url }) });
    started.push(neuron);
    return neuron;
  };
  const a = await start('bencha', couchdbUrl);
  const url = couchdbUrl ?? (a.databaseUrl as string);
  try {
    let b = a;
    for (let n = 1; n < neurons; n += 1) b = await start(`benchb${n}`, url);
    return await work({ a, b, changes: requestTarget(url), database });
  } finally {
    for (const neuron of started.reverse()) await neuron[Symbol.asyncDispose]();
    if (couchdbUrl !== undefined) await fetch(`${requestTarget(couchdbUrl).origin}/${database}`, { method: 'DELETE', headers: requestTarget(couchdbUrl).headers });
  }
}

async function sightings(context: MeasureContext, { a, b, changes, database, count, title }: Setting & { readonly count: number; readonly title: string }): Promise<Sightings> {
  const stop = new AbortController();
  const rawMs = new Map<number, number>();
  const watchMs = new Map<number, number>();
  const readMs = new Map<number, number>();
  const into = (map: Map<number, number>) => (line: string) => {
    const match = /\[\[(\d+)\]\]/.exec(line);
    if (match !== null && !map.has(Number(match[1]))) map.set(Number(match[1]), performance.now());
  };
  await put(a, -1);
  const readers = [
    readLines(`${changes.origin}/${database}/_changes?feed=continuous&since=now&include_docs=true&heartbeat=5000`, { headers: changes.headers, signal: stop.signal, seen: into(rawMs) }),
    readLines(`http://127.0.0.1:${b.restPort}${PATH}?watch=1`, { headers: { ...LOGIN, accept: 'text/event-stream' }, signal: stop.signal, seen: into(watchMs) }),
  ];
  using polled = await pollGet(b.restPort, getRequest(`${PATH}?k=${KEY}`));
  const startedMs: number[] = [];
  await pause(1000);
  for (let n = 0; n < count; n += 1) {
    if (n % 200 === 0) context.progress(`${title}: ${n} of ${count}`);
    startedMs.push(performance.now());
    const [atMs] = await Promise.all([polled.until(`[[${n}]]`), put(a, n)]);
    readMs.set(n, atMs);
    await pause(PACE_MS);
  }
  await pause(500);
  stop.abort();
  await Promise.allSettled(readers);
  const times = (map: ReadonlyMap<number, number>, name: string): number[] =>
    startedMs.map((from, n) => {
      const at = map.get(n);
      if (at === undefined) throw new Error(`write ${n} of ${count} was not seen by ${name}`);
      return at - from;
    });
  return { raw: times(rawMs, 'the raw reader'), watched: times(watchMs, 'the watcher'), read: times(readMs, 'the cached GET') };
}

async function put(neuron: NeuronProcess, n: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${neuron.restPort}${PATH}?_ver_=_splat_`, {
    method: 'PUT',
    headers: { ...LOGIN, 'content-type': 'application/json' },
    body: JSON.stringify({ k: KEY, v: `[[${n}]]` }),
  });
  const text = await answer.text();
  if (!text.includes('"s":"ok"')) throw new Error(`the value could not be stored: ${text.slice(0, 300)}`);
}

function rowOf(measure: string, { ours, raw, share }: { readonly ours: readonly number[]; readonly raw: readonly number[]; readonly share: number }): ResultRow {
  const difference = percentile(differences(ours, raw), share);
  return {
    measure,
    ours: percentile(sorted(ours), share).toFixed(2),
    peer: percentile(sorted(raw), share).toFixed(2),
    ratio: `write by write: ${signed(difference)} ms`,
    ...(share === 0.5 ? { verdict: judge(difference, { atMost: 0.5, unit: ' ms more' }) } : {}),
  };
}

function differences(ours: readonly number[], raw: readonly number[]): number[] {
  return sorted(ours.map((value, n) => value - (raw[n] as number)));
}

function sorted(values: readonly number[]): number[] {
  return values.toSorted((x, y) => x - y);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
