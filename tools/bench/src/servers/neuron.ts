import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startChild, type Child } from '../child.ts';

/** A neuron process under measurement. */
export interface NeuronProcess extends AsyncDisposable {
  readonly pid: number;
  readonly restPort: number;
  readonly tcpPort: number;
  readonly operationsPort: number;
  readonly webSocketUrl: string;
  /** The address of its embedded database, when it serves one. */
  readonly databaseUrl?: string;
}

/** How a neuron is started. */
export interface NeuronOptions {
  readonly name: string;
  readonly core?: number;
  /** The database it joins; absent: it runs the embedded one and serves it on loopback. */
  readonly couchdbUrl?: string;
  readonly database?: string;
  /** Default: the neuron's. */
  readonly cacheMaxBytes?: string;
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[];
}

/** Starts the built neuron on free ports in a directory of its own that goes with it. */
export async function startNeuron(options: NeuronOptions): Promise<NeuronProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'xir-bench-'));
  const flags = ['--host', '127.0.0.1', '--rest-port', '0', '--ops-port', '0', '--tcp-port', '0', '--ws-port', '0', '--link-port', '0', '--name', options.name, '--data-dir', directory, '--log-level', 'warn'];
  if (options.couchdbUrl === undefined) flags.push('--serve-database', '127.0.0.1:0');
  else flags.push('--couchdb-url', options.couchdbUrl);
  if (options.database !== undefined) flags.push('--database', options.database);
  if (options.cacheMaxBytes !== undefined) flags.push('--cache-max-bytes', options.cacheMaxBytes);
  const child = await startChild([...(options.nodeFlags ?? []), neuronCommand(), ...flags], { name: `neuron ${options.name}`, ...(options.core === undefined ? {} : { core: options.core }) });
  const databaseUrl = addressOf(child, 'database');
  return {
    pid: child.pid,
    restPort: portOf(child, 'rest'),
    tcpPort: portOf(child, 'tcp'),
    operationsPort: portOf(child, 'operations'),
    webSocketUrl: addressOf(child, 'webSocket') ?? '',
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The built command; turbo builds it before, since this package depends on it. */
function neuronCommand(): string {
  return fileURLToPath(new URL('../../../../apps/neuron/dist/main.js', import.meta.url));
}

function addressOf(child: Child, face: string): string | undefined {
  const value = child.ready[face];
  return typeof value === 'string' ? value : undefined;
}

function portOf(child: Child, face: string): number {
  const address = addressOf(child, face);
  if (address === undefined) throw new Error(`the ready line names no ${face} address: ${JSON.stringify(child.ready)}`);
  return Number(new URL(address).port);
}
