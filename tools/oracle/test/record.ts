import type { ReadEvent, RunRecord, Seen, StoredKey, StoredVersion, WatchedEvent, WriteEvent } from '../src/history.ts';

/** A key of the test with the role `plain`. */
export const KEY = '*data /o/a k0';

/** A record in which nothing happened, with changes. */
export function recordWith(changes: Partial<RunRecord>): RunRecord {
  return { writes: [], reads: [], watches: [], outages: [], incidents: [], database: new Map(), neurons: [], divergences: new Map(), databaseNodes: 1, faults: new Map(), ...changes };
}

/** An acknowledged write from second `at` to the next, making version `v`. */
export function write(at: number, version: string, changes: Partial<WriteEvent> = {}): WriteEvent {
  return { type: 'write', kind: 'put', neuron: 'n0#1', client: 'c0', startMs: at, endMs: at + 1, key: KEY, outcome: 'acknowledged', marker: `m-${version}`, version, ...changes };
}

/** What a read says that finds a version. */
export function present(version: string): Seen {
  return { absent: false, version, marker: `m-${version}` };
}

/** A read of the key at a time. */
export function read(at: number, seen: Seen, changes: Partial<ReadEvent> = {}): ReadEvent {
  return { type: 'read', kind: 'get', neuron: 'n0#1', client: 'c0', startMs: at, endMs: at + 1, fresh: false, seen: new Map([[KEY, seen]]), ...changes };
}

/** The database with one key, whose series this is; `-` before a version marks a deletion. */
export function stored(...versions: string[]): ReadonlyMap<string, StoredKey> {
  const series = versions.map((version): StoredVersion => (version.startsWith('-') ? { version: version.slice(1), deleted: true } : { version, deleted: false, marker: `m-${version}` }));
  const last = series.at(-1);
  return new Map([[KEY, { leaves: 1, series, current: last === undefined || last.deleted ? { absent: true } : present(last.version) }]]);
}

/** The same, where the key's document has had two leaves. */
export function inConflict(...versions: string[]): ReadonlyMap<string, StoredKey> {
  return new Map([...stored(...versions)].map(([name, key]) => [name, { ...key, leaves: 2 }]));
}

/** An event of a watch of the key. */
export function told(type: WatchedEvent['type'], version?: string, atMs = 0): WatchedEvent {
  const about = type === 'put' || type === 'delete' ? { key: KEY } : {};
  return { type, atMs, neuron: 'n0#1', ...about, ...(version === undefined ? {} : { version }) };
}
