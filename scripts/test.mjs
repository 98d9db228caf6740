/**
 * `npm test`: does all the set-up, then runs every gate. `--only lint,tests` picks gates, `--package kv4-core` narrows the tests,
 * `--list` names the gates.
 */
import { parseArgs } from 'node:util';
import { GATES, chooseGates } from './gates/catalogue.mjs';
import { countsLine } from './gates/test-counts.mjs';
import { prepare } from './setup/prepare.mjs';
import { seconds } from './setup/progress.mjs';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, package: { type: 'string', multiple: true }, list: { type: 'boolean' } },
});

async function main() {
  if (options.list) {
    for (const gate of GATES) console.log(`${gate.name.padEnd(10)} ${gate.title}`);
    return true;
  }
  const gates = chooseGates(options.only);
  await prepare();
  const outcomes = [];
  let counts;
  for (const [index, gate] of gates.entries()) {
    console.log(`\n[${index + 1}/${gates.length}] ${gate.title}`);
    const started = performance.now();
    const outcome = await runGate(gate);
    counts = outcome.counts ?? counts;
    outcomes.push({ gate, failed: outcome.failed, took: seconds(started) });
    console.log(outcome.failed ? `FAILED ${gate.name} (${seconds(started)})` : `ok ${gate.name} (${seconds(started)})`);
  }
  console.log('');
  for (const { gate, failed, took } of outcomes) console.log(`${failed ? 'FAILED' : 'ok    '} ${gate.name.padEnd(10)} ${took}`);
  if (counts !== undefined) console.log(`\n${countsLine(counts)}`);
  return outcomes.every((outcome) => !outcome.failed);
}

/** A gate returns `{ failed, counts? }` or throws; what it throws is its message to the reader. */
async function runGate(gate) {
  try {
    return { failed: false, ...(await gate.run({ packages: options.package ?? [] })) };
  } catch (error) {
    console.log(error.message);
    return { failed: true, counts: error.counts };
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(`npm test failed: ${error.message}`);
  process.exitCode = 1;
}
