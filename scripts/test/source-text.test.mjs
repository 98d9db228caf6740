import { describe, expect, it } from 'vitest';
import { codeOnly, importsOf, lineAt } from '../lint/source-text.mjs';

describe('codeOnly', () => {
  it('blanks comments and plain strings and keeps every position', () => {
    const text = "a('Date.now'); // Date.now\n/* Date.now\n */ b(\"x\");";
    const code = codeOnly(text);
    expect(code).not.toContain('Date');
    expect(code).toHaveLength(text.length);
    expect(code.split('\n')).toHaveLength(3);
  });

  it('is not fooled by an address in a string or by an escaped quote', () => {
    expect(codeOnly("x = 'http://a'; f();")).toContain('f();');
    expect(codeOnly("x = 'it\\'s'; f();")).toContain('f();');
  });
});

describe('importsOf', () => {
  it('finds imports, re-exports, side effects and import()', () => {
    const text = "import { a,\n  b } from './x.ts';\nexport type { C } from './y.ts';\nimport './z.ts';\nconst w = await import('./w.ts');";
    expect(importsOf(text).map((found) => found.specifier)).toEqual(['./x.ts', './y.ts', './z.ts', './w.ts']);
  });
});

it('lineAt counts from one', () => {
  expect([lineAt('a\nb', 0), lineAt('a\nb', 2)]).toEqual([1, 2]);
});
