import { segmentRange, type KeyAddress, type Kv4Store, type Kv4Version } from '@xir/kv4-core';
import { expect } from 'vitest';
import type { CouchStore } from '../../src/index.ts';
import { readSegments } from '../../src/segments.ts';

/** A key's whole series, newest first; ascending reads must say the same. */
export async function historyOf(store: Kv4Store, address: KeyAddress): Promise<Kv4Version[]> {
  const newestFirst: Kv4Version[] = [];
  for await (const version of store.series(address)) newestFirst.push(version);
  const oldestFirst: Kv4Version[] = [];
  for await (const version of store.series(address, { ascending: true })) oldestFirst.push(version);
  expect(oldestFirst.toReversed(), 'both directions tell the same').toEqual(newestFirst);
  const versions = newestFirst.map((version) => version.version);
  expect(versions, 'in order, none twice').toEqual([...new Set(versions)].sort().reverse());
  return newestFirst;
}

/** The segments of a key, which never overlap. */
export async function segmentsOf(store: CouchStore, address: KeyAddress): Promise<readonly (readonly [first: string, last: string])[]> {
  const { segments } = await readSegments(store.heads.database, segmentRange(address), { limit: 1_000 });
  const spans = segments.map((segment) => [segment.versions[0]?.[0] ?? '', segment.to] as const);
  for (const [index, [first]] of spans.entries()) expect(index === 0 || first > (spans[index - 1]?.[1] ?? ''), 'segments do not overlap').toBe(true);
  return spans;
}
