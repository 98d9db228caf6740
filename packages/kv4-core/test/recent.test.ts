import { describe, expect, it } from 'vitest';
import { hashText, IdHash, joinHash, RECENT_ID_TEXTS, RecentRevisions } from '../src/index.ts';
import { PackedRevision, revisionText } from '../src/packed-revision.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(`...${text}"...`);
const hex = (n: number): string => n.toString(16).padStart(32, '0');

/** Notes a row as its bytes come. */
function noteRow(recent: RecentRevisions, id: string, revision: string | undefined): void {
  const bytes = bytesOf(`${id}"${revision ?? ''}`);
  const hash = new IdHash();
  hash.read(bytes, 3, 3 + id.length);
  const revisionStart = revision === undefined ? -1 : 4 + id.length;
  recent.noteRow(hash, bytes, { idStart: 3, idEnd: 3 + id.length, revisionStart, revisionEnd: revisionStart + (revision ?? '').length });
}

describe('what is read of the bytes of a row', () => {
  it.each(['d!b!*data!a!!k', 'd!b!*data!!k', 'd!b!*data!a!b!!k!!', 'x!epoch', '!', '!!', 'd!b!!!k', ''])('E18: of %j is what its text says', (id) => {
    const bytes = bytesOf(id);
    const hash = new IdHash();
    hash.read(bytes, 3, 3 + id.length);
    expect(joinHash(hash.high, hash.low)).toBe(hashText(id));
    const pathEnd = id.lastIndexOf('!!');
    expect(hash.pathEnd).toBe(pathEnd < 0 ? -1 : pathEnd + 3);
    if (pathEnd >= 0) expect(joinHash(hash.pathHigh, hash.pathLow)).toBe(hashText(id.slice(0, pathEnd)));
  });

  it.each(['1-00000000000000000000000000000000', '12-ffffffffffffffffffffffffffffffff', '999999999-0123456789abcdef0123456789abcdef'])('E18: packs %s', (revision) => {
    const packed = new PackedRevision();
    expect(packed.readText(revision)).toBe(true);
    expect(revisionText(packed.generation, packed.words)).toBe(revision);
  });

  it.each(['', '-', '1-', '0-0123456789abcdef0123456789abcdef', '1-0123456789ABCDEF0123456789abcdef', '1-0123456789abcdef0123456789abcde', '1-0123456789abcdef0123456789abcdef0', '1-é123456789abcdef0123456789abcdef', '1234567890-0123456789abcdef0123456789abcdef', 'x-0123456789abcdef0123456789abcdef'])(
    'E18: does not pack %j',
    (revision) => {
      expect(new PackedRevision().readText(revision)).toBe(false);
    },
  );
});

describe('recent revisions', () => {
  it('E18 T8: keep the later of two revisions, whether packed or not, and whether noted as texts or as bytes', () => {
    const revisions = [`1-${hex(1)}`, `2-${hex(1)}`, `2-${hex(2)}`, `2-${'f'.repeat(32)}`, `10-${hex(0)}`, '3-odd', 'malformed', undefined];
    for (const first of revisions) {
      for (const second of revisions) {
        const [texts, rows] = [new RecentRevisions(), new RecentRevisions()];
        for (const revision of [first, second]) {
          texts.note('d!b!*data!a!!k', revision);
          noteRow(rows, 'd!b!*data!a!!k', revision);
        }
        const expected = later(first, second);
        expect([texts.revision('d!b!*data!a!!k'), rows.revision('d!b!*data!a!!k'), rows.has('d!b!*data!a!!k')], `${first} ${second}`).toEqual([expected, expected, true]);
      }
    }
  });

  it('E18 T8: hold what a map of the last ones holds, through growth and many rounds', () => {
    const limit = 1000;
    const recent = new RecentRevisions(limit);
    const map = new Map<string, string>();
    for (let n = 0; n < 20_000; n += 1) {
      const id = `d!b!*data!a!!${(n * 7919) % 3001}`;
      const revision = `${1 + Math.floor(n / 3001)}-${hex(n)}`;
      if (n % 3 === 0) recent.note(id, revision);
      else noteRow(recent, id, revision);
      map.delete(id);
      map.set(id, revision);
    }
    const last = [...map].slice(-limit);
    for (const [id, revision] of last) expect(recent.revision(id)).toBe(revision);
    expect([...map.keys()].filter((id) => recent.has(id)).length).toBeLessThanOrEqual(2 * limit);
  });

  it('E18 T8: name the last ids beneath a prefix, each once, without what was forgotten', () => {
    const recent = new RecentRevisions();
    for (let n = 0; n < RECENT_ID_TEXTS; n += 1) recent.note(`a!${n}`, '1-x');
    for (const id of ['b!1', 'b!2', 'b!1', 'a!1', 'b!3', 'b!é']) noteOrText(recent, id);
    recent.forget('b!3');
    expect([...recent.withPrefix('b!')].sort()).toEqual(['b!1', 'b!2', 'b!é']);
    expect([recent.withPrefix('a!').has('a!1'), recent.withPrefix('a!').has('a!0')]).toEqual([true, false]);
    recent.clear();
    expect(recent.withPrefix('').size).toBe(0);
  });

  it('E18 T8: name ids of any length, and forget those whose bytes were written over', () => {
    const recent = new RecentRevisions();
    const long = (n: number): string => `a!${String(n).padStart(2000, '-')}`;
    for (let n = 0; n < 5000; n += 1) recent.note(long(n), '1-x');
    const named = recent.withPrefix('a!');
    expect(named.has(long(4999))).toBe(true);
    expect(named.size).toBeGreaterThan(400);
    expect([...named].every((id) => id.length === 2002)).toBe(true);
    expect([...named].map((id) => Number(id.replace(/^a!-*/, ''))).every((n) => n > 4000)).toBe(true);
  });
});

function noteOrText(recent: RecentRevisions, id: string): void {
  if (/^[ -~]*$/.test(id)) noteRow(recent, id, `2-${hex(2)}`);
  else recent.note(id, `2-${hex(2)}`);
}

/** What the documentation says: a malformed one loses to any other, then the generation counts, then the hash. */
function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const rank = (revision: string): readonly [number, string] => {
    const [, generation = '0', hash = ''] = /^([1-9]\d*)-(.+)$/.exec(revision) ?? [];
    return [Number(generation), hash];
  };
  const [x, y] = [rank(a), rank(b)];
  if (x[0] !== y[0]) return x[0] > y[0] ? a : b;
  return y[1] > x[1] ? b : a;
}
