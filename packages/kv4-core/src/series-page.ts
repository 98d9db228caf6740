import type { KeyAddress } from './address.ts';
import type { Kv4Version, Page } from './record.ts';
import type { Kv4Store, SeriesOptions } from './store.ts';
import { versionTimeMs } from './version.ts';

/** Which page of a series is wanted. */
export interface SeriesPageOptions extends Pick<SeriesOptions, 'fromMs' | 'toMs' | 'ascending' | 'signal'> {
  /** Versions on the page, at most. */
  readonly limit: number;
  /** The version that the page before ended with: its {@link Page.next}. */
  readonly after?: string | undefined;
}

/** One page of a key's series; `next` is the version that it ends with, where there are more. */
export async function readSeriesPage(store: Pick<Kv4Store, 'series'>, address: KeyAddress, { limit, after, ascending = false, ...span }: SeriesPageOptions): Promise<Page<Kv4Version>> {
  const items: Kv4Version[] = [];
  // One more says whether there are more; behind a version, others of its millisecond may have to be passed over.
  const bound = after === undefined ? { limit: limit + 1 } : {};
  for await (const version of store.series(address, { ...spanBehind(span, after, ascending), ascending, ...bound })) {
    if (after !== undefined && (ascending ? version.version <= after : version.version >= after)) continue;
    if (items.length === limit) return { items, next: (items.at(-1) as Kv4Version).version };
    items.push(version);
  }
  return { items };
}

function spanBehind({ fromMs = 0, toMs = Infinity, ...others }: Pick<SeriesOptions, 'fromMs' | 'toMs' | 'signal'>, after: string | undefined, ascending: boolean): SeriesOptions {
  if (after === undefined) return { ...others, fromMs, toMs };
  const timeMs = versionTimeMs(after);
  return ascending ? { ...others, fromMs: Math.max(fromMs, timeMs), toMs } : { ...others, fromMs, toMs: Math.min(toMs, timeMs) };
}
