import { readFileSync } from 'node:fs';

/** Memory of a process. */
export interface ProcessMemory {
  /** What is in memory of it. */
  readonly residentBytes: number;
  /** The same, with what several processes map divided among them. */
  readonly proportionalBytes: number;
}

/** Reads the memory of a process. */
export function memoryOf(pid: number): ProcessMemory {
  return readRollup(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

/**
 * Reads the text of `/proc/<pid>/smaps_rollup`.
 *
 * Source: `proc(5)`; figures in units of 1,024 bytes.
 */
export function readRollup(text: string): ProcessMemory {
  const bytes = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024;
  return { residentBytes: bytes('Rss'), proportionalBytes: bytes('Pss') };
}

/** Flags with which Node collects all garbage when it is sent SIGUSR2. */
export const COLLECTING_FLAGS: readonly string[] = ['--expose-gc', '--import', 'data:text/javascript,process.on("SIGUSR2",()=>{gc();gc()})'];
