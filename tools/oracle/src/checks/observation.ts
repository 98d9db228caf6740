import type { RunRecord, Seen, StoredVersion } from '../history.ts';

/** Something that somebody was told of a key: by a read, or by the acknowledgement of a write. */
export interface Observation {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly neuron: string;
  readonly seen: Seen | { readonly absent: false; readonly version: string };
  /** Whether it must hold everything that came before; the others only set the bar for later ones. */
  readonly judged: boolean;
  readonly label: string;
}

/** Observations of reads and acknowledged writes, as `choose` says which are judged. */
export function observationsOf({ reads, writes }: RunRecord, choose: (read: RunRecord['reads'][number]) => boolean): Observation[] {
  const told: Observation[] = [];
  for (const read of reads) {
    const judged = choose(read);
    for (const [key, seen] of read.seen) told.push({ key, startMs: read.startMs, endMs: read.endMs, neuron: read.neuron, seen, judged, label: `${read.fresh ? 'fresh ' : ''}${read.kind} of ${read.client}` });
  }
  for (const { key, startMs, endMs, neuron, version, kind, client } of writes) {
    if (version !== undefined) told.push({ key, startMs, endMs, neuron, seen: { absent: false, version }, judged: false, label: `${kind} of ${client}` });
  }
  return told;
}

/**
 * Finds observations of one key that began after a later state had been told. What "nothing there" means is read
 * from the key's series: a deletion at or above what was known; where the series has none, that is a violation too.
 */
export function goingBack(observations: readonly Observation[], series: readonly StoredVersion[], mayExpire: boolean): string[] {
  const found: string[] = [];
  let floor = '';
  let floorLabel = 'nothing';
  const bars = new Map<Observation, { floor: string; label: string }>();
  for (const { at, observation, begins } of momentsOf(observations)) {
    if (begins) {
      bars.set(observation, { floor, label: floorLabel });
      continue;
    }
    const bar = bars.get(observation) ?? { floor: '', label: 'nothing' };
    const { seen, judged, key, neuron, label } = observation;
    const state = seen.absent ? absenceAfter(bar.floor, series) : seen.version;
    const who = `${key}: ${label} on ${neuron} at ${Math.round(at)} ms`;
    // What an old "nothing there" was about cannot be known; it sets no bar.
    if (seen.absent && (mayExpire || !judged || bar.floor === '')) continue;
    if (judged && state === undefined) found.push(`${who} saw nothing, after ${bar.label}, and the key was never deleted since`);
    else if (judged && state !== undefined && state < bar.floor) found.push(`${who} saw ${state}, after ${bar.label}`);
    if (state !== undefined && state > floor) {
      floor = state;
      floorLabel = `${seen.absent ? 'nothing at' : ''} ${state} was told by ${label} on ${neuron} at ${Math.round(at)} ms`.trim();
    }
  }
  return found;
}

function momentsOf(observations: readonly Observation[]) {
  return observations
    .flatMap((observation) => [
      { at: observation.startMs, observation, begins: true },
      { at: observation.endMs, observation, begins: false },
    ])
    .sort((a, b) => a.at - b.at || Number(b.begins) - Number(a.begins));
}

/** The lowest deletion at or above a version. */
function absenceAfter(floor: string, series: readonly StoredVersion[]): string | undefined {
  return series.find(({ version, deleted }) => deleted && version >= floor)?.version;
}

/** Groups items by a text. */
export function groupBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
