import type { WatchEvent } from '@xir/kv4-core';

/** An acknowledged version of a key. */
export interface Written {
  readonly key: string;
  readonly version: string;
}

/** What there is to compare a watch with. */
export interface Truth {
  /** The version of each key that is there in the end. */
  readonly standing: ReadonlyMap<string, string>;
  /** What a watch with history has to tell, if it was made behind the end of the initial values. */
  readonly written: readonly Written[];
}

/** The key whose documents are purged; the order of its versions is not promised. */
export const PURGED_KEY = 'purged';

type Change = Extract<WatchEvent, { type: 'put' | 'delete' }>;

const keyOf = (event: Change): string => (event.type === 'put' ? event.record.address.key : event.address.key);
const versionOf = (event: Change): string | undefined => (event.type === 'put' ? event.record.version : event.version);
const isChange = (event: WatchEvent): event is Change => event.type === 'put' || event.type === 'delete';

/**
 * What of a watch's promises its events break, over all its resumptions, in words. Pure. Ordered and unique: versions of a key grow, save that a write which was made in time
 * may follow the expiry it came too late for. Reliable: the last event of a key is its final state. Complete: every version is told.
 */
export function watchFaults(events: readonly WatchEvent[], { standing, written }: Truth): string[] {
  const resets = events.filter(({ type }) => type === 'reset').map((event) => `a reset (${event.type === 'reset' ? event.reason : ''}), though the database is the same`);
  return [...resets, ...outOfOrder(events), ...unfinished(events, standing), ...missing(events, written)];
}

function outOfOrder(events: readonly WatchEvent[]): string[] {
  const faults: string[] = [];
  const last = new Map<string, { readonly version: string; readonly before: string }>();
  for (const event of events) {
    if (!isChange(event)) continue;
    const version = versionOf(event);
    // A purge takes versions away and leaves older ones in the series: nobody can tell which were told.
    if (version === undefined || keyOf(event) === PURGED_KEY) continue;
    const known = last.get(keyOf(event)) ?? { version: '', before: '' };
    const isLate = known.version.endsWith('-expiry') && event.type === 'put' && version > known.before;
    if (version <= known.version && !isLate) faults.push(`${event.type} ${version} of ${keyOf(event)} came behind ${known.version}`);
    last.set(keyOf(event), { version, before: version.endsWith('-expiry') ? known.version : version });
  }
  return faults;
}

function unfinished(events: readonly WatchEvent[], standing: ReadonlyMap<string, string>): string[] {
  const last = new Map<string, Change>();
  for (const event of events) if (isChange(event)) last.set(keyOf(event), event);
  const faults: string[] = [];
  for (const key of new Set([...last.keys(), ...standing.keys()])) {
    const told = last.get(key);
    const final = standing.get(key);
    const version = told?.type === 'put' ? told.record.version : undefined;
    if (version !== final) faults.push(`the last told of ${key} is ${told?.type ?? 'nothing'} ${version ?? ''}, it stands at ${final ?? 'nothing'}`);
  }
  return faults;
}

function missing(events: readonly WatchEvent[], written: readonly Written[]): string[] {
  const begin = events.findIndex(({ type }) => type === 'end-of-initial');
  if (begin < 0) return [];
  const told = new Set(events.flatMap((event) => (isChange(event) ? [`${keyOf(event)} ${versionOf(event)}`] : [])));
  // The initial values say from where on each key is told.
  const initial = new Map<string, string>();
  for (const event of events.slice(0, begin)) if (isChange(event)) initial.set(keyOf(event), versionOf(event) ?? '');
  return written
    .filter(({ key, version }) => version > (initial.get(key) ?? '') && !told.has(`${key} ${version}`))
    .map(({ key, version }) => `${version} of ${key} was not told`);
}
