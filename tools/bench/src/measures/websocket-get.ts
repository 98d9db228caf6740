import { fileURLToPath } from 'node:url';

import { startChild } from '../child.ts';
import { runSocketLoad } from '../load/socket-load.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { SYSTEM_LOGIN } from '../rest-request.ts';
import { startNeuron } from '../servers/neuron.ts';
import { percentile, spreadOf } from '../statistics.ts';
import { judge } from '../target.ts';

const CONNECTIONS = 16;
const PIPELINE = 16;

interface Side {
  readonly pid: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly mustContain: string;
}

interface Round {
  readonly perCpuSecond: number;
  readonly p50Ms: number;
}

/** Cached reads over a WebSocket, pipelined, beside a bare `ws` server that sends the same requests back. */
export async function webSocketGet(context: MeasureContext): Promise<ResultTable> {
  await using neuron = await startNeuron({ name: 'benchws', core: SERVER_CORE });
  const headers = { authorization: SYSTEM_LOGIN, 'content-type': 'application/json' };
  const body = JSON.stringify({ k: 'cached', v: { name: 'bench', text: 'x'.repeat(90) } });
  const stored = await (await fetch(`http://127.0.0.1:${neuron.restPort}/_data/bench`, { method: 'PUT', headers, body })).text();
  if (!stored.includes('"s":"ok"')) throw new Error(`the value could not be stored: ${stored}`);
  await using bare = await startChild(['--import', 'tsx', fileURLToPath(new URL('../servers/bare-websocket-process.ts', import.meta.url))], { name: 'bare ws', core: SERVER_CORE });
  const ours: Side = { pid: neuron.pid, url: neuron.webSocketUrl, headers: { authorization: SYSTEM_LOGIN }, mustContain: '"result":{"value":' };
  const peer: Side = { pid: bare.pid, url: `ws://127.0.0.1:${String(bare.ready['port'])}`, headers: {}, mustContain: '"op":"get"' };
  const round = async ({ pid, ...side }: Side, durationMs: number): Promise<Round> => {
    const before = cpuSecondsOf(pid);
    const request = (id: number) => `{"id":${id},"op":"get","path":"/bench","key":"cached"}`;
    const result = await runSocketLoad({ ...side, connections: CONNECTIONS, pipeline: PIPELINE, durationMs, request });
    return { perCpuSecond: result.requests / (cpuSecondsOf(pid) - before), p50Ms: percentile(result.latenciesMs, 0.5) };
  };
  const rounds: { readonly ours: Round[]; readonly peer: Round[] } = { ours: [], peer: [] };
  for (const side of [ours, peer]) await round(side, context.roundMs / 2);
  for (let n = 0; n < context.rounds; n++) {
    context.progress(`cached reads over a WebSocket, round ${n + 1} of ${context.rounds}`);
    rounds.ours.push(await round(ours, context.roundMs));
    rounds.peer.push(await round(peer, context.roundMs));
  }
  return {
    title: 'Cached reads over a WebSocket',
    method: `${CONNECTIONS} connections with a pipeline of ${PIPELINE}; the bare server sends the request back, the neuron answers it with a value of 100 bytes. Answers per CPU second of the server process, and the median time from the sending of a pipeline to its last answer. The neuron leaves the answers of a turn in one write, the bare server writes each.`,
    oursName: 'neuron',
    peerName: 'bare ws',
    rows: rowsOf(rounds.ours, rounds.peer),
  };
}

function rowsOf(ours: readonly Round[], peer: readonly Round[]): ResultRow[] {
  const ourRate = spreadOf(ours.map((round) => round.perCpuSecond));
  const peerRate = spreadOf(peer.map((round) => round.perCpuSecond));
  const ourP50 = spreadOf(ours.map((round) => round.p50Ms)).median;
  const peerP50 = spreadOf(peer.map((round) => round.p50Ms)).median;
  const thousands = ({ median, min, max }: typeof ourRate): string => `${(median / 1000).toFixed(0)} k (${(min / 1000).toFixed(0)}–${(max / 1000).toFixed(0)})`;
  const ratio = ourRate.median / peerRate.median;
  return [
    { measure: 'answers per CPU second', ours: thousands(ourRate), peer: thousands(peerRate), ratio: `${ratio.toFixed(2)} ×`, verdict: judge(ratio, { atLeast: 0.7, unit: ' ×' }) },
    { measure: 'p50 of a pipeline, ms', ours: ourP50.toFixed(3), peer: peerP50.toFixed(3), ratio: `${(ourP50 / peerP50).toFixed(2)} ×` },
  ];
}
