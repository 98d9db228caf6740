import { trafficOf } from './checks/traffic.ts';
import type { RunOptions, RunResult } from './run.ts';

/** Violations shown per check. */
const SHOWN = 10;

/** A run as text: what happened, what was violated, and the command that runs it again. */
export function reportOf(options: RunOptions, { record, failures, violations, settledMs }: RunResult): string {
  const traffic = trafficOf(record);
  const notDurable = record.writes.filter(({ durable }) => durable === false).length;
  const unknown = record.writes.filter(({ outcome }) => outcome === 'unknown').length;
  const lines = [
    `seed ${options.seed}, ${options.seconds} s, scenario ${options.scenario}, ${options.neurons} neurons, ${options.clients} clients`,
    `writes: ${record.writes.length}, acknowledged: ${traffic.acknowledgedWrites}, not durable: ${notDurable}, outcome unknown: ${unknown}; reads: ${traffic.reads}; watch events: ${traffic.watchEvents}; equal after ${Math.round(settledMs)} ms of quiet`,
    `faults: ${counts(record.faults)}`,
    `answers that faults explain: ${counts(failures)}`,
  ];
  for (const [name, found] of violations) {
    lines.push(`${found.length === 0 ? 'ok      ' : 'VIOLATED'} ${name}${found.length === 0 ? '' : ` (${found.length})`}`);
    for (const violation of found.slice(0, SHOWN)) lines.push(`    ${violation}`);
  }
  lines.push(`again: ${commandOf(options)}`);
  return lines.join('\n');
}

/** Whether nothing was violated. */
export function passed({ violations }: RunResult): boolean {
  return [...violations.values()].every((found) => found.length === 0);
}

/** The command that runs the same again; a URL is not repeated since it may hold a password. */
export function commandOf({ seed, seconds, scenario, neurons, clients, faultEveryMs, couchdbUrls = [] }: RunOptions): string {
  const flags = `--seconds ${seconds} --seed ${seed} --scenario ${scenario} --neurons ${neurons} --clients ${clients} --fault-every-ms ${faultEveryMs}`;
  return `pnpm --filter @xir/oracle oracle ${flags}${' --couchdb-url …'.repeat(couchdbUrls.length)}`;
}

function counts(map: ReadonlyMap<string, number>): string {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
