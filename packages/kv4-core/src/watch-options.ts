import { checkBucket, checkKeyAddress, checkLayer, checkPathAddress } from './address-check.ts';
import { headId, parseDocumentId } from './document-id.ts';
import { Kv4Error } from './errors.ts';
import { inRange, layerRange, pathRange, subtreeRange, type IdRange } from './id-range.ts';
import { DEFAULT_WATCH_QUEUE_EVENTS, type WatchOptions, type WatchScope } from './watch.ts';

/** Which head ids a watch covers: a range, and within it one id only when the scope is a key. */
export type WatchCover = { readonly type: 'id'; readonly id: string } | { readonly type: 'range'; readonly range: IdRange };

/** What a scope covers, after checking it. Throws `KV4_BAD_ADDRESS`, or `KV4_BAD_OPTION` for an unknown type of scope. */
export function coverOf(scope: WatchScope): WatchCover {
  switch (scope?.type) {
    case 'key':
      return { type: 'id', id: headId(checkKeyAddress(scope.address)) };
    case 'path':
      return { type: 'range', range: pathRange(checkPathAddress(scope.address)) };
    case 'subtree':
      return { type: 'range', range: subtreeRange(checkPathAddress(scope.address)) };
    case 'layer':
      return { type: 'range', range: layerRange(checkBucket(scope.bucket), checkLayer(scope.layer)) };
    default:
      throw new Kv4Error('KV4_BAD_OPTION', 'a watch covers a key, a path, a subtree or a layer');
  }
}

/** Whether a watch covers a document: a head within its scope. */
export function covers(cover: WatchCover, id: string): boolean {
  if (cover.type === 'id') return cover.id === id;
  return inRange(id, cover.range) && parseDocumentId(id)?.kind === 'head';
}

/** The most events a watch holds for a slow consumer, after checking all its options. Throws `KV4_BAD_OPTION`. */
export function checkWatchOptions(options: WatchOptions): number {
  const { after, maxQueuedEvents = DEFAULT_WATCH_QUEUE_EVENTS } = options;
  if (after !== undefined && typeof after !== 'string') throw new Kv4Error('KV4_BAD_OPTION', 'after must be the position of an event');
  for (const name of ['initial', 'latestOnly', 'history'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean') throw new Kv4Error('KV4_BAD_OPTION', `${name} must be true or false`);
  }
  if (!Number.isInteger(maxQueuedEvents) || maxQueuedEvents < 1) throw new Kv4Error('KV4_BAD_OPTION', 'maxQueuedEvents must be a whole number from 1');
  return maxQueuedEvents;
}
