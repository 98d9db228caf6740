import { cpus, loadavg, release, totalmem } from 'node:os';

import type { ResultTable } from './measure.ts';
import type { Verdict } from './target.ts';

/** When a run was made, and of what. */
export interface RunFacts {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly versions: string;
  /** How long it took, in seconds. */
  readonly seconds: number;
}

const INTRODUCTION = `Written by \`npm run bench\`. Every figure stands beside a peer that does the least a program could do for the same result (a bare \`node:http\` server, a \`Map\`, the database's own PUT, a raw reader of \`_changes\`), or beside another project's server as Debian packages it (redis-server, etcd, NATS),
measured in the same run on the same machine, in alternating rounds: median, and the smallest and largest round in parentheses. Read the ratios. The absolute figures are those of one small machine on which load generators, servers and
databases share two cores; they say how much work is done for an answer, not how far away a network is.

For those who compare with other systems: a cached read here is answered by one single-threaded Node.js process over HTTP/1.1 with a login, without pipelining, so set "requests per CPU second" beside one core of theirs, and
the same protocol; \`peek\` and \`get\` are reads within the process, which a server across a socket has no counterpart for. A write is acknowledged when the database has it on disk, each one readable on every neuron and in its key's history.`;

/** The Markdown page of a run: machine, versions, date, what was aimed at, and a table for each measure. */
export function reportOf(tables: readonly ResultTable[], run: RunFacts): string {
  const load = loadavg().map((each) => each.toFixed(1)).join(', ');
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; load average ${load} at the end (about 2 is the run itself)`;
  const parts = [
    '# Benchmarks',
    '',
    INTRODUCTION,
    '',
    `Machine: ${machine}. Versions: ${run.versions}. Date: ${run.date}; the run took ${Math.round(run.seconds / 60)} minutes. Load generators and databases that stand alone are pinned to one core, what is measured per CPU second to the other.`,
    '',
    'To repeat it on a Linux machine that does nothing else: `npm run bench`, or `XIR_TEST_COUCHDB_URL=http://name:password@host:5984 npm run bench` to measure on that CouchDB as well (databases named `xir-bench-…` are made and deleted). How each measure works stands in [tools/bench](../tools/bench/README.md).',
    ...targetLines(tables),
  ];
  for (const table of tables) parts.push('', ...tableLines(table));
  return `${parts.join('\n')}\n`;
}

/** What was aimed at, reached or not. */
function targetLines(tables: readonly ResultTable[]): string[] {
  const lines: string[] = [];
  for (const { title, rows } of tables) {
    for (const { measure, ratio, ours, verdict } of rows) if (verdict !== undefined) lines.push(`| ${title}: ${measure} | ${ours}; ${ratio} | ${verdict.target} | ${outcomeOf(verdict)} |`);
  }
  return lines.length === 0 ? [] : ['', '## Targets', '', '| measure | figure | target | |', '|---|---|---|---|', ...lines];
}

function outcomeOf({ isReached, isMeasured }: Verdict): string {
  if (!isMeasured) return 'not measured';
  return isReached ? 'reached' : '**missed**';
}

function tableLines(table: ResultTable): string[] {
  return [
    `## ${table.title}`,
    '',
    table.method,
    '',
    `| measure | ${table.oursName} | ${table.peerName} | ratio or difference |`,
    '|---|---|---|---|',
    ...table.rows.map((row) => `| ${row.measure} | ${row.ours} | ${row.peer} | ${row.ratio} |`),
  ];
}
