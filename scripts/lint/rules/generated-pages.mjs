import { ERRORS_PAGE, errorsPage } from '../../docs/errors-page.mjs';
import { PACKAGE_TABLE_FILE, TABLE_START, packageTable, withPackageTable } from '../../docs/package-table.mjs';
import { ROLES } from '../layers.mjs';
import { firstDifference } from '../../gates/first-difference.mjs';

export const name = 'generated-pages';

/** Pages made from sources are what the sources say now. */
export function check(repository) {
  const problems = [];
  const compare = (file, wanted) => {
    const found = repository.has(file) ? repository.read(file) : '';
    if (found !== wanted) problems.push({ file, message: `is out of date (${firstDifference(found, wanted)}); run \`npm run generate\`` });
  };
  compare(ERRORS_PAGE, errorsPage(repository));
  const readme = repository.has(PACKAGE_TABLE_FILE) ? repository.read(PACKAGE_TABLE_FILE) : '';
  if (!readme.includes(TABLE_START)) problems.push({ file: PACKAGE_TABLE_FILE, message: `has no package table (${TABLE_START})` });
  compare(PACKAGE_TABLE_FILE, withPackageTable(readme, packageTable(repository)));
  const listed = new Set(ROLES.flatMap((group) => group.packages));
  for (const { name: packageName, manifest, directory } of repository.packages) {
    if (manifest.private !== true && !listed.has(packageName)) problems.push({ file: `${directory}/package.json`, message: `${packageName} has no role in scripts/lint/layers.mjs` });
  }
  return problems;
}
