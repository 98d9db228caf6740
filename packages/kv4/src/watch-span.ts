import { generationOf, recordFromValue, type KeyAddress, type Kv4Record, type Retention, type StoredVersion } from '@xir/kv4-core';
import type { TableEntry } from './cache-table.ts';
import type { EntryBefore } from './cache.ts';
import { TAIL_NOT_KEPT } from './snapshot.ts';
import type { QueuedChange } from './watch-queue.ts';
import { isExpiryVersion, type ToldVersions } from './watch-told.ts';

/** The versions between what was told of a key and what stands now. */
export interface Span {
  /** Those that the entry's tail holds, oldest first. */
  readonly held: readonly StoredVersion[];
  /** There may be more in the key's series. */
  readonly gap: boolean;
  /** Exclusive: told before. Empty: not known, the told versions decide. */
  readonly after: string;
  /** The key was known not to be there. */
  readonly wasAbsent: boolean;
}

/** What decides a {@link Span}. */
export interface SpanOptions {
  readonly entry: TableEntry;
  readonly before: EntryBefore;
  /** The last version of the key that was told, where it is known. */
  readonly from: string | undefined;
  readonly told: ToldVersions;
  readonly expiredMs: number;
  readonly retention: Retention;
}

/** Finds what a watch with history is to be told before an entry's current version. Pure. */
export function spanBefore({ entry, before, from, told, expiredMs, retention }: SpanOptions): Span {
  const tail = keptTail(entry);
  const version = entry.version ?? '';
  const generation = entry.revision === undefined ? 0 : generationOf(entry.revision);
  // The first revision of a document holds whatever there is; a child of what stood holds everything since.
  const isFirst = generation === 1;
  const isChild = before.revision !== undefined && generation === generationOf(before.revision) + 1 && entry.tail !== TAIL_NOT_KEPT;
  const whole = retention === 'none' || ((isFirst || isChild) && entry.tail !== TAIL_NOT_KEPT);
  const wasAbsent = before.isKnown && before.version === undefined;
  if (from === undefined && !isFirst) {
    const versions = tail.map(([each]) => each);
    // Where there was no document, all that it holds now was made since, however slow the clocks of those who made it.
    const untold = wasAbsent ? versions.findLastIndex((each) => told.names(entry.id, each)) + 1 : told.firstUntold(entry.id, versions, expiredMs);
    return { held: tail.slice(untold), gap: !whole && untold === 0, after: '', wasAbsent };
  }
  const after = from ?? '';
  const held = tail.filter(([each]) => each > after && each < version && !(isExpiryVersion(each) && told.names(entry.id, each)));
  return { held, gap: !whole && !tail.some(([each]) => each <= after), after, wasAbsent };
}

/** An entry's tail, oldest first; empty where none is kept. */
export function keptTail(entry: TableEntry): readonly StoredVersion[] {
  return entry.tail === undefined || entry.tail === TAIL_NOT_KEPT ? [] : (JSON.parse(entry.tail) as StoredVersion[]).reverse();
}

/** An earlier version as a change. */
export function changeOfStored(
  stored: StoredVersion,
  at: { readonly id: string; readonly address: KeyAddress; readonly position: string; readonly previous?: Kv4Record | undefined },
): QueuedChange {
  const [version, author, value] = stored;
  const { id, address, position } = at;
  const previous = at.previous === undefined ? {} : { previous: at.previous };
  if (stored.length === 2) return { type: 'change', id, version, event: { type: 'delete', position, address, version, ...previous } };
  const record = recordFromValue(address, value ?? null, { version, author });
  return { type: 'change', id, version, event: { type: 'put', position, record, ...previous } };
}
