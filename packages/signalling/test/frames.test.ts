import { expect, it } from 'vitest';

import { rawMember } from '../src/raw-member.ts';
import { serverFrame } from '../src/server-frame.ts';

it('F1: a member of an object is found as it was written', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['{"p":1}', '1'],
    [' { "m" : {"p":2} , "p" : [1, {"p":3}] } ', '[1, {"p":3}]'],
    ['{"p":1,"p":2 }', '2'],
    ['{"\\u0070":"a\\"}b"}', '"a\\"}b"'],
    ['{"q":"p","p":-1.50e+10\n}', '-1.50e+10'],
    ['{"a":"\\\\","p":null}', 'null'],
    ['{}', undefined],
    ['{"m":"p"}', undefined],
  ];
  for (const [text, wanted] of cases) expect(rawMember(text, 'p'), text).toBe(wanted);
});

it('F2: frames of every length are as RFC 6455 has them', () => {
  const head = (text: string) => [...serverFrame(text).subarray(0, 10)];
  expect([...serverFrame('é')]).toEqual([0x81, 2, 0xc3, 0xa9]);
  expect(head('x'.repeat(125)).slice(0, 3)).toEqual([0x81, 125, 0x78]);
  expect(head('x'.repeat(126)).slice(0, 5)).toEqual([0x81, 126, 0, 126, 0x78]);
  expect(head('x'.repeat(65_535)).slice(0, 4)).toEqual([0x81, 126, 0xff, 0xff]);
  expect(head('x'.repeat(65_536))).toEqual([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
});
