import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNeuronProcess, temporaryDirectory, TEST_SECRET, type RunningNeuron } from './neuron-process.ts';

const run = promisify(execFile);
const resources: AsyncDisposable[] = [];
let neuron: RunningNeuron;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  const directory = await temporaryDirectory();
  resources.unshift(directory);
  neuron = await startNeuronProcess(['--data-dir', directory.path]);
  resources.unshift(neuron);
  const { PATH = '' } = process.env;
  environment = { PATH, XIR_NEURON_URL: neuron.ready.rest, XIR_TCP_HOST: '127.0.0.1', XIR_TCP_PORT: new URL(neuron.ready.tcp).port, XIR_ACCOUNT: '$sys', XIR_SECRET: TEST_SECRET };
});
afterAll(async () => {
  for (const resource of resources) await resource[Symbol.asyncDispose]();
});

const example = (name: string) => fileURLToPath(new URL(`../../../docs/examples/${name}`, import.meta.url));

async function outputOf(command: string, parameters: readonly string[], url?: string): Promise<string> {
  const { stdout } = await run(command, parameters, { env: url === undefined ? environment : { ...environment, XIR_NEURON_URL: url }, cwd: fileURLToPath(new URL('..', import.meta.url)) });
  return stdout;
}

describe('the example cells of docs/examples', () => {
  it.each(['http', 'redis'])('in TypeScript, a configuration follows changes while the program runs, over %s', async (scheme) => {
    const text = await readFile(example('live-configuration.ts'), 'utf8');
    const url = new URL(scheme === 'http' ? neuron.ready.rest : neuron.ready.tcp);
    url.username = '$sys';
    url.password = encodeURIComponent(TEST_SECRET);
    const output = await outputOf(process.execPath, ['--import', 'tsx', '--conditions=@xir/source', '--input-type=module', '--eval', text], url.href);
    expect(output).toBe('brightness 10\nbrightness 15\n');
  });

  it('in JavaScript, an order board knows who is there, acknowledges, and misses nothing over a lost connection', async () => {
    const text = await readFile(example('order-board.mjs'), 'utf8');
    const output = await outputOf(process.execPath, ['--import', 'tsx', '--conditions=@xir/source', '--input-type=module', '--eval', text]);
    expect(output).toBe('kitchen is there, oven hot\nwaiter is there\nsoup reached 1\nthe kitchen has soup and bread, and missed nothing\n');
  });

  it('in Python, requests are limited over the Redis protocol', async () => {
    expect(await outputOf('/usr/bin/python3', [example('rate_limiter.py')])).toBe('1 allowed\n2 allowed\n3 allowed\n4 refused\n5 refused\n');
  });

  it('in Python alone, measurements are written and summed up over REST', async () => {
    expect(await outputOf('/usr/bin/python3', [example('sensor_series.py')])).toBe('measurements 3 average 23 highest 27\nnow 27\n');
  });

  it('in a shell, measurements are written with redis-cli and read with curl', async () => {
    expect(await outputOf('/bin/sh', [example('sensor-series.sh')])).toBe('measurements 20 22 27\naverage 23\n{"v":27,"s":"ok"}\n');
  });
});
