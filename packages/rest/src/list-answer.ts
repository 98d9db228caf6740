import type { Page, PageOptions } from '@xir/kv4-core';

import { pageOptions } from './read-parameters.ts';
import type { ListAnswer, ServiceRequest } from './service.ts';

/** Items sent together when a series or listing is streamed. */
export const STREAM_BATCH_ITEMS = 1000;

/**
 * Answers a paged listing: the page that `limit` and `after` ask for; without them everything, page after page as the client takes it.
 */
export async function pagedAnswer<Item>(
  request: ServiceRequest,
  read: (options: PageOptions) => Promise<Page<Item>>,
  toText: (item: Item) => string,
): Promise<ListAnswer> {
  const options = pageOptions(request);
  const page = await read(options);
  const first = page.items.map(toText);
  if (page.next === undefined) return { kind: 'list', first, cached: true };
  if (options.limit !== undefined) return { kind: 'list', first, next: page.next, cached: true };
  return { kind: 'list', first, rest: followingPages(page.next, (after) => read({ ...options, after }), toText), cached: true };
}

async function* followingPages<Item>(next: string, read: (after: string) => Promise<Page<Item>>, toText: (item: Item) => string) {
  let after: string | undefined = next;
  while (after !== undefined) {
    const page: Page<Item> = await read(after);
    yield page.items.map(toText);
    after = page.next;
  }
}

/** Answers a stream of items. The first batch is awaited, so that what fails at once is an error and not a broken stream. */
export async function streamedAnswer<Item>(items: AsyncIterable<Item>, toText: (item: Item) => string): Promise<ListAnswer> {
  const batches = inBatches(items, toText);
  const first = await batches.next();
  if (first.done === true) return { kind: 'list', first: [] };
  if (first.value.length < STREAM_BATCH_ITEMS) return { kind: 'list', first: first.value };
  return { kind: 'list', first: first.value, rest: batches };
}

async function* inBatches<Item>(items: AsyncIterable<Item>, toText: (item: Item) => string): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const item of items) {
    batch.push(toText(item));
    if (batch.length < STREAM_BATCH_ITEMS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
