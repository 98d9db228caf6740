import { dirname, join } from 'node:path';
import ts from 'typescript';
import { createProgram } from '../program.mjs';
import { lineAt } from '../source-text.mjs';

export const name = 'readme-programs';

/** Where programs of pages outside a package find the packages they import. */
const PLACE_OF_OTHERS = 'apps/neuron';

/**
 * Every `ts` block of a README compiles against the sources as they stand, seen from its own package; and the README of
 * every library has one.
 */
export function check(repository) {
  if (repository.top === undefined) return [];
  const programs = readmePrograms(repository);
  const texts = new Map(programs.map(({ place, text }) => [place, text]));
  const program = createProgram(repository, texts);
  const problems = programs.flatMap(({ file, line, place }) => {
    const source = program.getSourceFile(join(repository.top, place));
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => ({
      file,
      line: line + source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1,
      message: `this program does not compile: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`,
    }));
  });
  for (const { directory, manifest } of repository.packages) {
    const file = `${directory}/README.md`;
    if (manifest.private !== true && manifest.bin === undefined && !programs.some((found) => found.file === file)) problems.push({ file, message: 'shows no program (a `ts` block)' });
  }
  return problems;
}

/** The `ts` blocks of all READMEs, each as a file beside the README it stands in. */
export function readmePrograms(repository) {
  return repository.markdown
    .filter((file) => file === 'README.md' || /^(?:apps|packages|tools)\/[^/]+\/README\.md$/.test(file))
    .flatMap((file) => {
      const text = repository.read(file);
      const directory = file === 'README.md' ? PLACE_OF_OTHERS : dirname(file);
      return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, index) => ({
        file,
        line: lineAt(text, match.index),
        place: `${directory}/${file === 'README.md' ? 'root-' : ''}readme-program-${index + 1}.ts`,
        text: `${match[1]}\nexport {};\n`,
      }));
    });
}
