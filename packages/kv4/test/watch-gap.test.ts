import type { KeyAddress, Kv4Version } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { fillGap } from '../src/watch-gap.ts';
import { ToldVersions } from '../src/watch-told.ts';

const address: KeyAddress = { bucket: 'b', layer: '*data', path: '/a', key: 'k' };
const BEGUN_MS = 1_000_000;
const at = (ms: number, neuron: string): string => `${ms.toString(16).padStart(12, '0')}0000-${neuron}`;
const put = (version: string): Kv4Version => ({ version, author: 'x', deleted: false, value: version }) as unknown as Kv4Version;
const gone = (version: string): Kv4Version => ({ version, author: 'x', deleted: true, value: undefined }) as unknown as Kv4Version;

/** What is told of a series, newest first, before a version that stands. */
async function told(versions: readonly Kv4Version[], wasAbsent: boolean): Promise<readonly string[]> {
  const position = { epoch: 'e', seq: '1', purges: 0, expiredMs: 0, told: ToldVersions.at(BEGUN_MS) } as unknown as Parameters<typeof fillGap>[0]['position'];
  const gap = { type: 'gap' as const, id: 'd!b!*data!a!!k', address, position, after: '', wasAbsent, before: at(BEGUN_MS + 900, 'fast'), held: [], previous: undefined };
  const found: string[] = [];
  const series = async function* () {
    yield* versions;
  };
  for await (const { version } of fillGap(gap, series)) found.push(version ?? '');
  return found;
}

describe('M12 T36: of a key that was not there, and came, went and came while the feed stood still', () => {
  const news = gone(at(BEGUN_MS + 500, 'right'));
  const slow = put(at(BEGUN_MS - 3_000, 'slow'));

  it('the value beneath a deletion is told too, though the clock of its writer is slow', async () => {
    expect(await told([news, slow], true)).toEqual([slow.version, news.version]);
  });

  it('what lies beneath a deletion from before the watch is not', async () => {
    const [before, old] = [gone(at(BEGUN_MS - 4_000, 'right')), put(at(BEGUN_MS - 5_000, 'right'))];
    expect(await told([news, slow, before, old], true)).toEqual([slow.version, news.version]);
  });

  it('what lies beneath an expiry is not: it may be of long ago', async () => {
    expect(await told([gone(at(BEGUN_MS - 2_000, 'expiry')), slow], true)).not.toContain(slow.version);
  });

  it('where it is not known that nothing was there, old versions are not told', async () => {
    expect(await told([news, slow], false)).toEqual([news.version]);
  });
});
