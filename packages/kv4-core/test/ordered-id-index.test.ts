import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketRange,
  compareIds,
  headId,
  idsInTree,
  inRange,
  layersInBucket,
  OrderedIdIndex,
  parseDocumentId,
  pathSegments,
  pathsInTree,
  subtreeRange,
  type KeyAddress,
  type PathAddress,
} from '../src/index.ts';
import { keyAddress } from './arbitrary-address.ts';

/** Keys in few places, so that they share paths and layers. */
const crowded: fc.Arbitrary<KeyAddress[]> = fc.array(
  fc.record({
    bucket: fc.constantFrom('b', 'b!', 'c'),
    layer: fc.constantFrom('l', 'l:x', 'm'),
    path: fc.array(fc.constantFrom('a', 'a!', 'b', '"', '😀', '\uffff'), { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
    key: fc.constantFrom('k', 'l', '!', 'k"', '😀'),
  }),
  { maxLength: 80 },
);

function indexOf(addresses: readonly KeyAddress[]): OrderedIdIndex<KeyAddress> {
  const index = new OrderedIdIndex<KeyAddress>();
  for (const address of addresses) index.set(headId(address), address);
  return index;
}

function idsOf(addresses: readonly KeyAddress[]): string[] {
  return [...new Set(addresses.map(headId))].sort(compareIds);
}

function depthOf(base: PathAddress, id: string): number {
  const parsed = parseDocumentId(id);
  return parsed?.kind === 'head' ? pathSegments(parsed.address.path).length - pathSegments(base.path).length : Number.NaN;
}

describe('OrderedIdIndex', () => {
  it('is a map in the order of ids', () => {
    fc.assert(fc.property(fc.array(fc.tuple(keyAddress, fc.boolean()), { maxLength: 60 }), (steps) => {
      const index = new OrderedIdIndex<number>();
      const model = new Map<string, number>();
      for (const [n, [address, keep]] of steps.entries()) {
        const id = headId(address);
        if (keep) {
          expect(index.set(id, n)).toBe(!model.has(id));
          model.set(id, n);
        } else {
          expect(index.delete(id)).toBe(model.delete(id));
        }
        expect([index.get(id), index.has(id), index.size]).toEqual([model.get(id), model.has(id), model.size]);
      }
      expect([...index.range({ startKey: '', endKey: '\u{10ffff}' })]).toEqual([...model].sort(([a], [b]) => compareIds(a, b)));
      index.clear();
      expect(index.size).toBe(0);
    }));
  });

  it('walks a range behind any id, present or not', () => {
    fc.assert(fc.property(crowded, fc.constantFrom('b', 'c'), fc.option(keyAddress, { nil: undefined }), (addresses, bucket, after) => {
      const range = bucketRange(bucket);
      const afterId = after && headId(after);
      const expected = idsOf(addresses).filter((id) => inRange(id, range) && (afterId === undefined || compareIds(id, afterId) > 0));
      expect([...indexOf(addresses).range(range, afterId)].map(([id]) => id)).toEqual(expected);
    }));
  });

  it('walks ranges longer than it fetches at once', () => {
    const addresses = Array.from({ length: 1000 }, (_, n) => ({ bucket: 'b', layer: 'l', path: '/', key: `k${n}` }));
    expect([...indexOf(addresses).range(bucketRange('b'))].map(([id]) => id)).toEqual(idsOf(addresses));
  });

  it('walks on safely while it changes: nothing twice, nothing out of order, what stays is seen', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat({ max: 999 }), fc.boolean()), { maxLength: 300 }), (changes) => {
      const idOf = (n: number): string => headId({ bucket: 'b', layer: 'l', path: '/', key: `k${String(n).padStart(4, '0')}` });
      const index = new OrderedIdIndex<number>();
      for (let n = 0; n < 1000; n += 2) index.set(idOf(n), n);
      const touched = new Set(changes.map(([n]) => idOf(n)));
      const waiting = [...changes];
      const seen: string[] = [];
      for (const [id] of index.range(bucketRange('b'))) {
        seen.push(id);
        const change = waiting.pop();
        if (change?.[1] === true) index.set(idOf(change[0]), change[0]);
        else if (change !== undefined) index.delete(idOf(change[0]));
      }
      expect(seen).toEqual([...new Set(seen)].sort(compareIds));
      for (let n = 0; n < 1000; n += 2) if (!touched.has(idOf(n))) expect(seen).toContain(idOf(n));
    }), { numRuns: 20 });
  });

  it('ends a leap that does not lead forward', () => {
    const index = indexOf([{ bucket: 'b', layer: 'l', path: '/', key: 'k' }, { bucket: 'b', layer: 'l', path: '/', key: 'l' }]);
    expect([...index.leap(bucketRange('b'), (id) => id)]).toHaveLength(1);
    expect([...index.leap(bucketRange('b'), () => 'a')]).toHaveLength(1);
    expect([...index.leap(bucketRange('b'), () => undefined)]).toHaveLength(1);
  });
});

