import { compareIds, encodeCursor, type CheckedPage, type Page } from '@xir/kv4-core';

/** The page of a listing: of all its ids in order, those behind the cursor, up to the limit, made into items. */
export function pageOf<Item>(ids: readonly string[], page: CheckedPage, itemOf: (id: string) => Item): Page<Item> {
  const { limit, afterId } = page;
  const rest = afterId === undefined ? ids : ids.filter((id) => compareIds(id, afterId) > 0);
  const shown = rest.slice(0, limit);
  const items = shown.map(itemOf);
  return rest.length > limit ? { items, next: encodeCursor(shown.at(-1) as string) } : { items };
}
