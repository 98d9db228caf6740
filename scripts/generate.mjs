/** `npm run generate`: writes the pages that are made from sources: docs/errors.md and the package table of README.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS_PAGE, errorsPage } from './docs/errors-page.mjs';
import { PACKAGE_TABLE_FILE, packageTable, withPackageTable } from './docs/package-table.mjs';
import { openRepository } from './lint/repository.mjs';
import { root } from './setup/root.mjs';

const repository = openRepository(root);
writeFileSync(join(root, ERRORS_PAGE), errorsPage(repository));
writeFileSync(join(root, PACKAGE_TABLE_FILE), withPackageTable(repository.read(PACKAGE_TABLE_FILE), packageTable(repository)));
