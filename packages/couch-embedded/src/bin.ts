#!/usr/bin/env node
import { runCommand } from './command-line.ts';

runCommand(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`xir-couch-embedded: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