describe('listings of an index', () => {
  const base = fc.constantFrom<PathAddress>({ bucket: 'b', layer: 'l', path: '/' }, { bucket: 'b', layer: 'l', path: '/a' }, { bucket: 'b!', layer: 'l:x', path: '/a!' });
  const depth = fc.option(fc.nat({ max: 4 }), { nil: undefined });
  const bounded = (limit: number | undefined): { depth?: number } => (limit === undefined ? {} : { depth: limit });

  it('a subtree to a depth is what filtering all its ids gives', () => {
    fc.assert(fc.property(crowded, base, depth, (addresses, place, limit) => {
      const expected = idsOf(addresses).filter((id) => inRange(id, subtreeRange(place)) && depthOf(place, id) <= (limit ?? 99));
      expect([...idsInTree(indexOf(addresses), place, bounded(limit))]).toEqual(expected);
    }), { numRuns: 300 });
  });

  it('a subtree goes on behind any of its ids', () => {
    fc.assert(fc.property(crowded, base, depth, fc.nat(), (addresses, place, limit, pick) => {
      const all = [...idsInTree(indexOf(addresses), place, bounded(limit))];
      fc.pre(all.length > 0);
      const at = pick % all.length;
      expect([...idsInTree(indexOf(addresses), place, { ...bounded(limit), afterId: all[at] as string })]).toEqual(all.slice(at + 1));
    }), { numRuns: 300 });
  });

  it('paths are those of the ids, each once, in order, and go on behind any key of a path', () => {
    fc.assert(fc.property(crowded, base, depth, fc.nat(), (addresses, place, limit, pick) => {
      const ids = [...idsInTree(indexOf(addresses), place, bounded(limit))];
      const pathOf = (id: string): string => (parseDocumentId(id) as { address: KeyAddress }).address.path;
      const expected = [...new Set(ids.map(pathOf))];
      expect([...pathsInTree(indexOf(addresses), place, bounded(limit))]).toEqual(expected);
      fc.pre(ids.length > 0);
      const afterId = ids[pick % ids.length] as string;
      expect([...pathsInTree(indexOf(addresses), place, { ...bounded(limit), afterId })]).toEqual(expected.slice(expected.indexOf(pathOf(afterId)) + 1));
    }), { numRuns: 300 });
  });

  it('layers are those of the ids, each once, in order', () => {
    fc.assert(fc.property(crowded, fc.constantFrom('b', 'b!', 'c', 'none'), (addresses, bucket) => {
      const expected = [...new Set(addresses.filter((address) => address.bucket === bucket).map((address) => address.layer))].sort(compareIds);
      expect([...layersInBucket(indexOf(addresses), bucket)]).toEqual(expected);
    }));
  });

  it('paths and layers do not walk every key', () => {
    const index = new OrderedIdIndex<undefined>();
    for (let n = 0; n < 20_000; n += 1) index.set(headId({ bucket: 'b', layer: `l${n % 4}`, path: `/p${n % 10}`, key: `k${n}` }), undefined);
    let looked = 0;
    const counted = Object.create(index, { first: { value: (...given: Parameters<typeof index.first>) => { looked += 1; return index.first(...given); } } }) as typeof index;
    const leap = OrderedIdIndex.prototype.leap;
    Object.defineProperty(counted, 'leap', { value: (...given: Parameters<typeof leap>) => leap.apply(counted, given) });
    expect([...layersInBucket(counted, 'b')]).toHaveLength(4);
    expect([...pathsInTree(counted, { bucket: 'b', layer: 'l0', path: '/' })]).toHaveLength(5);
    expect(looked).toBeLessThan(20);
  });
});
