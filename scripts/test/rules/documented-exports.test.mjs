import ts from 'typescript';
import { expect, it } from 'vitest';
import { undocumented } from '../../lint/rules/documented-exports.mjs';

/** What the rule says about a module `/p/src/index.ts`. */
function messages(text) {
  const host = ts.createCompilerHost({});
  const { getSourceFile, fileExists } = host;
  const path = '/p/src/index.ts';
  host.getSourceFile = (file, ...rest) => (file === path ? ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) : getSourceFile(file, ...rest));
  host.fileExists = (file) => file === path || fileExists(file);
  const program = ts.createProgram([path], { noLib: true, types: [] }, host);
  return undocumented(program.getTypeChecker(), program.getSourceFile(path), '/p').map((problem) => `${problem.file}:${problem.line}: ${problem.message}`);
}

it('is content with documented exports, and does not look at what stays inside', () => {
  expect(messages('/** A. */\nexport const a = 1;\nconst b = 2;')).toEqual([]);
});

it('names the export without documentation', () => {
  expect(messages('export function a() {}')).toEqual(['src/index.ts:1: export a has no TSDoc']);
});

it('wants every field of options documented', () => {
  expect(messages('/** O. */\nexport interface AOptions {\n  /** Yes. */ x: 1;\n  y: 2;\n}')).toEqual(['src/index.ts:4: option AOptions.y has no TSDoc']);
});
