import { Agent, get } from 'node:http';

import { SYSTEM_LOGIN } from '../rest-request.ts';
import { percentile } from '../statistics.ts';

/** GETs sent at fixed moments, whatever became of those before. */
export interface PacedReads {
  readonly port: number;
  readonly everyMs: number;
  /** The n-th request's path and query. */
  readonly path: (n: number) => string;
  /** How long requests are sent; or `until`. 0: one request. */
  readonly forMs?: number;
  readonly until?: Promise<unknown>;
}

/** Latencies from the moment a request was due to the last byte of its answer, in milliseconds. */
export interface PacedResult {
  readonly reads: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

const MAX_CONNECTIONS = 64;

/** Sends the reads and waits for all answers; an answer other than 200 fails the run. */
export async function pacedReads(options: PacedReads): Promise<PacedResult> {
  const { port, everyMs, path, forMs, until } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  let isOver = false;
  const over = until?.then(() => (isOver = true));
  const startedMs = performance.now();
  const latencies: number[] = [];
  const answers: Promise<void>[] = [];
  for (let n = 0; ; n += 1) {
    const dueMs = startedMs + n * everyMs;
    if (n > 0 && (until === undefined ? dueMs - startedMs >= (forMs ?? 0) : isOver)) break;
    // Most of the time is slept, so that the core is free for others.
    const aheadMs = dueMs - performance.now() - 1;
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
    while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
    answers.push(read({ agent, port, path: path(n) }).then(() => void latencies.push(performance.now() - dueMs)));
    if (answers.length % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(answers);
  await over;
  agent.destroy();
  const sorted = Float64Array.from(latencies).sort();
  return { reads: sorted.length, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), p999Ms: percentile(sorted, 0.999) };
}

function read({ agent, port, path }: { readonly agent: Agent; readonly port: number; readonly path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent, headers: { authorization: SYSTEM_LOGIN } }, (answer) => {
      let isGood = answer.statusCode === 200;
      answer.on('data', (chunk: Buffer) => {
        if (chunk.includes('"s":"error"')) isGood = false;
      });
      answer.on('end', () => (isGood ? resolve() : reject(new Error(`${path} was answered with ${answer.statusCode}`))));
      answer.on('error', reject);
    });
    request.on('error', reject);
  });
}
