import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  barrierId,
  bucketRange,
  checkKeyAddress,
  compareIds,
  EPOCH_ID,
  headId,
  inRange,
  layerRange,
  parseDocumentId,
  pathRange,
  pathSegments,
  segmentId,
  segmentRange,
  subtreeRange,
  subtreeSegmentRange,
  type KeyAddress,
  type PathAddress,
} from '../src/index.ts';
import { fieldText, keyAddress, nearAddresses, pathAddress, segmentText } from './arbitrary-address.ts';

const VERSION = '01a20b5761950000-n1';
const address: KeyAddress = { bucket: 'cool)woot', layer: '*data', path: '/a/b', key: 'k' };

/** The order of UTF-8 bytes, as CouchDB compares. */
function compareBytes(a: string, b: string): number {
  return Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function compareAddresses(a: KeyAddress, b: KeyAddress): number {
  const bySpace = compareBytes(a.bucket, b.bucket) || compareBytes(a.layer, b.layer);
  if (bySpace !== 0) return bySpace;
  const [left, right] = [pathSegments(a.path), pathSegments(b.path)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const bySegment = compareBytes(left[index] as string, right[index] as string);
    if (bySegment !== 0) return bySegment;
  }
  return Math.sign(left.length - right.length) || compareBytes(a.key, b.key);
}

function isBeneath(base: PathAddress, other: KeyAddress): boolean {
  const [above, below] = [pathSegments(base.path), pathSegments(other.path)];
  return base.bucket === other.bucket && base.layer === other.layer && above.every((segment, index) => below[index] === segment);
}

describe('the id of a head', () => {
  it('is the coordinate, field by field', () => {
    expect(headId(address)).toBe('d!cool)woot!*data!a!b!!k');
    expect(headId({ ...address, path: '/' })).toBe('d!cool)woot!*data!!k');
  });

  it('escapes what would break the order', () => {
    expect(headId({ bucket: 'a!b', layer: 'a"b', path: '/ /\u0000', key: '!' })).toBe('d!a"ab!a"bb!"`!"@!!"a');
  });

  it('is read back as the same address', () => {
    fc.assert(fc.property(keyAddress, (given) => {
      expect(parseDocumentId(headId(given))).toEqual({ kind: 'head', address: given });
      expect(parseDocumentId(segmentId(given, VERSION))).toEqual({ kind: 'segment', address: given, version: VERSION });
    }));
  });

  it('is different for different addresses', () => {
    fc.assert(fc.property(nearAddresses, ([a, b]) => {
      expect(headId(a) === headId(b)).toBe(compareAddresses(a, b) === 0);
    }));
  });

  it('orders as bucket, layer, path and key do by code point, parents before children', () => {
    fc.assert(fc.property(nearAddresses, ([a, b]) => {
      expect(compareBytes(headId(a), headId(b))).toBe(compareAddresses(a, b));
      expect(Math.sign(compareIds(headId(a), headId(b)))).toBe(compareAddresses(a, b));
    }), { numRuns: 2000 });
  });

  it('does not hold the separator inside a field', () => {
    fc.assert(fc.property(keyAddress, (any) => {
      expect(headId(any).split('!')).toHaveLength(5 + pathSegments(any.path).length);
    }));
  });
});

describe('parseDocumentId', () => {
  it('knows the system documents', () => {
    expect(parseDocumentId(EPOCH_ID)).toEqual({ kind: 'system', name: 'epoch' });
    expect(parseDocumentId(barrierId('n1'))).toEqual({ kind: 'system', name: 'barrier!n1' });
  });

  it.each([
    '', '!', 'd', 'd!', 'x!', 'd!b!l!k', 'd!b!l!a!k', 'd!b!l!!', 'd!!l!!k', 'd!b!!!k', 'd!b!l!a!!!k', 'd!b!l!!a!k', 'd!b!l! !!k', 'd!b!l!\u0000!!k', 'd!b!l!!"', 'd!b!l!!"\u0063',
    'd!b!l!!"?', 'd!b!l!a/b!!k', 'd!b!l!!\ud800', 'D!b!l!!k', 'e!b!l!!k', '_design/x', '_local/x', 's!b!l!!k', 's!b!l!!k!', 's!b!l!!k!version', 'd!b!l!!k!01a20b5761950000-n1', 'user-42',
    `d!${'b'.repeat(129)}!l!!k`, `d!b!${'l'.repeat(129)}!!k`, `d!b!l!${'s'.repeat(257)}!!k`, `d!b!l!!${'k'.repeat(1025)}`, `d!b!l${'!s'.repeat(33)}!!k`, `d!b!l!!${'ä'.repeat(4000)}`,
  ])('T30: does not take a stranger’s id for one of ours: %j', (id) => {
    expect(parseDocumentId(id)).toBeUndefined();
  });

  it('never throws, and what it reads it also writes', () => {
    const anyId = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom('d!', 's!', 'x!'), fc.array(fc.constantFrom('!', '"', 'a', '/', '@', 'b', ' ', '😀', '\ud800', VERSION), { maxLength: 14 })).map(([mark, rest]) => mark + rest.join('')),
    );
    fc.assert(fc.property(anyId, (id) => {
      const parsed = parseDocumentId(id);
      if (parsed?.kind === 'head') {
        expect(headId(parsed.address)).toBe(id);
        expect(checkKeyAddress(parsed.address)).toEqual(parsed.address);
      }
      if (parsed?.kind === 'segment') expect(segmentId(parsed.address, parsed.version)).toBe(id);
    }), { numRuns: 3000 });
  });

  it('is undefined for what is no string', () => {
    for (const id of [undefined, null, 7, {}, ['d!b!l!!k']]) expect(parseDocumentId(id as unknown as string)).toBeUndefined();
  });
});

