import { storedVersionOfHead } from './document-record.ts';
import type { HeadDocument, StoredVersion } from './head.ts';
import { retainVersions, type Retention } from './retention.ts';

/** How large a tail may grow, in versions and in characters of JSON. */
export interface TailLimits {
  readonly versions: number;
  readonly characters: number;
}

/** Past this a tail is spilled in the background: 16 versions or 16 Ki characters. */
export const DEFAULT_SPILL_LIMITS: TailLimits = Object.freeze({ versions: 16, characters: 16_384 });
/** At this a write spills the tail before it goes on: 64 versions or 256 Ki characters. */
export const DEFAULT_HARD_LIMITS: TailLimits = Object.freeze({ versions: 64, characters: 262_144 });
/** What a spill leaves in the tail: 4 versions or 4 Ki characters. */
export const DEFAULT_KEEP_LIMITS: TailLimits = Object.freeze({ versions: 4, characters: 4_096 });
/** What one segment may hold: 256 versions or 1 Mi characters; a single larger version still gets a segment of its own. */
export const DEFAULT_SEGMENT_LIMITS: TailLimits = Object.freeze({ versions: 256, characters: 1_048_576 });

/** Whether a tail has reached a limit: as many versions, or as many characters. */
export function tailReaches(tail: readonly StoredVersion[] | undefined, limits: TailLimits): boolean {
  if (tail === undefined || tail.length === 0) return false;
  if (tail.length >= limits.versions) return true;
  let characters = 0;
  for (const version of tail) {
    characters += charactersOf(version);
    if (characters >= limits.characters) return true;
  }
  return false;
}

/** Tails share their entries from one fold to the next, so each is measured once. */
const measured = new WeakMap<StoredVersion, number>();

function charactersOf(version: StoredVersion): number {
  let characters = measured.get(version);
  if (characters === undefined) {
    characters = JSON.stringify(version).length;
    measured.set(version, characters);
  }
  return characters;
}

/** What of a tail is kept behind a version that has just become the current one. */
export function retainTail(state: {
  /** Newest first. */
  readonly tail: readonly StoredVersion[];
  /** The version that stands in front of the tail. */
  readonly current: string;
  readonly retention: Retention;
  readonly nowMs: number;
}): readonly StoredVersion[] {
  const front: StoredVersion = [state.current, ''];
  return retainVersions([front, ...state.tail], state.retention, state.nowMs).slice(1);
}

/**
 * The versions that the next segment takes out of a head, oldest first: the older part of its tail, at most a segment full. Of a deleted head it is the
 * whole tail and the deletion itself, so that the head can go. Empty when there is nothing to move.
 */
export function versionsToSpill(head: HeadDocument, keep: TailLimits, segment: TailLimits): readonly StoredVersion[] {
  const tail = head.tail ?? [];
  const movable = head.gone === true ? [storedVersionOfHead(head), ...tail] : tail.slice(prefixWithin(tail, keep));
  const oldestFirst = movable.toReversed();
  return oldestFirst.slice(0, Math.max(1, prefixWithin(oldestFirst, segment)));
}

/** How many of the first versions fit within the limits together. */
function prefixWithin(versions: readonly StoredVersion[], limits: TailLimits): number {
  let characters = 0;
  let count = 0;
  for (const version of versions) {
    characters += charactersOf(version);
    if (count >= limits.versions || characters > limits.characters) break;
    count += 1;
  }
  return count;
}
