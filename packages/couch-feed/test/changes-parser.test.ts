import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangesParser, type ParsedChanges } from '@xir/couch-feed';

function parse(text: string | Uint8Array, options: ConstructorParameters<typeof ChangesParser>[0] = {}, pieceBytes = Infinity) {
  const parser = new ChangesParser(options);
  const bytes = Buffer.from(text);
  const found: ParsedChanges[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) found.push(parser.push(bytes.subarray(at, at + Math.min(pieceBytes, bytes.length))));
  found.push(parser.end());
  return {
    rows: found.flatMap(({ rows }) => rows),
    seq: found.map(({ seq }) => seq).filter((seq) => seq !== undefined).at(-1),
    end: found.map(({ end }) => end).find((end) => end !== undefined),
    quarantined: found.reduce((sum, { quarantined }) => sum + quarantined, 0),
    scanned: found.reduce((sum, { scanned }) => sum + scanned, 0),
    heartbeats: found.reduce((sum, { heartbeats }) => sum + heartbeats, 0),
  };
}

const ROW = '{"seq":"5-g1AAA","id":"a","changes":[{"rev":"2-b"},{"rev":"1-c"}],"deleted":true,"doc":{"_id":"a","_rev":"2-b","_deleted":true}}';

describe('ChangesParser', () => {
  it('P1 reads a row of CouchDB’s shape: id, opaque sequence, leaves, deletion, document', () => {
    const { rows, seq } = parse(`${ROW}\n`);
    expect(rows).toHaveLength(1);
    const row = rows[0]!;
    expect([row.id, row.seq, row.revs, row.deleted, row.problem]).toEqual(['a', '5-g1AAA', ['2-b', '1-c'], true, undefined]);
    expect(row.doc()).toEqual({ _id: 'a', _rev: '2-b', _deleted: true });
    expect(row.docBytes()?.toString()).toBe('{"_id":"a","_rev":"2-b","_deleted":true}');
    expect(seq).toBe('5-g1AAA');
  });

  it('P2 asks for the id before anything else is read, and hands over wanted rows only', () => {
    const asked: string[] = [];
    const poison = '{"seq":"6-x","id":"no","changes":[{"rev":"1-a"}],"doc":{{{{}}\n';
    const { rows, scanned, quarantined, seq } = parse(`${ROW}\n${poison}`, {
      wanted: (id) => {
        asked.push(id);
        return id === 'a';
      },
    });
    expect(asked).toEqual(['a', 'no']);
    expect(rows.map(({ id }) => id)).toEqual(['a']);
    expect([scanned, quarantined, seq]).toEqual([2, 0, '6-x']);
  });

  it('P2 a filter that throws lets the row through', () => {
    const wanted = () => {
      throw new Error('broken filter');
    };
    expect(parse(`${ROW}\n`, { wanted }).rows).toHaveLength(1);
  });

  it('P2 a row that is not wanted is told with its winning revision, whatever its shape, and one that cannot be told stops nothing', () => {
    const told: unknown[] = [];
    const other = '{"id":"other shape","changes":[{"rev":"7-f"}],"seq":"8-x"}';
    const text = [ROW, other, '{"seq":"9-x","id":"poison","changes":{}}', '{"seq":"10-x","id":"last","changes":[{"rev":"1-a"}]}', ''].join('\n');
    const { rows, scanned } = parse(text, {
      wanted: (id) => id === 'last',
      passed: (id, revision) => {
        told.push([id, revision]);
        throw new Error('broken');
      },
    });
    expect(told).toEqual([['a', '2-b'], ['other shape', '7-f'], ['poison', undefined]]);
    expect([rows.map(({ id }) => id), scanned]).toEqual([['last'], 4]);
  });

  it('P3 decodes escapes in ids: quotes, backslashes, control characters, surrogate pairs', () => {
    for (const id of ['a"b', '\\', 'nul\u0000', '水💧', '"', '\u007f', 'a\\"', '\u2028']) {
      for (const text of [JSON.stringify(id), JSON.stringify(id).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)]) {
        expect(parse(`{"seq":"1-a","id":${text},"changes":[{"rev":"1-a"}]}\n`).rows.map((row) => row.id)).toEqual([id]);
      }
    }
  });

  it('P4 T17 keeps the last sequence that was told, whatever its shape: strings, numbers beyond 2^53, null, arrays', () => {
    const row = (seq: string) => `{"seq":${seq},"id":"a","changes":[{"rev":"1-a"}]}\n`;
    expect(parse(row('"9-z"') + row('null') + row('null')).seq).toBe('9-z');
    expect(parse(row('"9-z"') + row('"3-y"')).seq).toBe('3-y');
    expect(parse(row('12345678901234567890')).seq).toBe('12345678901234567890');
    expect(parse(row('[5,"x"]')).seq).toBe('[5,"x"]');
    expect(parse(row('null')).seq).toBeUndefined();
    expect(parse(row('null')).rows[0]?.seq).toBeNull();
  });

  it('P5 reads a long poll and a normal answer, on many lines or on one', () => {
    const many = `{"results":[\n${ROW},\n${ROW}\n],\n"last_seq":"5-g1AAA","pending":7}\n`;
    const commasFirst = `{"results":[\n${ROW}\n,${ROW}\n\n],\n"last_seq":"5-g1AAA","pending":7}\n`;
    const one = `{"results":[${ROW},${ROW}],"last_seq":"5-g1AAA","pending":7}`;
    for (const text of [many, commasFirst, one]) {
      const { rows, end, quarantined } = parse(text);
      expect(rows.map(({ id, deleted }) => [id, deleted])).toEqual([['a', true], ['a', true]]);
      expect(end).toEqual({ lastSeq: '5-g1AAA', pending: 7, error: undefined });
      expect(quarantined).toBe(0);
    }
    expect(parse('{"results":[\n\n],\n"last_seq":"0-a","pending":0}\n').end?.pending).toBe(0);
  });

  it('P6 reads the end of a continuous feed and an error line', () => {
    expect(parse('{"last_seq":"3-x","pending":0}\n').end).toEqual({ lastSeq: '3-x', pending: 0, error: undefined });
    expect(parse('{"error":"timeout","reason":"x"}\n').end).toEqual({ lastSeq: null, pending: undefined, error: 'timeout' });
  });

  it('P7 counts empty lines as heartbeats, whether they end in \\n or \\r\\n, and passes over BOM and NUL', () => {
    expect(parse('\n\r\n\n').heartbeats).toBe(3);
    expect(parse(`\uFEFF${ROW}\n\u0000${ROW}\u0000\r\n`).rows).toHaveLength(2);
  });

  it('P8 T37 never throws and counts what it cannot read', () => {
    const poison = ['{"seq":', '[', `${'{"a":'.repeat(10_000)}`, 'nonsense', '{"id":7}', '{"seq":"1","id":"a', '"\ud800"', '{"seq":1e400,"changes":[]}', 'true'];
    const { quarantined, rows } = parse(`${poison.join('\n')}\n`);
    expect(rows).toEqual([]);
    expect(quarantined).toBe(poison.length);
  });

  it('P8 T37 a row whose document cannot be parsed is handed over and says so', () => {
    const [row] = parse('{"seq":"1-a","id":"a","changes":[{"rev":"1-a"}],"doc":{"x":}}\n').rows;
    expect(row?.revs).toEqual(['1-a']);
    expect(row?.doc()).toBeUndefined();
    expect(row?.problem).toBe('unparsable');
  });

  it('P8 T37 survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...[ROW, '\n', '{"seq":"1","id":"', '","changes":[', '{"rev":"1-a"}', ']}', '"'].map((text) => new Uint8Array(Buffer.from(text))))), { maxLength: 30 }), (parts) => {
        const { rows } = parse(Buffer.concat(parts));
        for (const row of rows) {
          expect(typeof row.id).toBe('string');
          expect(Array.isArray(row.revs)).toBe(true);
          row.doc();
          expect(row.seq === null || typeof row.seq === 'string').toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('P9 agrees with JSON.parse on every row, cut anywhere', () => {
    const rowArbitrary = fc.record({
      seq: fc.oneof(fc.string(), fc.constant(null), fc.integer()),
      id: fc.string({ minLength: 1, unit: 'binary' }),
      revs: fc.array(fc.string({ unit: fc.constantFrom(...'0123456789abcdef-') }), { minLength: 1, maxLength: 3 }),
      deleted: fc.boolean(),
      doc: fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(rowArbitrary, { maxLength: 6 }), fc.integer({ min: 1, max: 200 }), (rows, pieceBytes) => {
        const lines = rows.map(({ seq, id, revs, deleted, doc }) => JSON.stringify({ seq, id, changes: revs.map((rev) => ({ rev })), ...(deleted ? { deleted } : {}), ...(doc === undefined ? {} : { doc }) }));
        const found = parse(lines.map((line) => `${line}\n`).join(''), {}, pieceBytes);
        const expected = lines.map((line) => JSON.parse(line) as { seq: unknown; id: string; changes: { rev: string }[]; deleted?: boolean; doc?: unknown });
        expect(found.rows.map((row) => [row.id, row.revs, row.deleted, row.doc()])).toEqual(expected.map((row) => [row.id, row.changes.map(({ rev }) => rev), row.deleted ?? false, row.doc]));
        expect(found.rows.map((row) => row.seq)).toEqual(expected.map(({ seq }) => (seq === null || typeof seq === 'string' ? seq : JSON.stringify(seq))));
      }),
      { numRuns: 1000 },
    );
  });

  it('P10 T24 a row longer than allowed keeps id, sequence and revisions and loses its document', () => {
    const { rows, seq, quarantined } = parse(`{"seq":"8-q","id":"big","changes":[{"rev":"1-a"}],"doc":{"x":"${'y'.repeat(100_000)}"}}\n${ROW}\n`, { maxLineBytes: 50_000 }, 1000);
    expect(rows.map(({ id, revs, problem }) => [id, revs, problem])).toEqual([['big', ['1-a'], 'oversized'], ['a', ['2-b', '1-c'], undefined]]);
    expect(rows[0]?.doc()).toBeUndefined();
    expect(rows[0]?.lengthBytes).toBeGreaterThan(100_000);
    expect([seq, quarantined]).toEqual(['5-g1AAA', 0]);
  });

  it('P11 a row’s bytes are its own: they survive the piece they came in', () => {
    const piece = Buffer.from(`${ROW}\n`);
    const [row] = new ChangesParser().push(piece).rows;
    piece.fill(0);
    expect(row?.revs).toEqual(['2-b', '1-c']);
  });
});
