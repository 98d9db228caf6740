import { runHttpLoad } from '../load/http-load.ts';
import { benchPath, keyOf, scattered } from '../load/keys.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { getRequest, SYSTEM_LOGIN } from '../rest-request.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { medianOf, percentile, spreadText } from '../statistics.ts';

const CONNECTIONS = 50;
const MOST_ROUNDS = 3;

interface Sized {
  readonly keys: number;
  readonly neuron: NeuronProcess;
  readonly rates: number[];
  readonly p50s: number[];
}

/** Cached GET over REST of a neuron whose cache holds few, many and very many keys. */
export async function growthInKeys(context: MeasureContext): Promise<ResultTable> {
  const shared = await context.sharedDatabase();
  const sizes = [...new Set([1000, 100_000, context.keys])].filter((keys) => keys <= context.keys);
  const neurons: Sized[] = [];
  try {
    for (const keys of sizes) {
      await shared.fill(keys);
      context.progress(`a neuron that caches ${keys} keys`);
      const neuron = await startNeuron({ name: `benchgrow${keys}`, core: SERVER_CORE, couchdbUrl: shared.url, database: shared.database, cacheMaxBytes: '4GiB' });
      neurons.push({ keys, neuron, rates: [], p50s: [] });
      await cacheAll(neuron.restPort, keys);
    }
    for (let n = 0; n <= Math.min(context.rounds, MOST_ROUNDS); n += 1) {
      for (const sized of neurons) {
        context.progress(`cached GET of ${sized.keys} keys, round ${n} of ${Math.min(context.rounds, MOST_ROUNDS)}`);
        await round(sized, { durationMs: context.roundMs, isWarmUp: n === 0 });
      }
    }
  } finally {
    for (const { neuron } of neurons) await neuron[Symbol.asyncDispose]();
  }
  return tableOf(neurons);
}

async function round({ keys, neuron, rates, p50s }: Sized, { durationMs, isWarmUp }: { readonly durationMs: number; readonly isWarmUp: boolean }): Promise<void> {
  const requests = scattered(Math.min(keys, 50_000), keys).map((n) => getRequest(`/_data${benchPath(keys).path}?k=${keyOf(n)}`));
  const before = cpuSecondsOf(neuron.pid);
  const result = await runHttpLoad({ host: '127.0.0.1', port: neuron.restPort, connections: CONNECTIONS, durationMs, request: (n) => requests[n % requests.length] as string, statuses: [200], bodyMustContain: '"s":"ok"' });
  if (isWarmUp) return;
  rates.push(result.requests / (cpuSecondsOf(neuron.pid) - before) / 1000);
  p50s.push(percentile(result.latenciesMs, 0.5));
}

function tableOf(neurons: readonly Sized[]): ResultTable {
  const [smallest] = neurons;
  const rows: ResultRow[] = neurons.map(({ keys, rates, p50s }) => ({
    measure: `${keys} keys: thousand requests per CPU second`,
    ours: spreadText(rates, 1),
    peer: spreadText(smallest?.rates ?? [], 1),
    ratio: `${(medianOf(rates) / medianOf(smallest?.rates ?? [])).toFixed(2)} ×; p50 ${medianOf(p50s).toFixed(2)} ms`,
  }));
  return {
    title: 'As it grows: cached GET by the number of cached keys',
    method: `Three neurons on one database, each with all keys of its size cached at one path; ${CONNECTIONS} connections read keys scattered over all of them, in alternating rounds.`,
    oursName: 'this many keys',
    peerName: `${smallest?.keys ?? 0} keys`,
    rows,
  };
}

/** The listing of a path brings all its keys into the cache. */
async function cacheAll(port: number, keys: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/_data${benchPath(keys).path}?limit=1`, { headers: { authorization: SYSTEM_LOGIN } });
  const text = await answer.text();
  if (!text.includes('"s":"ok"')) throw new Error(`the keys could not be listed: ${text.slice(0, 300)}`);
}
