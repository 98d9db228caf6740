import type { Incident, Outage, ReadEvent, WriteEvent } from './history.ts';

/** Collects what happens during a run. */
export class Recorder {
  readonly writes: WriteEvent[] = [];
  readonly reads: ReadEvent[] = [];
  readonly outages: Outage[] = [];
  readonly incidents: Incident[] = [];
  readonly faults = new Map<string, number>();
  /** Requests that were answered with an error that faults explain, by error string. */
  readonly failures = new Map<string, number>();

  /** Milliseconds of the clock that all histories share. */
  now(): number {
    return performance.now();
  }

  /** Drops all reads and writes recorded so far: the database they were about is no more. */
  forget(): void {
    this.writes.length = 0;
    this.reads.length = 0;
  }

  fault(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }

  failure(name: string): void {
    this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
  }

  incident(what: string): void {
    this.incidents.push({ atMs: this.now(), what });
  }
}
