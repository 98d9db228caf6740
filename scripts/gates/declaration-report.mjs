import ts from 'typescript';

/**
 * The public surface in a rolled-up declaration file, without comments and in an order that does not depend on the bundler:
 * imports, then declarations by name, then the exported names. Two builds of the same API give the same text.
 *
 * @param {string} declarations the contents of a `.d.ts`
 * @returns {string}
 */
export function normaliseDeclarations(declarations) {
  const source = ts.createSourceFile('index.d.ts', declarations, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const printer = ts.createPrinter({ removeComments: true });
  const imports = [];
  const bodies = [];
  const exported = [];
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined && statement.moduleSpecifier === undefined) {
      for (const element of statement.exportClause.elements) exported.push(element.getText(source));
      continue;
    }
    const text = printer.printNode(ts.EmitHint.Unspecified, statement, source);
    if (ts.isImportDeclaration(statement)) imports.push(sortNames(text));
    else bodies.push({ name: nameOf(statement) ?? text, text });
  }
  bodies.sort((a, b) => compare(a.name, b.name) || compare(a.text, b.text));
  const parts = [];
  if (imports.length > 0) parts.push(imports.sort(compare).join('\n'));
  parts.push(...bodies.map((body) => body.text));
  if (exported.length > 0) parts.push(`export {\n${exported.sort(compare).map((name) => `  ${name},`).join('\n')}\n};`);
  return `${parts.join('\n\n')}\n`;
}

function nameOf(statement) {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]?.name.getText();
  return statement.name?.getText();
}

function sortNames(text) {
  return text.replace(/\{([^}]*)\}/, (_, names) => `{ ${names.split(',').map((name) => name.trim()).sort(compare).join(', ')} }`);
}

/** By code unit, so that the order is the same everywhere. */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
