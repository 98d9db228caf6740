import { writeFileSync } from 'node:fs';
import { configurationReference } from './documentation.ts';
import { operationsReference } from './operations-documentation.ts';

const documents = new URL('../../../docs/', import.meta.url);
writeFileSync(new URL('configuration.md', documents), configurationReference());
writeFileSync(new URL('operations.md', documents), operationsReference());
