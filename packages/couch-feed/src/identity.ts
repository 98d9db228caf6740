import type { DatabaseInfo } from '@xir/couch-client';

/** Whether a database is the one it was. `first`: nothing is remembered to compare with. */
export type IdentityVerdict = 'first' | 'same' | 'recreated' | 'restored';

/** What a feed remembers of its database. Part of the checkpoint. */
export interface RememberedDatabase {
  readonly instanceStartTime: string;
  readonly purgeSeq: string;
  /** What the identity check remembers. JSON. */
  readonly identity?: unknown;
}

/** Outcome of an identity check. */
export interface IdentityResult {
  readonly verdict: IdentityVerdict;
  /** What to remember from now on. JSON. */
  readonly identity: unknown;
}

/** A further proof of a database's identity, beyond `instance_start_time`. */
export interface IdentityCheck {
  /** Looks at the database on every connection. Rejects with a `CouchError` when it cannot tell. */
  check(remembered: unknown, signal: AbortSignal): Promise<IdentityResult>;
  /** Renews what the check leaves in the database; answers what to remember. Called after a connection's check and every `refreshMs`. */
  refresh?(signal: AbortSignal): Promise<unknown>;
  /** Milliseconds between two calls of `refresh`. */
  readonly refreshMs?: number;
}

/** What a look at the database found. */
export interface DatabaseFindings {
  readonly verdict: IdentityVerdict;
  /** Whether documents were purged since. */
  readonly purged: boolean;
}

/**
 * Compares a database with what is remembered of it. `instance_start_time` is `"0"` on CouchDB before 3.3 and then says nothing. Both values are opaque. Pure.
 */
export function compareDatabase(remembered: RememberedDatabase | undefined, info: DatabaseInfo): DatabaseFindings {
  if (remembered === undefined) return { verdict: 'first', purged: false };
  const before = remembered.instanceStartTime;
  const now = info.instanceStartTime;
  const recreated = before !== '0' && now !== '0' && before !== now;
  return { verdict: recreated ? 'recreated' : 'same', purged: !recreated && remembered.purgeSeq !== info.purgeSeq };
}
