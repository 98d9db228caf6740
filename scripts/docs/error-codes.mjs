import ts from 'typescript';

/**
 * The error codes each package exports, read from its sources: arrays named `…_ERROR_CODES`.
 *
 * @param {import('../lint/repository.mjs').Repository} repository
 * @returns {{ entry: import('../lint/repository.mjs').PackageEntry, file: string, array: string, codes: string[] }[]}
 */
export function errorCodeArrays(repository) {
  return repository.packages.flatMap((entry) =>
    repository.sources
      .filter((file) => file.startsWith(`${entry.directory}/src/`) && repository.read(file).includes('_ERROR_CODES'))
      .flatMap((file) => arraysIn(file, repository.read(file)).map(({ array, codes }) => ({ entry, file, array, codes }))),
  );
}

function arraysIn(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return source.statements.filter(ts.isVariableStatement).flatMap((statement) =>
    statement.declarationList.declarations.flatMap((declaration) => {
      const array = declaration.name.getText(source);
      const value = literalOf(declaration.initializer);
      if (!array.endsWith('_ERROR_CODES') || value === undefined) return [];
      return [{ array, codes: value.elements.filter(ts.isStringLiteralLike).map((element) => element.text) }];
    }),
  );
}

/** The array literal in `[…] as const`, with or without a further `satisfies`. */
function literalOf(node) {
  if (node === undefined) return undefined;
  if (ts.isArrayLiteralExpression(node)) return node;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) return literalOf(node.expression);
  return undefined;
}

/**
 * The rows of a Markdown text's tables whose first cell is one error code.
 *
 * @returns {{ code: string, meaning: string, line: number }[]}
 */
export function codeRows(markdown) {
  return markdown.split('\n').flatMap((text, index) => {
    const row = /^\|\s*`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`\s*\|\s*(.*?)\s*\|\s*$/.exec(text);
    if (row === null || row[1].startsWith('DEFAULT_') || row[1].startsWith('XIR_')) return [];
    return [{ code: row[1], meaning: row[2].split(/\s+\|\s+/).join('; '), line: index + 1 }];
  });
}
