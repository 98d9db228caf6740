import type { ClusterDatabase } from '../cluster/cluster-database.ts';
import type { RevisionNode } from '../cluster/revision-node.ts';
import { keyOfId, type SimulatedKey } from './key-space.ts';

/** What a reader should be given of a key: a version with its marker, or nothing. */
export interface KeyState {
  /** Version of the value, or of the deletion; absent where there never was anything. */
  readonly version: string | undefined;
  readonly absent: boolean;
  readonly expiresAtMs: number | undefined;
}

/** A state and the monotonic time at which it began. */
export interface Moment extends KeyState {
  readonly atMs: number;
  /** Of which life of the database. */
  readonly life: number;
}

interface StoredHead {
  readonly ver?: string;
  readonly v?: unknown;
  readonly gone?: boolean;
  readonly x?: number;
  readonly tail?: readonly (readonly [string, string, unknown?])[];
}

const NOTHING: KeyState = { version: undefined, absent: true, expiresAtMs: undefined };
const parsedFields = new WeakMap<RevisionNode, StoredHead>();

function headOf(node: RevisionNode): StoredHead {
  let head = parsedFields.get(node);
  if (head === undefined) {
    head = JSON.parse(`{${node.fields ?? ''}}`) as StoredHead;
    parsedFields.set(node, head);
  }
  return head;
}

/** What the leaves of a head come to: the highest version of any of them, as `docs/design.md` says of conflicts. Pure. */
export function stateOfLeaves(leaves: readonly RevisionNode[]): KeyState {
  let best: StoredHead | undefined;
  let bestIsDeleted = false;
  for (const leaf of leaves) {
    const head = headOf(leaf);
    if (head.ver === undefined || (best?.ver !== undefined && head.ver <= best.ver)) continue;
    best = head;
    bestIsDeleted = leaf.deleted;
  }
  const [winner] = leaves;
  if (winner === undefined || best === undefined) return NOTHING;
  const absent = winner.deleted || bestIsDeleted || best.gone === true;
  return { version: best.ver, absent, expiresAtMs: absent ? undefined : best.x };
}

/** The text by which a value is known again. */
export function markerOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { m } = value as { m?: unknown };
  return typeof m === 'string' ? m : undefined;
}

/** Knows everything that was ever stored, and when. */
export class Truth {
  /** By key: its states in order; exact where there is one replica only. */
  readonly moments = new Map<string, Moment[]>();
  /** By key and version: the marker of the value, `null` for deletions. */
  readonly versions = new Map<string, Map<string, string | null>>();
  life = 0;

  /** Notes what was stored. */
  stored(database: ClusterDatabase, id: string, node: RevisionNode, atMs: number): void {
    const key = keyOfId(id);
    if (key === undefined) return;
    const head = headOf(node);
    if (head.ver !== undefined) this.#note(key, head);
    this.observe(database, key, atMs);
  }

  /** Notes the state that a key has now. */
  observe(database: ClusterDatabase, key: SimulatedKey, atMs: number): void {
    const state = stateOfLeaves(database.truth(key.id));
    const moments = this.moments.get(key.name) ?? [];
    const last = moments.at(-1);
    if (last !== undefined && last.version === state.version && last.absent === state.absent && last.life === this.life) return;
    moments.push({ ...state, atMs, life: this.life });
    this.moments.set(key.name, moments);
  }

  #note(key: SimulatedKey, head: StoredHead): void {
    const versions = this.versions.get(key.name) ?? new Map<string, string | null>();
    this.versions.set(key.name, versions);
    versions.set(head.ver as string, head.gone === true ? null : (markerOf(head.v) ?? ''));
  }
}

/** A version as it stands in a key's history. */
export interface SeriesVersion {
  readonly version: string;
  /** `null`: a deletion. */
  readonly marker: string | null;
}

/** Every version that the database holds of a key, oldest first: heads, tails, segments, of all leaves. */
export function seriesOf(database: ClusterDatabase, key: SimulatedKey): SeriesVersion[] {
  const versions = [...versionsOf(database, key.id)].map(([version, value]) => ({ version, marker: value === undefined ? null : (markerOf(value) ?? '') }));
  return versions.sort((a, b) => (a.version < b.version ? -1 : 1));
}

/** The versions of a key that the database holds, in no order, with their values; `undefined`: a deletion. `id` is that of its head. */
export function versionsOf(database: ClusterDatabase, id: string): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const leaf of database.truth(id)) {
    const { ver, v, gone, tail } = headOf(leaf);
    if (ver !== undefined) found.set(ver, gone === true ? undefined : v);
    for (const [version, , value] of tail ?? []) found.set(version, value);
  }
  const prefix = `s${id.slice(1)}!`;
  for (const each of database.ids()) {
    if (!each.startsWith(prefix)) continue;
    for (const leaf of database.truth(each)) {
      if (leaf.deleted) continue;
      const { versions } = headOf(leaf) as { versions?: readonly (readonly [string, string, unknown?])[] };
      for (const [version, , value] of versions ?? []) found.set(version, value);
    }
  }
  return found;
}
