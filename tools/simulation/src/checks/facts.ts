import type { ClusterDatabase } from '../cluster/cluster-database.ts';
import type { WriteEvent } from '../world/history.ts';
import { KEYS, type SimulatedKey } from '../world/key-space.ts';
import type { Recorder } from '../world/recorder.ts';
import { seriesOf, type SeriesVersion, type Truth } from '../world/truth.ts';

/** How often the audit of a neuron's memory found that it differs from the database. */
export interface AuditResult {
  readonly neuron: string;
  readonly count: number;
}

/** What is known only when a schedule is over. */
export interface EndOfSchedule {
  readonly differences: readonly string[];
  readonly divergences: readonly AuditResult[];
}

const NOT_OVER: EndOfSchedule = { differences: [], divergences: [] };

/** What checks judge by. */
export interface Facts {
  readonly recorder: Recorder;
  readonly truth: Truth;
  readonly replicas: number;
  /** Final series of each key, oldest first. */
  readonly series: ReadonlyMap<string, readonly SeriesVersion[]>;
  /** The database was another one or went back: what was acknowledged before may be gone. */
  readonly upheaval: boolean;
  /** What memories lacked when everything was over. */
  readonly differences: readonly string[];
  /** What the audits of the memories found. */
  readonly divergences: readonly AuditResult[];
  /** Replicas may have decided differently: nothing is promised of the order of writers that did not know of each other. */
  readonly split: boolean;
}

const SPLITTING = ['replica-down', 'replica-lag'];

/** Gathers the facts of a schedule, at its end or before. */
export function factsOf({ recorder, truth, database }: { readonly recorder: Recorder; readonly truth: Truth; readonly database: ClusterDatabase | undefined }, end: EndOfSchedule = NOT_OVER): Facts {
  const series = new Map(database === undefined ? [] : KEYS.map((key) => [key.name, seriesOf(database, key)]));
  const replicas = database?.shape.replicas ?? 1;
  return { recorder, truth, replicas, series, ...end, upheaval: recorder.upheavals.length > 0, split: replicas > 1 && SPLITTING.some((kind) => recorder.faults.has(kind)) };
}

/** Keys of which everything is promised: never purged, never in a conflict that came from elsewhere. */
export function orderlyKeys({ recorder }: Facts): readonly SimulatedKey[] {
  const conflicted = recorder.faults.has('conflict') ? KEYS[1]?.name : undefined;
  const purged = recorder.faults.has('purge') || recorder.faults.has('purge-forgotten');
  return KEYS.filter(({ name, role }) => name !== conflicted && !(purged && role === 'purged'));
}

/** The version that stands at the end; `undefined`: nothing is there. */
export function stateAtEnd(facts: Facts, key: string): string | undefined {
  const last = facts.truth.moments.get(key)?.at(-1);
  return last === undefined || last.absent ? undefined : last.version;
}

/** Whether the database itself held a version of a key below one that it had held before. */
export function wentBackInTime(facts: Facts, key: string): boolean {
  let highest = '';
  for (const { version = highest } of facts.truth.moments.get(key) ?? []) {
    if (version < highest) return true;
    highest = version;
  }
  return false;
}

/** Whether a write that fewer replicas than the quorum took (202) met a higher version that these did not have: what loses a conflict from the beginning is no watch's. */
export function lostItsConflict(facts: Facts, { key, version, durable }: Pick<WriteEvent, 'key' | 'version' | 'durable'>): boolean {
  return facts.split && !durable && version !== undefined && !(facts.truth.moments.get(key) ?? []).some((moment) => moment.version === version);
}
