import { expect, it } from 'vitest';
import { skipsOf } from '../gates/skip-reporter.mjs';

it('lists skipped tests with the reason they gave, if any', () => {
  const test = (fullName, note) => ({ fullName, result: () => ({ state: 'skipped', note }) });
  const module = { children: { allTests: (state) => (state === 'skipped' ? [test('a', 'the store does not claim it'), test('b')] : []) } };
  expect(skipsOf([module])).toEqual([{ name: 'a', reason: 'the store does not claim it' }, { name: 'b' }]);
});
