import type { Violation } from '../world/history.ts';
import type { SimulatedKey } from '../world/key-space.ts';
import type { FaultKind } from '../world/profile.ts';
import type { Moment } from '../world/truth.ts';
import { orderlyKeys, type Facts } from './facts.ts';

interface Told {
  readonly startOrder: number;
  readonly endOrder: number;
  readonly version: string | undefined;
  readonly judged: boolean;
  readonly label: string;
}

/** Everything that one neuron told of one key: reads, and acknowledgements of writes. */
function toldOf(facts: Facts, neuron: string, key: string): Told[] {
  const reads = facts.recorder.reads.filter((read) => read.neuron === neuron && read.key === key).map((read): Told => ({ ...read, judged: true, label: `${read.fresh ? 'fresh ' : ''}${read.kind} at ${read.endMs.toFixed(1)}` }));
  const writes = facts.recorder.writes.filter((write) => write.neuron === neuron && write.key === key && write.version !== undefined).map((write): Told => ({ ...write, judged: false, label: `${write.kind} at ${write.endMs.toFixed(1)}` }));
  return [...reads, ...writes];
}

/** The lowest deletion at or above a version, which is what "nothing there" stands for at least. */
function deletionAbove(facts: Facts, key: string, floor: string): string | undefined {
  let lowest: string | undefined;
  for (const [version, marker] of facts.truth.versions.get(key) ?? []) if (marker === null && version >= floor && (lowest === undefined || version < lowest)) lowest = version;
  return lowest;
}

/** What one neuron tells of a key never goes back: not behind an earlier read, nor behind a write that this neuron acknowledged. */
export function monotonicReads(facts: Facts): Violation[] {
  if (facts.upheaval) return [];
  const neurons = new Set([...facts.recorder.reads, ...facts.recorder.writes].map(({ neuron }) => neuron));
  return orderlyKeys(facts).flatMap((key) => [...neurons].flatMap((neuron) => goingBack(facts, key, toldOf(facts, neuron, key.name)).map((what) => ({ check: 'monotonic-reads', what: `${key.name} on ${neuron}: ${what}` }))));
}

function goingBack(facts: Facts, key: SimulatedKey, told: readonly Told[]): string[] {
  const found: string[] = [];
  const byEnd = told.toSorted((a, b) => a.endOrder - b.endOrder);
  for (const each of told) {
    if (!each.judged) continue;
    let floor = '';
    let label = '';
    for (const before of byEnd) {
      if (before.endOrder > each.startOrder) break;
      const state = before.version ?? (key.role === 'expiring' || floor === '' ? undefined : deletionAbove(facts, key.name, floor));
      if (state !== undefined && state > floor) [floor, label] = [state, before.label];
    }
    if (floor === '') continue;
    if (each.version !== undefined && each.version < floor) found.push(`${each.label} saw ${each.version}, after ${floor} of ${label}`);
    if (each.version === undefined && key.role !== 'expiring' && deletionAbove(facts, key.name, floor) === undefined) found.push(`${each.label} saw nothing, after ${floor} of ${label}, and it was never deleted since`);
  }
  return found;
}

/** Every value that was read was written to that key, as that version. */
export function readsWereWritten({ recorder, truth }: Facts): Violation[] {
  return recorder.reads.flatMap(({ key, version, marker, neuron, kind }) => {
    if (version === undefined) return [];
    const written = truth.versions.get(key)?.get(version);
    return written === marker ? [] : [{ check: 'reads-were-written', what: `${key}: ${kind} on ${neuron} saw ${version} with ${marker ?? 'no marker'}; ${written === undefined ? 'nobody wrote it' : `it holds ${written ?? 'a deletion'}`}` }];
  });
}

/** Index of the state that stood at a time. */
function standingAt(moments: readonly Moment[], atMs: number): number {
  let index = -1;
  while (index + 1 < moments.length && (moments[index + 1] as Moment).atMs <= atMs) index += 1;
  return index;
}

/** Whether what was served was true at some moment from `fromMs` to `toMs`. */
function wasTrue(moments: readonly Moment[], version: string | undefined, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): boolean {
  const first = standingAt(moments, fromMs);
  const last = standingAt(moments, toMs);
  if (first < 0 && version === undefined) return true;
  for (let index = Math.max(0, first); index <= last; index += 1) {
    const moment = moments[index] as Moment;
    if (version === undefined ? moment.absent : !moment.absent && moment.version === version) return true;
  }
  return false;
}

/**
 * Faults under which no reader can tell how old its bytes are: heartbeats without rows, as a server that stands still sends them, and bytes that are under way for long,
 * since they do not say when they were sent.
 */
const DECEIVING: readonly FaultKind[] = ['rows-stalled', 'feed-held', 'buffering-proxy', 'jitter', 'slow'];

/** Milliseconds that bytes may be under way. */
const FLIGHT_MS = 60;

/** An age is never smaller than the time since what was served was true. Judged where one replica holds the truth. */
export function ageTrue(facts: Facts): Violation[] {
  if (facts.replicas > 1 || facts.upheaval || DECEIVING.some((kind) => facts.recorder.faults.has(kind))) return [];
  const keys = new Set(orderlyKeys(facts).filter(({ role }) => role === 'plain').map(({ name }) => name));
  return facts.recorder.ages.flatMap(({ key, neuron, atMs, ageMs, version, exempt }) => {
    if (exempt || !keys.has(key)) return [];
    const moments = facts.truth.moments.get(key) ?? [];
    return wasTrue(moments, version, { fromMs: atMs - ageMs - FLIGHT_MS, toMs: atMs }) ? [] : [{ check: 'age-true', what: `${key} on ${neuron} at ${atMs.toFixed(1)}: ${version ?? 'nothing'} with an age of ${ageMs.toFixed(1)} ms was not true then` }];
  });
}

/** A fresh read holds what was committed when it was asked for. Judged where one replica holds the truth. */
export function freshReadsCurrent(facts: Facts): Violation[] {
  if (facts.replicas > 1 || facts.upheaval) return [];
  const keys = new Set(orderlyKeys(facts).filter(({ role }) => role === 'plain').map(({ name }) => name));
  return facts.recorder.reads.flatMap(({ key, fresh, neuron, startMs, endMs, version, kind }) => {
    if (!fresh || !keys.has(key)) return [];
    const moments = facts.truth.moments.get(key) ?? [];
    return wasTrue(moments, version, { fromMs: startMs, toMs: endMs }) ? [] : [{ check: 'fresh-reads-current', what: `${key}: fresh ${kind} on ${neuron} from ${startMs.toFixed(1)} to ${endMs.toFixed(1)} saw ${version ?? 'nothing'}, which was not true then` }];
  });
}
