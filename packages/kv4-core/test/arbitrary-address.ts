import * as fc from 'fast-check';
import type { KeyAddress, PathAddress } from '../src/index.ts';

/** Characters around which escaping, ordering and encoding turn. */
const EDGY = ['\u0000', '\u0001', ' ', '!', '"', '#', '%', '+', '-', '.', '0', '@', 'A', '_', '`', 'a', 'b', '\u007f', '\u0080', 'ä', '\ud7ff', '\ue000', '\ufffd', '\uffff', '\u{10000}', '😀', '\u{10ffff}'];

const character = fc.oneof(fc.constantFrom(...EDGY), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }));

/** Text without lone surrogates, short, full of edgy characters. */
export const fieldText = fc.array(character, { minLength: 1, maxLength: 4 }).map((characters) => characters.join(''));

/** A segment: a field without slashes. */
export const segmentText = fieldText.map((text) => text.replaceAll('/', '|'));

/** A normalised path. */
export const path = fc.array(segmentText, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);

export const pathAddress: fc.Arbitrary<PathAddress> = fc.record({ bucket: fieldText, layer: fieldText, path });

export const keyAddress: fc.Arbitrary<KeyAddress> = fc.record({ bucket: fieldText, layer: fieldText, path, key: fieldText });

/** Two addresses that have much in common, so that what tells them apart is near the end. */
export const nearAddresses: fc.Arbitrary<readonly [KeyAddress, KeyAddress]> = fc
  .tuple(keyAddress, keyAddress, fc.nat({ max: 4 }))
  .map(([a, b, common]) => [a, shareWith(a, b, common)] as const);

function shareWith(a: KeyAddress, b: KeyAddress, common: number): KeyAddress {
  return {
    bucket: common > 0 ? a.bucket : b.bucket,
    layer: common > 1 ? a.layer : b.layer,
    path: common > 3 ? a.path : common > 2 ? `${a.path === '/' ? '' : a.path}${b.path === '/' ? '' : b.path}` || '/' : b.path,
    key: b.key,
  };
}
