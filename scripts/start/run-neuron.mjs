import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment } from '../setup/environment.mjs';
import { neuronEntry } from '../setup/build-neuron.mjs';
import { greeting } from './greeting.mjs';

const lookForParentEveryMs = 500;

/**
 * Runs a neuron until it ends. Its ready line becomes a greeting with addresses and first requests; everything else it writes is
 * passed through.
 *
 * @param {readonly string[]} args the neuron's own flags
 * @returns {Promise<number>} the neuron's exit status
 */
export function runNeuron(args) {
  // A process group of its own: Ctrl-C reaches this process alone, which passes it on once.
  const neuron = spawn(process.execPath, ['--enable-source-maps', neuronEntry, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: childEnvironment(),
    detached: true,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => neuron.kill(signal));
  process.on('exit', () => neuron.kill('SIGTERM'));
  if (process.env.npm_lifecycle_event === 'start') onParentGone(() => neuron.kill('SIGTERM'));
  createInterface({ input: neuron.stdout }).on('line', (line) => {
    const ready = readyLine(line);
    process.stdout.write(ready === undefined ? `${line}\n` : `${line}\n${greeting(ready, args)}`);
  });
  return new Promise((resolve, reject) => {
    neuron.once('error', reject);
    neuron.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)));
  });
}

/**
 * Calls back once when the parent process has ended. npm passes SIGTERM to the shell it runs a script in, and that shell to nobody, so
 * whoever stops `npm start` would leave the neuron behind.
 */
function onParentGone(run) {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    run();
  }, lookForParentEveryMs);
  look.unref();
}

/** The ready record, when a line of the neuron's output is one. */
export function readyLine(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    const record = JSON.parse(line);
    return record.ready === true ? record : undefined;
  } catch {
    // Not JSON: some other line of output, passed through as it is.
    return undefined;
  }
}
