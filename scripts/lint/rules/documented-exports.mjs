import { join, relative } from 'node:path';
import ts from 'typescript';
import { createProgram } from '../program.mjs';

export const name = 'documented-exports';

/**
 * Every symbol a package exports says what it is; so does every field of an exported `…Options` that is a plain number, text or choice
 * (a field of a named type is explained there).
 */
export function check(repository) {
  if (repository.top === undefined) return [];
  const program = createProgram(repository);
  return repository.packages.flatMap((entry) => {
    const source = program.getSourceFile(join(repository.top, entry.directory, 'src', 'index.ts'));
    return source === undefined ? [] : undocumented(program.getTypeChecker(), source, repository.top);
  });
}

/** The exported symbols of a module that carry no documentation. */
export function undocumented(checker, source, top) {
  const module = checker.getSymbolAtLocation(source);
  if (module === undefined) return [];
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const problems = [];
    if (!isDocumented(symbol, checker)) problems.push(problem(symbol, top, `export ${exported.name} has no TSDoc`));
    for (const declaration of symbol.declarations ?? []) {
      if (!ts.isInterfaceDeclaration(declaration) || !exported.name.endsWith('Options')) continue;
      for (const member of declaration.members) {
        const field = member.name === undefined ? undefined : checker.getSymbolAtLocation(member.name);
        if (field !== undefined && isPlain(checker.getTypeOfSymbol(field)) && !isDocumented(field, checker)) problems.push(problem(field, top, `option ${exported.name}.${field.name} has no TSDoc`));
      }
    }
    return problems;
  });
}

const PLAIN = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike;

function isPlain(type) {
  const members = type.isUnion() ? type.types : [type];
  return members.every((member) => (member.flags & (PLAIN | ts.TypeFlags.Undefined)) !== 0);
}

function isDocumented(symbol, checker) {
  return symbol.getDocumentationComment(checker).length > 0 || (symbol.declarations ?? []).some((declaration) => !declaration.getSourceFile().fileName.includes('/src/'));
}

function problem(symbol, top, message) {
  const declaration = symbol.declarations?.[0];
  const source = declaration?.getSourceFile();
  if (source === undefined) return { file: '', message };
  return { file: relative(top, source.fileName), line: source.getLineAndCharacterOfPosition(declaration.getStart()).line + 1, message };
}
