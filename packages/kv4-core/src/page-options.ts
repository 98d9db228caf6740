import { decodeCursor } from './cursor.ts';
import { Kv4Error } from './errors.ts';
import { inRange, type IdRange } from './id-range.ts';
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, type PageOptions, type ReadOptions, type TreeOptions } from './store.ts';

/** Page options in the form in which a listing uses them. */
export interface CheckedPage {
  /** Items on the page. */
  readonly limit: number;
  /** Go on behind this id; absent: from the start. */
  readonly afterId?: string;
}

function refuse(reason: string): never {
  throw new Kv4Error('KV4_BAD_OPTION', reason);
}

/** Checks how current an answer has to be. Throws `KV4_BAD_OPTION`. */
export function checkReadOptions(options: ReadOptions): void {
  const { fresh, maxAgeMs } = options;
  if (fresh !== undefined && typeof fresh !== 'boolean') refuse('fresh must be true or false');
  if (maxAgeMs !== undefined && !(typeof maxAgeMs === 'number' && maxAgeMs >= 0)) refuse('maxAgeMs must be a number of milliseconds from 0');
}

/**
 * Checks the options of a page and decodes its cursor. With `range`, the cursor must lie in it, so that a cursor of one listing does not
 * lead out of another. Throws `KV4_BAD_OPTION`.
 */
export function checkPageOptions(options: PageOptions = {}, range?: IdRange): CheckedPage {
  checkReadOptions(options);
  const limit = options.limit ?? DEFAULT_PAGE_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_LIMIT) refuse(`limit must be a whole number from 1 to ${MAX_PAGE_LIMIT}`);
  if (options.after === undefined) return { limit };
  const afterId = decodeCursor(options.after);
  if (range !== undefined && !inRange(afterId, range)) refuse('after is a cursor of another listing');
  return { limit, afterId };
}

/** The depth of a subtree listing: `Infinity` when none is asked for. Throws `KV4_BAD_OPTION`. */
export function checkDepth(options: Pick<TreeOptions, 'depth'>): number {
  const { depth } = options;
  if (depth === undefined) return Number.POSITIVE_INFINITY;
  if (!Number.isInteger(depth) || depth < 0) refuse('depth must be a whole number from 0');
  return depth;
}
