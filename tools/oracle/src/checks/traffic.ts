import type { RunRecord } from '../history.ts';
import type { Check } from './check.ts';

/** How much must have happened for a run to say anything. */
export interface TrafficFloor {
  readonly acknowledgedWrites: number;
  readonly reads: number;
  readonly watchEvents: number;
  /** Faults of all names. */
  readonly faults: number;
}

/** A floor that a run of so many seconds always reaches, also on a machine that is busy. Where the database is made anew halfway, only what follows is counted, and that is the only fault. */
export function trafficFloor(seconds: number, scenario: 'faults' | 'recreate' = 'faults'): TrafficFloor {
  if (scenario === 'recreate') return { ...trafficFloor(seconds / 3), faults: 1 };
  return { acknowledgedWrites: 3 * seconds, reads: 4 * seconds, watchEvents: 3 * seconds, faults: Math.floor(seconds / 8) };
}

/** Too little traffic proves nothing, and does not pass. */
export function enoughTraffic(floor: TrafficFloor): Check {
  return {
    name: 'enough-traffic',
    promise: 'the run had traffic and faults enough to prove something',
    violations(record) {
      const counts = trafficOf(record);
      return (Object.keys(floor) as (keyof TrafficFloor)[]).filter((name) => counts[name] < floor[name]).map((name) => `${name}: ${counts[name]}, at least ${floor[name]} are needed`);
    },
  };
}

/** What happened, in numbers. */
export function trafficOf({ writes, reads, watches, faults }: RunRecord): TrafficFloor {
  return {
    acknowledgedWrites: writes.filter(({ outcome }) => outcome === 'acknowledged').length,
    reads: reads.length,
    watchEvents: watches.reduce((sum, { events }) => sum + events.length, 0),
    faults: [...faults.values()].reduce((sum, count) => sum + count, 0),
  };
}
