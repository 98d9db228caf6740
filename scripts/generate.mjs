/**
 * `npm run generate`: writes what is made from sources: docs/errors.md, the package table of README.md, docs/configuration.md, and the script of the chat page.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeChatScript } from './docs/chat-script.mjs';
import { ERRORS_PAGE, errorsPage } from './docs/errors-page.mjs';
import { PACKAGE_TABLE_FILE, packageTable, withPackageTable } from './docs/package-table.mjs';
import { openRepository } from './lint/repository.mjs';
import { root } from './setup/root.mjs';
import { runCommand } from './setup/run-command.mjs';

const repository = openRepository(root);
writeFileSync(join(root, ERRORS_PAGE), errorsPage(repository));
writeFileSync(join(root, PACKAGE_TABLE_FILE), withPackageTable(repository.read(PACKAGE_TABLE_FILE), packageTable(repository)));
writeChatScript();

const configuration = 'apps/neuron/src/write-documentation.ts';
if (repository.has(configuration)) await runCommand(process.execPath, ['--import', 'tsx', '--conditions=@xir/source', configuration], { show: true });
