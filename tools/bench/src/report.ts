import { cpus, loadavg, release, totalmem } from 'node:os';

import type { ResultTable } from './measure.ts';

/** When a run was made, and of what. */
export interface RunFacts {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly versions: string;
}

/** The Markdown page of a run: machine, versions, date and a table for each measure. */
export function reportOf(tables: readonly ResultTable[], run: RunFacts): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; load average ${loadavg()
    .map((load) => load.toFixed(1))
    .join(', ')} at the end`;
  const parts = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`. Each figure stands beside its peer, measured in the same run, in alternating rounds (median, and the smallest and largest round in parentheses). Clients, servers and databases share the machine, so times say how much work is done, not how far away a network is.',
    '',
    `Machine: ${machine}. Versions: ${run.versions}. Date: ${run.date}. The load generator is pinned to one core, servers that are measured per CPU second to another.`,
  ];
  for (const table of tables) parts.push('', ...tableLines(table));
  return `${parts.join('\n')}\n`;
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
