import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { connect, type StemClient } from '@xir/stem-sdk';
import type { ReadyRecord } from '../src/ready-record.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The system secret of the tests' neurons. */
export const TEST_SECRET = 'a secret of the tests';

/** How a process ended, with all it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the neuron's command, running from sources. */
export class NeuronProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly output = { stdout: '', stderr: '' };
  readonly ended: Promise<Ended>;
  readonly #lines: Promise<ReadyRecord>;

  constructor(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@xir/source', main, ...parameters], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of the machine's own configuration.
      env: { PATH, HOME, ...environment },
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new TypeError('the process has no pipes');
    stdout.setEncoding('utf8').on('data', (text: string) => (this.output.stdout += text));
    stderr.setEncoding('utf8').on('data', (text: string) => (this.output.stderr += text));
    this.ended = once(this.child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      ...this.output,
    }));
    this.#lines = once(createInterface({ input: stdout }), 'line').then(([line]) => JSON.parse(String(line)) as ReadyRecord);
    this.#lines.catch(() => undefined);
  }

  /** The ready line; fails with the log when the process ends before it. */
  async ready(): Promise<ReadyRecord> {
    const outcome = await Promise.race([this.#lines, this.ended]);
    if ('stderr' in outcome) throw new Error(`the neuron ended before it was ready: ${outcome.code ?? outcome.signal}\n${outcome.stderr}`);
    return outcome;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL');
  }
}

/** A neuron on free ports that has said it is ready. */
export interface RunningNeuron extends AsyncDisposable {
  readonly process: NeuronProcess;
  readonly ready: ReadyRecord;
  readonly client: StemClient;
}

/** Flags of a neuron on free loopback ports. */
export function freePorts(): string[] {
  return ['--rest-port', '0', '--ops-port', '0', '--tcp-port', '0', '--ws-port', '0', '--link-port', '0', '--system-secret', TEST_SECRET];
}

/** Starts a neuron on free ports and a client of it. */
export async function startNeuronProcess(parameters: readonly string[]): Promise<RunningNeuron> {
  const neuron = new NeuronProcess([...freePorts(), ...parameters]);
  try {
    const ready = await neuron.ready();
    const client = connect(ready.rest, { credentials: { account: '$sys', secret: TEST_SECRET }, watchMaxRetryMs: 50 });
    return {
      process: neuron,
      ready,
      client,
      async [Symbol.asyncDispose]() {
        await client.close();
        await neuron[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await neuron[Symbol.asyncDispose]();
    throw error;
  }
}

/** A directory that goes with its block. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'xir-neuron-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Waits until a check holds; its last failure is thrown when it does not within `patienceMs`. */
export function eventually<Result>(check: () => Promise<Result>, patienceMs = 15_000): Promise<Result> {
  return new Promise((resolve, reject) => {
    const until = performance.now() + patienceMs;
    const attempt = () => {
      check().then(resolve, (error: unknown) => {
        if (performance.now() > until) reject(error instanceof Error ? error : new Error(String(error)));
        else setTimeout(attempt, 50);
      });
    };
    attempt();
  });
}

/** The JSON of a GET, with its status. */
export async function getJson(url: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Fails when a text holds a secret. */
export function expectNoSecret(text: string, ...secrets: readonly string[]): void {
  for (const secret of secrets) expect(text.includes(secret), `the output holds ${JSON.stringify(secret)}`).toBe(false);
}
