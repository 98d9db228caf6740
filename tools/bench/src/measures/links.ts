import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import type { LinkKind } from '../processes/link-process.ts';
import { LOAD_CORE, SERVER_CORE } from '../processes/shared-database.ts';
import { startWorker, type Worker } from '../processes/worker.ts';
import { medianOf, spreadText } from '../statistics.ts';
import { judge } from '../target.ts';

const MESSAGE = JSON.stringify({ f: 'room/alex', o: 'message', p: 'x'.repeat(90) });
const SINGLES = 1000;
const NAMES: Readonly<Record<LinkKind, string>> = { stream: 'link: frames of a WebSocket over TLS', http1: 'requests, HTTP/1.1 keep-alive (undici)', http2: 'requests, HTTP/2' };

interface Pair extends AsyncDisposable {
  readonly kind: LinkKind;
  readonly from: Worker;
  readonly to: Worker;
}

interface Round {
  readonly perSecond: number;
  /** Of the receiver, for each message. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What a link between two neurons is best made of (ADR 0014). */
export async function links(context: MeasureContext): Promise<ResultTable> {
  const credentials = selfSigned();
  const rounds = new Map<LinkKind, Round[]>();
  const pairs: Pair[] = [];
  try {
    for (const kind of Object.keys(NAMES) as LinkKind[]) pairs.push(await startPair(kind, credentials));
    for (let n = 0; n <= context.rounds; n += 1) {
      context.progress(`links, round ${n} of ${context.rounds}`);
      for (const pair of pairs) {
        const seen = await round(pair, context.roundMs);
        // The first round warms up.
        if (n > 0) rounds.set(pair.kind, [...(rounds.get(pair.kind) ?? []), seen]);
      }
    }
  } finally {
    for (const pair of pairs) await pair[Symbol.asyncDispose]();
  }
  return tableOf(rounds);
}

async function startPair(kind: LinkKind, credentials: object): Promise<Pair> {
  const to = await startWorker('link-process.ts', { core: SERVER_CORE });
  const from = await startWorker('link-process.ts', { core: LOAD_CORE });
  const place = await to.ask<object>('listen', { kind, credentials });
  await from.ask('connect', { kind, credentials, ...place });
  return {
    kind,
    from,
    to,
    async [Symbol.asyncDispose]() {
      await from[Symbol.asyncDispose]();
      await to[Symbol.asyncDispose]();
    },
  };
}

async function round({ from, to, kind }: Pair, forMs: number): Promise<Round> {
  const before = await to.ask<number>('received');
  const cpuBefore = cpuSecondsOf(to.pid);
  const { messages, perSecond } = await from.ask<{ readonly messages: number; readonly perSecond: number }>('flood', { forMs, message: MESSAGE });
  const cpuMicros = ((cpuSecondsOf(to.pid) - cpuBefore) / messages) * 1e6;
  const arrived = (await to.ask<number>('received')) - before;
  if (arrived !== messages) throw new Error(`${kind}: ${arrived} of ${messages} messages arrived`);
  return { perSecond, cpuMicros, ...(await from.ask<{ readonly p50Ms: number; readonly p99Ms: number }>('singles', { count: SINGLES, message: MESSAGE })) };
}

function tableOf(rounds: ReadonlyMap<LinkKind, readonly Round[]>): ResultTable {
  const figures = (kind: LinkKind, figure: (one: Round) => number): number[] => (rounds.get(kind) ?? []).map(figure);
  const rows: ResultRow[] = [];
  for (const kind of ['http1', 'http2'] as const) {
    const row = (measure: string, figure: (one: Round) => number, digits: number): ResultRow => ({
      measure: `${NAMES[kind]}: ${measure}`,
      ours: spreadText(figures('stream', figure), digits),
      peer: spreadText(figures(kind, figure), digits),
      ratio: `${(medianOf(figures('stream', figure)) / medianOf(figures(kind, figure))).toFixed(2)} ×`,
    });
    const perSecond = row('messages per second, batched', (one) => one.perSecond, 0);
    rows.push(kind === 'http1' ? { ...perSecond, verdict: judge(medianOf(figures('stream', (one) => one.perSecond)), { atLeast: 100_000, unit: ' per second' }) } : perSecond);
    rows.push(row('CPU of the receiver per message, µs', (one) => one.cpuMicros, 2), row('one message at a time, p50, ms', (one) => one.p50Ms, 3), row('one message at a time, p99, ms', (one) => one.p99Ms, 3));
  }
  return {
    title: 'Links between neurons: what carries the messages',
    method: `Two processes, the receiver pinned to core 1, TLS 1.3 with both ends proved, messages of ${MESSAGE.length} characters. Batched: up to 5,000 without an answer at a time; the requests carry up to 1,000 each, one request at a time. One at a time: until the sender knows that it was taken. The stream is the link as it is, its queue and outcomes included; the requests are as little as would do.`,
    oursName: NAMES.stream,
    peerName: 'requests',
    rows,
  };
}

/** A certificate for `localhost`, made by openssl. */
function selfSigned(): { readonly key: string; readonly cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'xir-bench-'));
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  const made = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  rmSync(directory, { recursive: true });
  return made;
}
