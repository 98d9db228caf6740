import { parseArgs } from 'node:util';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';
import { runMutant } from './run-mutant.ts';

const { values, positionals } = parseArgs({ options: { list: { type: 'boolean', default: false } }, allowPositionals: true });

const unknown = positionals.filter((name) => !MUTANTS.some((mutant) => mutant.name === name));
if (unknown.length > 0) {
  console.error(`No mutant is called ${unknown.join(', ')}. List them: pnpm --filter @xir/mutants mutant --list`);
  process.exit(1);
}
const chosen = positionals.length === 0 ? MUTANTS : MUTANTS.filter(({ name }) => positionals.includes(name));
let held = true;
for (const mutant of chosen) {
  if (values.list) console.log(`${mutant.name}\n  without: ${mutant.without}\n  held by: ${mutant.heldBy.file} "${mutant.heldBy.title}"`);
  else held = (await show(mutant)) && held;
}
if (!held) process.exitCode = 1;

async function show(mutant: Mutant): Promise<boolean> {
  const verdict = await runMutant(mutant);
  console.log(`${verdict.type.padEnd(8)} ${mutant.name}: ${mutant.without}`);
  if (verdict.type !== 'survived') console.log(`         ${verdict.message}`);
  return verdict.type === 'caught';
}
