import type { MeasureContext, ResultTable } from '../measure.ts';
import { SYSTEM_LOGIN } from '../rest-request.ts';
import { startNeuron } from '../servers/neuron.ts';
import { percentile } from '../statistics.ts';

/** Puts per second: well below what any part can carry, so that nothing queues. */
const PACE_MS = 8;

/** From the start of a PUT on neuron A to its value on a watcher of neuron B, beside a raw `_changes` reader of the same database that sees the same writes. */
export async function propagation(context: MeasureContext): Promise<ResultTable> {
  const count = Math.max(200, context.rounds * 200);
  await using a = await startNeuron({ name: 'bencha' });
  const databaseUrl = a.databaseUrl as string;
  await using b = await startNeuron({ name: 'benchb', couchdbUrl: databaseUrl });
  const stop = new AbortController();
  const rawMs = new Map<string, number>();
  const watchMs = new Map<string, number>();
  const seen = (into: Map<string, number>) => (line: string) => {
    const match = /bench-mark-(\d+)/.exec(line);
    if (match !== null && !into.has(match[1] as string)) into.set(match[1] as string, performance.now());
  };
  const readers = [
    readLines(`${databaseUrl.replace(/\/$/, '')}/xir/_changes?feed=continuous&since=now&include_docs=true&heartbeat=5000`, stop.signal, seen(rawMs)),
    readLines(`http://127.0.0.1:${b.restPort}/_data/bench/mark?watch=1`, stop.signal, seen(watchMs)),
  ];
  const startedMs = new Map<string, number>();
  await pause(1000);
  for (let n = 0; n < count; n++) {
    if (n % 200 === 0) context.progress(`put on A → seen on B, ${n} of ${count}`);
    startedMs.set(String(n), performance.now());
    const answer = await fetch(`http://127.0.0.1:${a.restPort}/_data/bench/mark`, {
      method: 'PUT',
      headers: { authorization: SYSTEM_LOGIN, 'content-type': 'application/json' },
      body: JSON.stringify({ k: `bench-mark-${n}`, v: { n } }),
    });
    await answer.text();
    await pause(PACE_MS);
  }
  await pause(500);
  stop.abort();
  await Promise.allSettled(readers);
  return tableOf(startedMs, rawMs, watchMs);
}

function tableOf(started: ReadonlyMap<string, number>, raw: ReadonlyMap<string, number>, watch: ReadonlyMap<string, number>): ResultTable {
  const missing = [...started.keys()].filter((n) => !raw.has(n) || !watch.has(n));
  if (missing.length > 0) throw new Error(`${missing.length} of ${started.size} writes were not seen by both readers`);
  const sorted = (values: number[]): number[] => values.sort((x, y) => x - y);
  const keys = [...started.keys()];
  const rawTimes = sorted(keys.map((n) => (raw.get(n) as number) - (started.get(n) as number)));
  const watchTimes = sorted(keys.map((n) => (watch.get(n) as number) - (started.get(n) as number)));
  const difference = sorted(keys.map((n) => (watch.get(n) as number) - (raw.get(n) as number)));
  const row = (name: string, share: number) => ({
    measure: `${name}, ms`,
    ours: percentile(watchTimes, share).toFixed(2),
    peer: percentile(rawTimes, share).toFixed(2),
    ratio: `write by write: ${signed(percentile(difference, share))} ms`,
  });
  return {
    title: 'Put on neuron A → seen on neuron B',
    method: `${keys.length} writes; the clock starts when the PUT is sent to A. The raw reader and the watcher (server-sent events of B) see the same writes on the same embedded database, which runs inside A.`,
    oursName: 'watcher on B',
    peerName: 'raw `_changes` reader',
    rows: [row('p50', 0.5), row('p99', 0.99)],
  };
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

async function readLines(url: string, signal: AbortSignal, seen: (line: string) => void): Promise<void> {
  const answer = await fetch(url, { signal, headers: { authorization: SYSTEM_LOGIN, accept: 'text/event-stream' } });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${new URL(url).pathname} answered ${answer.status}`);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) seen(line);
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
