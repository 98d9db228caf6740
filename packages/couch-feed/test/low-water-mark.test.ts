import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LowWaterMark } from '@xir/couch-feed';

describe('LowWaterMark', () => {
  it('L1 T28 stays behind the oldest unfinished piece, in whatever order pieces finish', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (count, keys) => {
        const mark = new LowWaterMark('start');
        const finish = Array.from({ length: count }, (_, n) => mark.open(String(n)));
        const order = finish.map((_, n) => n).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
        const done = new Set<number>();
        for (const n of order) {
          finish[n]?.();
          done.add(n);
          let behind = -1;
          while (done.has(behind + 1)) behind += 1;
          expect(mark.seq).toBe(behind < 0 ? 'start' : String(behind));
        }
        expect(mark.openCount).toBe(0);
      }),
    );
  });

  it('L2 passes what brought no work at once when nothing is open, else with the last piece', () => {
    const mark = new LowWaterMark('0');
    mark.pass('1');
    expect(mark.seq).toBe('1');
    const finish = mark.open('2');
    mark.pass('3');
    expect(mark.seq).toBe('1');
    finish();
    finish();
    expect(mark.seq).toBe('3');
  });

  it('L3 tells those who wait when everything opened before is finished, or forgotten', () => {
    const told: (string | boolean)[] = [];
    const mark = new LowWaterMark('0', () => told.push('moved'));
    const first = mark.open('1');
    const second = mark.open(undefined);
    mark.whenFinished((applied) => told.push(applied));
    const third = mark.open('3');
    second();
    expect(told).toEqual([]);
    first();
    expect(told).toEqual([true, 'moved']);
    mark.whenFinished((applied) => told.push(applied));
    mark.restart('9');
    third();
    expect(told).toEqual([true, 'moved', false, 'moved']);
    expect(mark.seq).toBe('9');
    mark.whenFinished((applied) => told.push(applied));
    expect(told.at(-1)).toBe(true);
  });
});
