import type { EntrySnapshot } from './entry-state.ts';
import { compareRevisions, generationOf } from './revision.ts';

/** How a snapshot stands to what is known. `unclear`: only the revision tree can tell. */
export type SnapshotOrder = 'same' | 'newer' | 'older' | 'unclear';

/**
 * Compares a snapshot with what is known by revision and version alone. A snapshot of a higher generation *and* a version that is not lower is newer, the
 * reverse is older, the same revision is the same; anything else is unclear: generations alone mislead after conflicts, versions alone after a restore. (Upkeep
 * rewrites a head without a new version.) Where no document is known, any document is newer.
 */
export function compareSnapshot(known: EntrySnapshot, snapshot: EntrySnapshot): SnapshotOrder {
  if (known.revision === snapshot.revision) return 'same';
  if (known.revision === undefined) return 'newer';
  if (snapshot.revision === undefined || known.version === undefined || snapshot.version === undefined) return 'unclear';
  const generations = generationOf(snapshot.revision) - generationOf(known.revision);
  if (generations > 0 && snapshot.version >= known.version) return 'newer';
  if (generations < 0 && snapshot.version <= known.version) return 'older';
  return 'unclear';
}

/** Whether an answer of this revision can be believed to include another revision that was announced: it is that one, or of a higher generation. */
export function accountsFor(revision: string | undefined, noted: string | undefined): boolean {
  if (noted === undefined || revision === noted) return true;
  return revision !== undefined && generationOf(revision) > generationOf(noted);
}

/** The one of two announced revisions that an answer has to account for. */
export function laterRevision(a: string | undefined, b: string): string {
  return a === undefined || compareRevisions(b, a) > 0 ? b : a;
}