describe('ranges', () => {
  it('of a path hold its own keys and nothing else', () => {
    fc.assert(fc.property(nearAddresses, ([a, b]) => {
      expect(inRange(headId(b), pathRange(a))).toBe(isBeneath(a, b) && a.path === b.path);
    }), { numRuns: 1000 });
  });

  it('of a subtree hold the keys at a path and beneath it and nothing else', () => {
    fc.assert(fc.property(nearAddresses, ([a, b]) => {
      expect(inRange(headId(b), subtreeRange(a))).toBe(isBeneath(a, b));
      expect(inRange(segmentId(b, VERSION), subtreeSegmentRange(a))).toBe(isBeneath(a, b));
      expect(inRange(segmentId(b, VERSION), subtreeRange(a))).toBe(false);
    }), { numRuns: 1000 });
  });

  it('of a subtree never leak to siblings that begin alike', () => {
    const endings = ['', '-c', 'c', '!', '!c', '"', ' ', '\u0000', '#', 'ä', '😀', '\uffff'];
    const base: PathAddress = { bucket: 'b', layer: 'l', path: '/a/b' };
    for (const ending of endings) {
      for (const below of ['', '/x', '/!', '/"']) {
        const id = headId({ ...base, path: `/a/b${ending}${below}`, key: 'k' });
        expect(inRange(id, subtreeRange(base))).toBe(ending === '');
        expect(inRange(id, pathRange(base))).toBe(ending === '' && below === '');
      }
    }
  });

  it('of a layer and a bucket hold exactly theirs', () => {
    fc.assert(fc.property(nearAddresses, ([a, b]) => {
      expect(inRange(headId(b), bucketRange(a.bucket))).toBe(a.bucket === b.bucket);
      expect(inRange(headId(b), layerRange(a.bucket, a.layer))).toBe(a.bucket === b.bucket && a.layer === b.layer);
    }), { numRuns: 1000 });
  });

  it('of a key’s segments hold that key’s alone, oldest first', () => {
    fc.assert(fc.property(nearAddresses, ([a, b]) => {
      expect(inRange(segmentId(b, VERSION), segmentRange(a))).toBe(headId(a) === headId(b));
    }), { numRuns: 1000 });
    const ids = ['000000000001ffff-n', '0000000000020000-a', '0000000000020000-b'].map((version) => segmentId(address, version));
    expect([...ids].sort(compareIds)).toEqual(ids);
  });

  it('are contiguous: between two members there is no stranger', () => {
    fc.assert(fc.property(pathAddress, fc.array(segmentText, { maxLength: 2 }), fieldText, keyAddress, (base, below, key, other) => {
      const member = headId({ ...base, path: `${base.path === '/' ? '' : base.path}${below.map((segment) => `/${segment}`).join('')}` || '/', key });
      const range = subtreeRange(base);
      expect(inRange(member, range)).toBe(true);
      const id = headId(other);
      if (compareIds(id, range.startKey) >= 0 && compareIds(id, member) <= 0) expect(isBeneath(base, other)).toBe(true);
    }));
  });
});

describe('compareIds', () => {
  it('is the order of UTF-8 bytes, where JavaScript’s own order is not', () => {
    expect('😀' < '\ufffd').toBe(true);
    expect(compareIds('😀', '\ufffd')).toBeGreaterThan(0);
    fc.assert(fc.property(fieldText, fieldText, (a, b) => {
      expect(Math.sign(compareIds(a, b))).toBe(compareBytes(a, b));
    }), { numRuns: 2000 });
  });
});
