import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, OVERSIZED_PREFIX_BYTES } from '@xir/couch-feed';

/** Lines and oversized lengths that come out of pieces. */
function split(pieces: readonly Uint8Array[], maxLineBytes = 1000, end = true) {
  const splitter = new LineSplitter(maxLineBytes);
  const lines: string[] = [];
  const oversized: number[] = [];
  const prefixes: number[] = [];
  const sink = {
    line: (bytes: Buffer, from: number, to: number) => void lines.push(bytes.toString('utf8', from, to)),
    oversized: (prefix: Buffer, length: number) => {
      oversized.push(length);
      prefixes.push(prefix.length);
    },
  };
  for (const piece of pieces) splitter.push(piece, sink);
  if (end) splitter.end(sink);
  return { lines, oversized, prefixes, heldBytes: splitter.heldBytes };
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const place of [...sorted, bytes.length]) {
    pieces.push(bytes.subarray(from, place));
    from = place;
  }
  return pieces;
}

describe('LineSplitter', () => {
  const corpus = Buffer.from('{"seq":"1-a","id":"ä"}\n\r\n{"seq":"2-b","id":"水💧"}\r\n\n{"last_seq":"2-b"}\n');
  const expected = split([corpus]).lines;

  it('S1 T23 gives the same lines for every place in which a corpus is cut in two', () => {
    for (let place = 0; place <= corpus.length; place += 1) {
      expect(split([corpus.subarray(0, place), corpus.subarray(place)]).lines).toEqual(expected);
    }
  });

  it('S1 T23 gives the same lines when bytes come one by one', () => {
    expect(split([...corpus].map((byte) => Uint8Array.of(byte))).lines).toEqual(expected);
  });

  it('S1 T23 gives the same lines for any bytes cut at any places', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300), { maxLength: 20 }), (bytes, places) => {
        const whole = split([bytes]);
        const parts = split(cut(bytes, places));
        expect(parts.lines).toEqual(whole.lines);
        expect(whole.lines.length).toBe(Buffer.from(bytes).toString('latin1').replace(/\n$/, '').split('\n').length - (bytes.length === 0 ? 1 : 0));
      }),
      { numRuns: 2000 },
    );
  });

  it('S2 reports a line longer than allowed with its beginning and its length, however it is cut, and goes on behind it', () => {
    const long = Buffer.from(`ok\n${'x'.repeat(50_000)}\nafter\n`);
    for (const size of [1, 7, 1000, 16_384, 60_000]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < long.length; at += size) pieces.push(long.subarray(at, at + size));
      const found = split(pieces, 20_000);
      expect(found.lines).toEqual(['ok', 'after']);
      expect(found.oversized).toEqual([50_000]);
      expect(found.prefixes).toEqual([OVERSIZED_PREFIX_BYTES]);
    }
  });

  it('S2 never holds more than the allowed length', () => {
    const splitter = new LineSplitter(20_000);
    const sink = { line: () => undefined, oversized: () => undefined };
    for (let piece = 0; piece < 1000; piece += 1) {
      splitter.push(Buffer.alloc(1000, 0x78), sink);
      expect(splitter.heldBytes).toBeLessThanOrEqual(20_000);
    }
  });

  it('S3 takes an end in order for the end of a line, and drops half a line when the stream broke', () => {
    expect(split([Buffer.from('half')], 1000, true).lines).toEqual(['half']);
    expect(split([Buffer.from('half')], 1000, false).lines).toEqual([]);
  });
});
