import { codeRows, errorCodeArrays } from '../../docs/error-codes.mjs';

export const name = 'error-codes';

/** Each `…_ERROR_CODES` array is sorted, its codes share its prefix, and it equals the code table of its package's README. */
export function check(repository) {
  const problems = [];
  const byPackage = new Map();
  for (const found of errorCodeArrays(repository)) {
    const { file, array, codes, entry } = found;
    const prefix = array.slice(0, -'ERROR_CODES'.length);
    for (const code of codes) if (!code.startsWith(prefix)) problems.push({ file, message: `${code} does not begin with ${prefix}, as ${array} says` });
    if (new Set(codes).size !== codes.length) problems.push({ file, message: `${array} names a code twice` });
    byPackage.set(entry, [...(byPackage.get(entry) ?? []), ...codes]);
  }
  for (const [entry, codes] of byPackage) {
    const readme = `${entry.directory}/README.md`;
    const rows = repository.has(readme) ? codeRows(repository.read(readme)) : [];
    const documented = new Set(rows.map((row) => row.code));
    for (const code of codes) if (!documented.has(code)) problems.push({ file: readme, message: `has no table row for ${code}` });
    for (const { code, line, meaning } of rows) {
      if (!codes.includes(code)) problems.push({ file: readme, line, message: `documents ${code}, which no …_ERROR_CODES array of the package holds` });
      if (meaning === '') problems.push({ file: readme, line, message: `says nothing about ${code}` });
    }
  }
  return problems;
}
