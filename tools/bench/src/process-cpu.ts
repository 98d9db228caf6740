import { readFileSync } from 'node:fs';

/** Clock ticks per second of `/proc`; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU seconds (user and system) that a process has spent so far, all its threads included.
 *
 * Source: `proc(5)`, fields 14 and 15 of `/proc/<pid>/stat`.
 */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
