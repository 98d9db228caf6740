import type { StoredVersion } from './head.ts';
import { versionTimeMs } from './version.ts';

/**
 * How long versions of a layer are kept.
 *
 * - `unlimited`: for ever.
 * - `versions`: the newest so many, the current one included.
 * - `durationMs`: those that were current at any moment of the last so many milliseconds, so that `at` answers truly within them.
 * - `none`: the current one only; no history, and deleting leaves nothing behind.
 */
export type Retention = 'unlimited' | 'none' | { readonly versions: number } | { readonly durationMs: number };

/** Retention by layer; see {@link retentionOf}. */
export type LayerRetention = Readonly<Record<string, Retention>>;

/** Retention where the configuration says nothing. */
export const DEFAULT_RETENTION: Retention = 'unlimited';

/** Layers that keep no history by default: subscriptions, statistics and leases, which are overwritten without end. */
export const DEFAULT_LAYER_RETENTION: LayerRetention = Object.freeze({ '*subs': 'none', '*stats': 'none', '*leases': 'none', '*webhooks': 'none' });

/**
 * The retention of a layer. A name in the configuration covers the layer itself and those beneath it in the `:` notation (`*stats` covers
 * `*stats:router:pkt`, not `*statistics`); the longest name that covers wins. Default: {@link DEFAULT_RETENTION}.
 */
export function retentionOf(layer: string, config: LayerRetention = DEFAULT_LAYER_RETENTION): Retention {
  for (let end = layer.length; end > 0; end = layer.lastIndexOf(':', end - 1)) {
    const name = layer.slice(0, end);
    if (Object.hasOwn(config, name)) return config[name] ?? DEFAULT_RETENTION;
  }
  return DEFAULT_RETENTION;
}

/** The error, in words, of a retention that makes no sense; `undefined` for a good one. For checking configuration. */
export function retentionProblem(retention: unknown): string | undefined {
  if (retention === 'unlimited' || retention === 'none') return undefined;
  if (typeof retention !== 'object' || retention === null) return 'must be "unlimited", "none", { versions } or { durationMs }';
  const { versions, durationMs } = retention as { versions?: unknown; durationMs?: unknown };
  if ((versions === undefined) === (durationMs === undefined)) return 'must have either versions or durationMs';
  if (versions !== undefined) return Number.isSafeInteger(versions) && (versions as number) >= 1 ? undefined : 'versions must be a whole number from 1';
  return Number.isFinite(durationMs) && (durationMs as number) >= 0 ? undefined : 'durationMs must be a number of milliseconds from 0';
}

/**
 * Those of a key's versions that its retention keeps. `versions` is newest first and begins with the current one, which is always kept.
 * `nowMs` is milliseconds since 1970 UTC.
 */
export function retainVersions<Version extends StoredVersion>(versions: readonly Version[], retention: Retention, nowMs: number): readonly Version[] {
  if (retention === 'unlimited') return versions;
  if (retention === 'none') return versions.slice(0, 1);
  if ('versions' in retention) return versions.slice(0, Math.max(1, retention.versions));
  const oldestMs = nowMs - retention.durationMs;
  // A version ends when the next newer one begins.
  const firstEnded = versions.findIndex((_, index) => index > 0 && versionTimeMs((versions[index - 1] as Version)[0]) < oldestMs);
  return firstEnded < 0 ? versions : versions.slice(0, firstEnded);
}
