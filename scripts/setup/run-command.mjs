import { spawn } from 'node:child_process';
import { childEnvironment } from './environment.mjs';
import { root } from './root.mjs';

/** A command that ended with something else than 0. */
class CommandFailed extends Error {
  constructor(commandLine, ending, output) {
    super(`${commandLine} ended with ${ending}${output === '' ? '' : `\n${output}`}`);
    this.name = 'CommandFailed';
    this.ending = ending;
    this.output = output;
  }
}

/**
 * Runs a program without a shell and without standard input.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ directory?: string, environment?: Record<string, string>, show?: boolean }} [options] `show` passes output through as it comes;
 *   otherwise it is returned, and part of the error when the command fails
 * @returns {Promise<string>} what the program wrote; empty with `show`
 */
export function runCommand(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.directory ?? root,
      env: childEnvironment(options.environment),
      stdio: options.show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    const pieces = [];
    child.stdout?.on('data', (piece) => pieces.push(piece));
    child.stderr?.on('data', (piece) => pieces.push(piece));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const output = Buffer.concat(pieces).toString('utf8').trimEnd();
      if (code === 0) resolve(output);
      else reject(new CommandFailed([program, ...args].join(' '), signal ?? `exit status ${code}`, output));
    });
  });
}
