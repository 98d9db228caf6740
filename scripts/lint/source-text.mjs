/** The line number, from 1, of a position in a text. */
export function lineAt(text, index) {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Every match of a global pattern, with its line. */
export function matchesOf(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => ({ match, line: lineAt(text, match.index) }));
}

/**
 * TypeScript text with comments and the contents of plain strings replaced by spaces, positions kept, so that rules on code do not
 * trip over words. Template literals and regular expressions are left alone.
 */
export function codeOnly(text) {
  const pattern = /\/\*[\s\S]*?\*\/|(?<![:\\'"`/])\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(pattern, (piece) => {
    if (piece.startsWith('`')) return piece;
    if (piece.startsWith('/')) return piece.replace(/[^\n]/g, ' ');
    return `${piece[0]}${' '.repeat(piece.length - 2)}${piece[0]}`;
  });
}

/** The modules a TypeScript text imports or re-exports, type imports and `import()` included. */
export function importsOf(text) {
  const pattern = /^\s*(?:import|export)\b[^'";]*?\bfrom\s*(['"])([^'"]+)\1|^\s*import\s*(['"])([^'"]+)\3|\bimport\(\s*(['"])([^'"]+)\5\s*\)/gm;
  return matchesOf(text, pattern).map(({ match, line }) => ({ specifier: match[2] ?? match[4] ?? match[6], line, typeOnly: /^\s*(?:import|export)\s+type\b/.test(match[0]) }));
}
