import { describe, expect, it } from 'vitest';
import { ChangesParser, OVERSIZED_PREFIX_BYTES, type ParsedChanges } from '@xir/couch-feed';

const ROW = '{"seq":"5-g1","id":"a","changes":[{"rev":"2-b"}],"doc":{"_id":"a","v":"ü"}}';
const GONE = '{"seq":null,"id":"水💧","changes":[{"rev":"3-c"},{"rev":"1-d"}],"deleted":true}';

/** Small bodies that hold what a feed can hold, well-formed and not. Each is read in every way of cutting it in three. */
const CORPORA: Readonly<Record<string, string | Uint8Array>> = {
  'rows with UTF-8': `${ROW}\n${GONE}\n`,
  'carriage returns, heartbeats and a last line without an end': `\n\r\n${ROW}\r\n\n\n{"last_seq":"7-x","pending":0}`,
  'a long poll': `{"results":[\n${ROW},\n${GONE}\n],\n"last_seq":"5-g1","pending":7}\n`,
  'commas first': `{"results":[\n${ROW}\n,${GONE}\n\n],\n"last_seq":"5-g1"}\n`,
  'one line': `{"results":[${ROW},${GONE}],"last_seq":"5-g1","pending":7}`,
  'byte order marks and NUL': `\u{FEFF}${ROW}\n\0${ROW}\0\r\n\0\0\n\u{FEFF}\n`,
  'escapes in ids and sequences': '{"seq":"8-\\u0061","id":"\\"\\\\\\ud83d\\udca7","changes":[{"rev":"1-a"}]}\n{"seq":"9-\\q","id":"b","changes":[{"rev":"1-b"}]}\n',
  'lone surrogates and broken UTF-8': Uint8Array.from([...Buffer.from('{"seq":"1-a","id":"\\ud800'), 0xff, 0xc3, ...Buffer.from('","changes":[{"rev":"1-a"}]}\n'), 0xf0, 0x9f, 0x0a, ...Buffer.from(`${ROW}\n`)]),
  'garbage between rows': `{"seq":\n]\n[\n${ROW}\nnonsense}\n{"id":7}\n{"seq":1e400,"changes":[]}\n${GONE}\ntrue\n`,
  'other shapes': '{"id":"x","changes":[{"rev":"1-a"}],"seq":[3,"y"]}\n{"seq":12345678901234567890,"id":"n","changes":[]}\n{"error":"timeout","reason":"x"}\n',
  'lines longer than allowed': `${ROW}\n{"seq":"6-x","id":"big","changes":[{"rev":"4-d"}],"doc":{"v":"${'y'.repeat(120)}"}}\n${'z'.repeat(130)}\n${GONE}\n`,
};
/** Longest line allowed: less than some lines of the corpora. */
const MAX_LINE_BYTES = 100;

/** Everything that a consumer learns. */
function read(pieces: readonly Uint8Array[]): string {
  const parser = new ChangesParser({ maxLineBytes: MAX_LINE_BYTES });
  const found: ParsedChanges[] = [];
  for (const piece of pieces) {
    // Pieces hold during the call only: afterwards other bytes stand in the same memory.
    const borrowed = Buffer.from(piece);
    found.push(parser.push(borrowed));
    borrowed.fill(0x7d);
    if (parser.heldBytes > MAX_LINE_BYTES) throw new RangeError(`${parser.heldBytes} bytes are held`);
  }
  found.push(parser.end());
  const sum = (name: 'scanned' | 'scannedBytes' | 'wantedBytes' | 'quarantined' | 'heartbeats') => found.reduce((total, one) => total + one[name], 0);
  return JSON.stringify([
    found.flatMap(({ rows }) => rows).map((row) => [row.id, row.seq, row.revs, row.deleted, row.doc() ?? null, row.problem ?? null, row.lengthBytes]),
    found.findLast(({ seq }) => seq !== undefined)?.seq ?? null,
    found.findLast(({ end }) => end !== undefined)?.end ?? null,
    ['scanned', 'scannedBytes', 'wantedBytes', 'quarantined', 'heartbeats'].map((name) => sum(name as 'scanned')),
  ]);
}

/** The bytes cut at places, each piece with memory of its own, as a socket hands them over. */
function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
}

/** Numbers below a limit from a seed (mulberry32). */
function numbers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const SEED = Number(process.env['XIR_SPLITS_SEED'] ?? 1);
/** Cases per run; `XIR_SPLITS_CASES=10000000 npx vitest run test/changes-splits.test.ts` before a release (six minutes on an idle core). */
const CASES = Number(process.env['XIR_SPLITS_CASES'] ?? 100_000);
const LIMIT_MS = CASES > 100_000 ? 3_600_000 : 120_000;

describe('ChangesParser however its bytes are cut', () => {
  it.each(Object.entries(CORPORA))(
    'P12 T23: reads the same from every cut in two and in three, and byte by byte: %s',
    (_, corpus) => {
      const bytes = Uint8Array.from(Buffer.from(corpus as string));
      const whole = read([bytes]);
      expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(whole);
      const differing: (readonly number[])[] = [];
      for (let first = 0; first <= bytes.length; first += 1) {
        for (let second = first; second <= bytes.length; second += 1) if (read(cut(bytes, [first, second])) !== whole) differing.push([first, second]);
      }
      expect(differing.slice(0, 3)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    `P12 T23: reads the same from ${CASES} random bodies and cuts (seed ${SEED}; XIR_SPLITS_SEED=${SEED} XIR_SPLITS_CASES=${CASES} runs them again)`,
    () => {
      const below = numbers(SEED);
      const lines = Object.values(CORPORA).flatMap((corpus) => Buffer.from(corpus as string).toString('latin1').split(/(?<=\n)/));
      let differing = '';
      for (let done = 0; done < CASES && differing === ''; done += 1) {
        const text = Array.from({ length: 1 + below(4) }, () => lines[below(lines.length)] ?? '').join('');
        const bytes = Uint8Array.from(Buffer.from(text, 'latin1'));
        if (below(4) === 0 && bytes.length > 0) bytes[below(bytes.length)] = [0x0a, 0x00, 0x22, 0x5c, 0x7d, 0xff, 0x0d, 0x2c][below(8)] ?? 0;
        const places = Array.from({ length: 1 + below(6) }, () => below(bytes.length + 1)).sort((a, b) => a - b);
        if (read(cut(bytes, places)) !== read([bytes])) differing = `case ${done}: ${JSON.stringify(Buffer.from(bytes).toString('latin1'))} at ${places.join(', ')}`;
      }
      expect(differing).toBe('');
    },
    LIMIT_MS,
  );

  it('P12: keeps the same of a longer line wherever it is cut, and never more than a line may have', () => {
    expect(MAX_LINE_BYTES).toBeLessThan(OVERSIZED_PREFIX_BYTES);
    const long = Buffer.from(`{"seq":"6-x","id":"${'i'.repeat(90)}","changes":[{"rev":"4-d"}]}\n`);
    expect(new Set([1, 50, 99, 100, 101, 500].map((size) => read(Array.from({ length: Math.ceil(long.length / size) }, (_, index) => Uint8Array.from(long.subarray(index * size, (index + 1) * size)))))).size).toBe(1);
  });
});
