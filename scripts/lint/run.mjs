/** `node scripts/lint/run.mjs [rule …] [--path prefix]`: the rules of this repository, all or those named, for all files or those below a path. */
import { parseArgs } from 'node:util';
import { root } from '../setup/root.mjs';
import { openRepository } from './repository.mjs';
import { RULES } from './rules.mjs';

const { values, positionals } = parseArgs({ options: { path: { type: 'string' }, times: { type: 'boolean' } }, allowPositionals: true });
const unknown = positionals.filter((wanted) => !RULES.some((rule) => rule.name === wanted));
if (unknown.length > 0) throw new Error(`There is no rule ${unknown.join(', ')}.`);

const repository = openRepository(root);
let errors = 0;
let warnings = 0;
const rules = RULES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
for (const rule of rules) {
  const started = performance.now();
  for (const { file, line, message, severity } of rule.check(repository)) {
    if (values.path !== undefined && !file.startsWith(values.path)) continue;
    if (severity === 'warning') warnings += 1;
    else errors += 1;
    console.log(`${file}${line === undefined ? '' : `:${line}`}: ${severity ?? 'error'}: ${message} [${rule.name}]`);
  }
  if (values.times) console.log(`${rule.name}: ${Math.round(performance.now() - started)} ms`);
}
console.log(`${rules.length} rules, ${errors} errors, ${warnings} warnings`);
process.exitCode = errors > 0 ? 1 : 0;
