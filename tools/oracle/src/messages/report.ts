import { undisturbedGhosts } from './checks.ts';
import type { Ghost } from './record.ts';
import type { MessagesOptions, MessagesResult } from './run-messages.ts';

/** Violations shown per check. */
const SHOWN = 10;

/** A run of messages as text: what happened, what was violated, and the command that runs it again. */
export function messagesReportOf(options: MessagesOptions, { record, violations }: MessagesResult): string {
  const { counts, faults, failures, ghosts, settledMs, followed, positions } = record;
  const kept = [...positions.values()].reduce((sum, told) => sum + told.size, 0);
  const lines = [
    `seed ${options.seed}, ${options.seconds} s, ${options.neurons} neurons, ${options.clients} clients, ${options.clientsPerRoom} in a room`,
    `${counts.sent} messages sent, ${counts.received} received, ${followed.size} of them followed, ${counts.acknowledged} acknowledged, ${counts.undelivered} undelivered, ${counts.refused} refused; ${kept} kept`,
    `${counts.sessions} connections; ${counts.recovered} times everything since a position handed over, ${counts.notRecovered} times not, ${counts.gaps} gaps told; ${counts.kicks} taken off; presence true after ${Math.round(settledMs)} ms of quiet`,
    `peers of killed neurons were last listed: ${times(ghosts)}; of those killed while nothing else was wrong: ${times(undisturbedGhosts(record))}`,
    `faults: ${list(faults)}`,
    `what faults explain: ${list(failures)}`,
  ];
  for (const [name, found] of violations) {
    lines.push(`${found.length === 0 ? 'ok      ' : 'VIOLATED'} ${name}${found.length === 0 ? '' : ` (${found.length})`}`, ...found.slice(0, SHOWN).map((violation) => `    ${violation}`));
  }
  const { seed, seconds, neurons, clients, clientsPerRoom, pauseMs, faultEveryMs, couchdbUrls = [] } = options;
  lines.push(`again: pnpm --filter @xir/oracle messages --seconds ${seconds} --seed ${seed} --neurons ${neurons} --clients ${clients} --clients-per-room ${clientsPerRoom} --pause-ms ${pauseMs} --fault-every-ms ${faultEveryMs}${' --couchdb-url …'.repeat(couchdbUrls.length)}`);
  return lines.join('\n');
}

function times(ghosts: readonly Ghost[]): string {
  const sorted = ghosts.map(({ listedForMs }) => Math.round(listedForMs)).sort((a, b) => a - b);
  return sorted.length === 0 ? 'none was watched' : `for ${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms at most, of ${sorted.length}`;
}

function list(map: ReadonlyMap<string, number>): string {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
