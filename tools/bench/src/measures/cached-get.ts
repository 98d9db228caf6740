import { fileURLToPath } from 'node:url';

import { startChild } from '../child.ts';
import { runHttpLoad } from '../load/http-load.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { getRequest, SYSTEM_LOGIN } from '../rest-request.ts';
import { startNeuron } from '../servers/neuron.ts';
import { percentile, spreadOf } from '../statistics.ts';
import { judge } from '../target.ts';

const PATH = '/_data/bench?k=cached';

interface Round {
  readonly perCpuSecond: number;
  readonly p50Ms: number;
}

/** Cached GET over REST beside a bare `node:http` server that answers the same bytes. */
export async function cachedGet(context: MeasureContext): Promise<ResultTable> {
  await using neuron = await startNeuron({ name: 'benchget', core: SERVER_CORE });
  const answer = await storeAndRead(neuron.restPort);
  await using bare = await startChild(['--import', 'tsx', fileURLToPath(new URL('../servers/bare-http-process.ts', import.meta.url))], {
    name: 'bare node:http',
    core: SERVER_CORE,
    env: { XIR_BENCH_ANSWER: JSON.stringify(answer) },
  });
  const rows: ResultRow[] = [];
  for (const connections of [1, 50]) {
    const ours: Round[] = [];
    const peer: Round[] = [];
    const load = (port: number, durationMs: number) =>
      runHttpLoad({ host: '127.0.0.1', port, connections, durationMs, request: () => getRequest(PATH), statuses: [200], bodyMustContain: '"s":"ok"' });
    const round = async (pid: number, port: number): Promise<Round> => {
      const before = cpuSecondsOf(pid);
      const result = await load(port, context.roundMs);
      return { perCpuSecond: result.requests / (cpuSecondsOf(pid) - before), p50Ms: percentile(result.latenciesMs, 0.5) };
    };
    await load(neuron.restPort, context.roundMs / 2);
    await load(Number(bare.ready['port']), context.roundMs / 2);
    for (let n = 0; n < context.rounds; n++) {
      context.progress(`cached GET, ${connections} connections, round ${n + 1} of ${context.rounds}`);
      ours.push(await round(neuron.pid, neuron.restPort));
      peer.push(await round(bare.pid, Number(bare.ready['port'])));
    }
    rows.push(...rowsOf(connections, ours, peer));
  }
  return {
    title: 'Cached GET over REST',
    method: 'The same request and the same answer bytes; requests per CPU second of the server process, and the median latency the client saw.',
    oursName: 'neuron',
    peerName: 'bare node:http',
    rows,
  };
}

function rowsOf(connections: number, ours: readonly Round[], peer: readonly Round[]): ResultRow[] {
  const ourRate = spreadOf(ours.map((round) => round.perCpuSecond));
  const peerRate = spreadOf(peer.map((round) => round.perCpuSecond));
  const ourP50 = spreadOf(ours.map((round) => round.p50Ms));
  const peerP50 = spreadOf(peer.map((round) => round.p50Ms));
  const thousands = (spread: { min: number; median: number; max: number }): string =>
    `${(spread.median / 1000).toFixed(1)} k (${(spread.min / 1000).toFixed(1)}–${(spread.max / 1000).toFixed(1)})`;
  return [
    {
      measure: `${connections} connection${connections === 1 ? '' : 's'}: requests per CPU second`,
      ours: thousands(ourRate),
      peer: thousands(peerRate),
      ratio: `${(ourRate.median / peerRate.median).toFixed(2)} ×`,
      ...(connections === 50 ? { verdict: judge(ourRate.median / peerRate.median, { atLeast: 0.85, unit: ' ×' }) } : {}),
    },
    {
      measure: `${connections} connection${connections === 1 ? '' : 's'}: p50, ms`,
      ours: ourP50.median.toFixed(3),
      peer: peerP50.median.toFixed(3),
      ratio: `${(ourP50.median / peerP50.median).toFixed(2)} ×`,
    },
  ];
}

async function storeAndRead(port: number): Promise<{ headers: Record<string, string>; body: string }> {
  const base = `http://127.0.0.1:${port}`;
  const headers = { authorization: SYSTEM_LOGIN, 'content-type': 'application/json' };
  const value = { name: 'bench', text: 'x'.repeat(90) };
  const stored = await fetch(`${base}/_data/bench`, { method: 'PUT', headers, body: JSON.stringify({ k: 'cached', v: value }) });
  const envelope = await stored.text();
  if (!envelope.includes('"s":"ok"')) throw new Error(`the value could not be stored: ${envelope}`);
  await (await fetch(`${base}${PATH}`, { headers })).text();
  const read = await fetch(`${base}${PATH}`, { headers });
  const own = new Set(['connection', 'keep-alive', 'date', 'content-length', 'transfer-encoding']);
  return { headers: Object.fromEntries([...read.headers].filter(([name]) => !own.has(name))), body: await read.text() };
}
