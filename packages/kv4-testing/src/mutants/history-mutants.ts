import { aggregateNumbers, type Kv4Version } from '@xir/kv4-core';
import type { MemoryReferenceStore } from '../reference/memory-reference-store.ts';
import { kv4Mutant, type Kv4StoreMutant } from './mutant.ts';

/** A mutant that changes what a series yields. */
function retelling(name: string, caughtBy: string, change: (versions: Kv4Version[]) => Kv4Version[]): Kv4StoreMutant {
  return kv4Mutant(name, caughtBy, (store) => ({
    async *series(address, options) {
      const versions: Kv4Version[] = [];
      for await (const version of store.series(address, options)) versions.push(version);
      yield* change(versions);
    },
  }));
}

async function valuesOf(store: MemoryReferenceStore, ...given: Parameters<MemoryReferenceStore['series']>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const version of store.series(...given)) values.push(version.value);
  return values;
}

/** Stores that forget or distort the past. */
export const historyMutants: readonly Kv4StoreMutant[] = [
  retelling('history loses deletions', 'delete: the history before it stays readable', (versions) => versions.filter((version) => !version.deleted)),
  retelling('history ends at a deletion', 'delete: the history goes on when the key is written again', (versions) => {
    const deletion = versions.findIndex((version, index) => version.deleted && index > 0);
    return deletion < 0 ? versions : versions.slice(0, deletion);
  }),
  retelling('history is lost with the key', 'delete: the history before it stays readable', (versions) => (versions[0]?.deleted === true ? [] : versions)),
  retelling('the tail drops one version', 'series: a long history is whole', (versions) => versions.filter((_, index) => index !== 16)),
  retelling('a spill repeats a version', 'series: a long history is whole', (versions) => versions.flatMap((version, index) => (index === 16 ? [version, version] : [version]))),
  retelling('old versions are trimmed', 'series: a long history is whole', (versions) => versions.slice(0, 64)),
  retelling('the series is unsorted', 'series: every version, newest first', (versions) => [...versions.slice(1), ...versions.slice(0, 1)]),
  retelling('every version has the newest value', 'series: every version, newest first', (versions) => versions.map((version) => ({ ...version, value: versions[0]?.value ?? null }))),
  retelling('versions at once are one', 'concurrent: a hot key loses no version', (versions) =>
    versions.filter((version, index) => index === 0 || version.timeMs !== versions[index - 1]?.timeMs || versions.length < 30),
  ),
  retelling('deletions are signed by the writer before', 'delete: the author of a deletion is kept', (versions) =>
    versions.map((version, index) => (version.deleted ? { ...version, author: versions[index + 1]?.author ?? version.author } : version)),
  ),

  kv4Mutant('ascending is not looked at', 'series: ascending is the same', (store) => ({ series: (address, { ascending: _, ...options } = {}) => store.series(address, options) })),
  kv4Mutant('the limit counts from the wrong end', 'series: limit takes the first so many', (store) => ({
    async *series(address, { limit, ...options } = {}) {
      const versions: Kv4Version[] = [];
      for await (const version of store.series(address, options)) versions.push(version);
      yield* limit === undefined ? versions : versions.slice(-limit);
    },
  })),
  kv4Mutant('the end of a time range is exclusive', 'series: fromMs and toMs are inclusive', (store) => ({
    series: (address, options = {}) => store.series(address, options.toMs === undefined ? options : { ...options, toMs: options.toMs - 1 }),
  })),
  kv4Mutant('at sees through deletions', 'at: nothing after a deletion', (store) => ({
    at: async (address, timeMs) => {
      for await (const version of store.series(address, { toMs: timeMs })) if (!version.deleted) return version;
      return undefined;
    },
  })),
  kv4Mutant('at takes the next version', 'at: the value that stood at a time', (store) => ({ at: (address, timeMs, options) => store.at(address, timeMs + 5, options) })),
  kv4Mutant('treeAt knows only the keys of today', 'treeAt: the subtree as it was', (store) => ({
    treeAt: async (address, timeMs, options) => {
      const page = await store.treeAt(address, timeMs, options);
      const standing = await Promise.all(page.items.map((version) => store.get(version.address)));
      return { ...page, items: page.items.filter((_, index) => standing[index] !== undefined) };
    },
  })),
  kv4Mutant('treeAt ignores the depth', 'treeAt: keeps to a depth', (store) => ({ treeAt: (address, timeMs, { depth: _, ...options } = {}) => store.treeAt(address, timeMs, options) })),
  kv4Mutant('percentiles are off by one', 'aggregate: sum, min, max', (store) => ({
    aggregate: async (address, options) => {
      const result = await store.aggregate(address, options);
      return result.total === undefined ? result : { ...result, total: { ...result.total, p50: result.total.p50 + 1 } };
    },
  })),
  kv4Mutant('an aggregate takes deletions for zero', 'aggregate: passes over deletions', (store) => ({
    aggregate: async (address, options) => {
      const numbers = (await valuesOf(store, address)).map((value) => Number((value as { value?: unknown } | null)?.value ?? 0)).filter(Number.isFinite);
      const total = aggregateNumbers(numbers);
      return total === undefined ? store.aggregate(address, options) : { total };
    },
  })),
  kv4Mutant('an aggregate ignores its times', 'aggregate: keeps to the times given', (store) => ({
    aggregate: (address, { fromMs: _from, toMs: _to, ...options }) => store.aggregate(address, options),
  })),
  kv4Mutant('groups come newest first', 'aggregate: groups by any unit', (store) => ({
    aggregate: async (address, options) => {
      const result = await store.aggregate(address, options);
      return result.groups === undefined ? result : { ...result, groups: new Map([...result.groups].reverse()) };
    },
  })),
];
