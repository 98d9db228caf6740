import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyPatch } from '../src/apply-patch.ts';
import { MUTANTS, trapOf } from '../src/mutants.ts';
import { ROOT } from '../src/patch-plugin.ts';
import { patternOf, runMutant } from '../src/run-mutant.ts';
import { verdictOf } from '../src/verdict.ts';

/** The traps of a cache on a change feed that a memory has to survive: T35 and T38 to T40 belong to channels and membership. */
const TRAPS = [...Array.from({ length: 34 }, (_, index) => index + 1), 36, 37, 41, 42];

describe('without what handles it, the test of each trap and of each mended defect fails:', () => {
  it.concurrent.each(MUTANTS.filter(({ byChance }) => byChance !== true).map((mutant) => [mutant.name, mutant] as const))('%s', { timeout: 60_000 }, async (_, mutant) => {
    const verdict = await runMutant(mutant);
    expect(verdict, `${mutant.without}\nAgain: pnpm --filter @xir/mutants mutant ${mutant.name}`).toMatchObject({ type: 'caught' });
  });
});

describe('the table of mutants', () => {
  it('has one for every trap', () => {
    expect([...new Set(MUTANTS.map(trapOf))].filter((trap) => trap > 0)).toEqual(TRAPS);
  });

  it('names each once', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it('takes out what is there exactly once', () => {
    for (const mutant of MUTANTS) expect(applyPatch(readFileSync(join(ROOT, mutant.file), 'utf8'), mutant)).toContain(mutant.replace);
  });

  it('names tests of traps after them', () => {
    const astray = MUTANTS.filter((mutant) => trapOf(mutant) > 0 && !new RegExp(String.raw`\bT${trapOf(mutant)}\b`).test(mutant.heldBy.title));
    expect(astray.map(({ name }) => name)).toEqual([]);
  });
});

describe('a patch', () => {
  const mutant = { name: 'x', file: 'a.ts', find: 'b', replace: 'c' };

  it('replaces its text', () => {
    expect(applyPatch('abd', mutant)).toBe('acd');
  });

  it('replaces every text of a fix that stands in several places', () => {
    expect(applyPatch('abd', { ...mutant, also: [{ find: 'd', replace: 'e' }] })).toBe('ace');
    expect(() => applyPatch('abd', { ...mutant, also: [{ find: 'b', replace: '' }] })).toThrow('is not in a.ts');
  });

  it('is refused where the text is missing or not unique', () => {
    expect(() => applyPatch('ad', mutant)).toThrow('is not in a.ts');
    expect(() => applyPatch('abbd', mutant)).toThrow('more than once');
  });
});

describe('a verdict', () => {
  const report = (...statuses: string[]) => ({ testResults: [{ assertionResults: statuses.map((status) => ({ status, failureMessages: ['no\nat'] })) }] });

  it('is that the mutant was caught when a test that ran failed', () => {
    expect(verdictOf(report('pending', 'passed', 'failed'))).toEqual({ type: 'caught', message: 'no' });
  });

  it('is that it survived when all that ran passed, and unknown when none ran', () => {
    expect(verdictOf(report('skipped', 'passed'))).toEqual({ type: 'survived' });
    expect(verdictOf(report('skipped'))).toEqual({ type: 'unknown', message: 'no test ran' });
  });

  it('is on the test whose title has the words as they stand', () => {
    expect(new RegExp(patternOf({ file: '', suite: 'fake (one)', title: 'T1 a.b' })).test('on fake (one) T1 a.b c')).toBe(true);
    expect(new RegExp(patternOf({ file: '', title: 'T1 a.b' })).test('T1 aXb')).toBe(false);
  });
});
