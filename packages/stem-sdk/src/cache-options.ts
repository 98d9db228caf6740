import { coverOf, Kv4Error, type WatchCover, type WatchScope } from '@xir/kv4-core';

import { DATA_LAYER } from './rest-requests.ts';

/** What a client keeps of what it read. Everything is optional: `cache: {}` turns it on. */
export interface CacheOptions {
  /** What is kept, each part by one watch, up to {@link MAX_CACHE_SCOPES}; default: the layer `*data` of the login's bucket. The neuron holds what is watched in its memory. */
  readonly scopes?: readonly WatchScope[];
  /** Most answers that are kept; default {@link DEFAULT_CACHE_ENTRIES}. The least recently read make room. */
  readonly maxEntries?: number;
  /** Most bytes that they may take, estimated; default {@link DEFAULT_CACHE_BYTES}. */
  readonly maxBytes?: number;
  /** Milliseconds after which an answer is asked for anew although nothing was told of it; default {@link DEFAULT_CACHE_AGE_MS}. */
  readonly maxAgeMs?: number;
  /** Wall-clock time in milliseconds since 1970 UTC; default `Date.now`. */
  readonly nowMs?: () => number;
}

/** Default of {@link CacheOptions.maxEntries}. */
export const DEFAULT_CACHE_ENTRIES = 10_000;
/** Default of {@link CacheOptions.maxBytes}: 16 MiB. */
export const DEFAULT_CACHE_BYTES = 16 * 1024 * 1024;
/** Default of {@link CacheOptions.maxAgeMs}. */
export const DEFAULT_CACHE_AGE_MS = 60_000;
/** Most {@link CacheOptions.scopes}. */
export const MAX_CACHE_SCOPES = 16;

/** What one watch keeps true. */
export interface CacheScope {
  readonly scope: WatchScope;
  readonly cover: WatchCover;
}

/** Options that were checked, with defaults. */
export interface CheckedCacheOptions extends Required<Omit<CacheOptions, 'scopes'>> {
  readonly scopes: readonly CacheScope[];
}

/** Checks options and fills in what they lack. Throws `KV4_BAD_OPTION`, and `KV4_BAD_ADDRESS` for a scope that is none. */
export function checkCacheOptions(bucket: string, options: CacheOptions): CheckedCacheOptions {
  const { scopes = [{ type: 'layer', bucket, layer: DATA_LAYER }], nowMs = Date.now } = options;
  const limits = { maxEntries: options.maxEntries ?? DEFAULT_CACHE_ENTRIES, maxBytes: options.maxBytes ?? DEFAULT_CACHE_BYTES, maxAgeMs: options.maxAgeMs ?? DEFAULT_CACHE_AGE_MS };
  for (const [name, limit] of Object.entries(limits)) {
    if (!Number.isInteger(limit) || limit < 1) throw new Kv4Error('KV4_BAD_OPTION', `cache.${name} must be a whole number from 1`);
  }
  if (scopes.length === 0 || scopes.length > MAX_CACHE_SCOPES) throw new Kv4Error('KV4_BAD_OPTION', `cache.scopes must be 1 to ${MAX_CACHE_SCOPES} scopes`);
  return { ...limits, nowMs, scopes: scopes.map((scope) => ({ scope, cover: coverOf(scope) })) };
}
