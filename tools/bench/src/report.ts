import { cpus, release, totalmem } from 'node:os';

import type { ResultTable } from './measure.ts';

/** The Markdown page of a run: machine, versions, date and a table for each measure. */
export function reportOf(tables: readonly ResultTable[], date: string): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
  const parts = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`. Each figure stands beside its peer, measured in the same run, in alternating rounds (median, and the smallest and largest round in parentheses). Clients, servers and databases share the machine, so times say how much work is done, not how far away a network is.',
    '',
    `Machine: ${machine}. Date: ${date}.`,
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
