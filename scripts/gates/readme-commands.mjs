import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { childEnvironment } from '../setup/environment.mjs';
import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { addressesOf } from '../start/greeting.mjs';
import { readyLine } from '../start/run-neuron.mjs';
import { curlLines } from './curl-lines.mjs';

const readyWithinMs = 180_000;

/**
 * Starts a neuron as `npm start` does, on free ports and fresh data, and pastes into a shell the three requests it prints and
 * those of README.md. Each must answer `"s":"ok"`.
 */
export async function runReadmeGate() {
  await requireCurl();
  const data = mkdtempSync(join(tmpdir(), 'xir-readme-'));
  const flags = ['--data-dir', data, ...['rest', 'ws', 'tcp', 'link', 'ops'].flatMap((port) => [`--${port}-port`, '0'])];
  const neuron = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), ...flags], {
    cwd: root,
    env: withoutOptions(childEnvironment()),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => neuron.once('close', resolve));
  try {
    const { rest, printed } = await greetingOf(neuron, ended);
    const fromReadme = curlLines(readFileSync(join(root, 'README.md'), 'utf8')).filter((line) => line.includes('http://127.0.0.1:4006/'));
    if (fromReadme.length < 3) throw new Error('README.md shows fewer than three curl lines.');
    if (printed.length !== 3) throw new Error(`npm start printed ${printed.length} curl lines instead of three.`);
    for (const line of [...printed, ...fromReadme]) await paste(line.replaceAll('http://127.0.0.1:4006', rest.replace(/\/$/, '')));
  } finally {
    neuron.kill('SIGTERM');
    const status = await ended;
    rmSync(data, { recursive: true, force: true });
    if (status !== 0) console.log(`The neuron ended with status ${status}.`);
  }
}

/** Options in the caller's environment would make another neuron than the README speaks of. */
function withoutOptions(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('XIR_')));
}

async function requireCurl() {
  try {
    await runCommand('curl', ['--version']);
  } catch (error) {
    throw new Error('This gate pastes curl lines and there is no curl on this machine.', { cause: error });
  }
}

/** The REST address and the curl lines `npm start` prints. */
function greetingOf(neuron, ended) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`No ready neuron within ${readyWithinMs} ms.`)), readyWithinMs);
    const printed = [];
    let rest;
    createInterface({ input: neuron.stdout }).on('line', (line) => {
      const ready = readyLine(line);
      if (ready !== undefined) rest = [...addressesOf(ready)].find(([name]) => /^rest/i.test(name))?.[1];
      printed.push(...curlLines(line));
      if (/Ctrl-C stops it/.test(line)) {
        clearTimeout(late);
        if (rest === undefined) reject(new Error('The ready line names no REST address.'));
        else resolve({ rest, printed });
      }
    });
    void ended.then((status) => {
      clearTimeout(late);
      reject(new Error(`npm start ended with status ${status} before the neuron was ready.`));
    });
  });
}

async function paste(line) {
  const answer = await runCommand('sh', ['-c', line]);
  console.log(`  $ ${line}\n  ${answer}`);
  if (!/"s"\s*:\s*"ok"/.test(answer)) throw new Error(`This line did not answer "s":"ok":\n${line}\n${answer}`);
}
