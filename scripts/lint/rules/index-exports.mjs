import ts from 'typescript';

export const name = 'index-exports';

/** A package's `src/index.ts` is a list of what it exports, by name; nothing is computed there and nothing slips out by `export *`. */
export function check(repository) {
  return repository.sources.flatMap((file) => {
    const source = ts.createSourceFile(file, repository.read(file), ts.ScriptTarget.Latest, true);
    const isIndex = file.endsWith('/src/index.ts');
    return source.statements.flatMap((statement) => {
      const line = source.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
      if (ts.isExportDeclaration(statement)) {
        const named = statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause);
        return named ? [] : [{ file, line, message: '`export *` hides what is public; name each export' }];
      }
      return isIndex ? [{ file, line, message: 'index.ts may hold export declarations only' }] : [];
    });
  });
}
