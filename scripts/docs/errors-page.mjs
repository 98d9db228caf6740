import { codeRows, errorCodeArrays } from './error-codes.mjs';

/** The file the page is kept in. */
export const ERRORS_PAGE = 'docs/errors.md';

/** `docs/errors.md`: every error code of every package, with the meaning its package's README gives it. */
export function errorsPage(repository) {
  const sections = new Map();
  for (const { entry, codes } of errorCodeArrays(repository)) {
    const readme = `${entry.directory}/README.md`;
    const meanings = new Map(codeRows(repository.has(readme) ? repository.read(readme) : '').map(({ code, meaning }) => [code, meaning]));
    const rows = sections.get(entry.name) ?? { readme, codes: new Map() };
    for (const code of codes) rows.codes.set(code, meanings.get(code) ?? '');
    sections.set(entry.name, rows);
  }
  const parts = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { readme, codes }]) => {
    const rows = [...codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
    return `## [${name}](../${readme})\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return [
    '# Error codes',
    '',
    'Every error a package reports on purpose carries one of these in `code`. Match on the code: messages may change in any release,',
    'codes only in a major one. Mistakes in the calling program are plain `TypeError`s without a code. What REST clients see is in',
    'the protocol package: the error strings of the v3 API.',
    '',
    'Generated from the sources and the package READMEs by `npm run generate`.',
    '',
    parts.join('\n'),
  ].join('\n');
}
