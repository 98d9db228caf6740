#!/usr/bin/env node
import { hostname, networkInterfaces } from 'node:os';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createLogger, redactText } from '@xir/operations';
import { runCommandLine, type Invocation } from './command-line.ts';
import { readConfigurationFile } from './configuration-file.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, NeuronError, type NeuronErrorCode } from './errors.ts';
import { runExport } from './export/run-export.ts';
import { tuneGarbageCollection } from './garbage-collection.ts';
import { defaultNeuronName } from './neuron-name.ts';
import type { NeuronSettings } from './options.ts';
import { NEURON_VERSION } from './package-version.ts';
import { runUntilSignal } from './process-life.ts';
import { refuseUnsafeSettings } from './refusals.ts';
import { resolveOptions } from './resolve-options.ts';
import { startNeuron } from './start-neuron.ts';

const FATAL_CODES: ReadonlySet<NeuronErrorCode> = new Set([
  'NEURON_DATABASE_REFUSED',
  'NEURON_DATABASE_UNREACHABLE',
  'NEURON_DATA_DIRECTORY',
  'NEURON_EXPORT_DIFFERS',
  'NEURON_EXPORT_FAILED',
  'NEURON_LISTEN_FAILED',
]);

function settingsOf({ flags, configPath }: Invocation): NeuronSettings {
  const { env } = process;
  const path = configPath ?? (env['XIR_CONFIG'] === '' ? undefined : env['XIR_CONFIG']);
  const file = path === undefined ? {} : readConfigurationFile(path);
  return resolveOptions({ flags, environment: env, file, readSecretFile: (secretPath) => readFileSync(secretPath, 'utf8') });
}

async function run(invocation: Invocation): Promise<void> {
  const settings = settingsOf(invocation);
  refuseUnsafeSettings(settings);
  const name = settings.name ?? defaultNeuronName(hostIdentity(settings), settings);
  const logger = createLogger({ level: settings.logLevel, fields: { neuron: name } });
  process.on('uncaughtException', (error) => {
    logger.error({ error }, 'an error that nothing caught: the process ends, so that its supervisor starts it again');
    process.exit(EXIT_FAILURE);
  });
  const start = async (signal: AbortSignal) => {
    const neuron = await startNeuron({ ...settings, name }, logger, signal);
    process.stdout.write(`${JSON.stringify(neuron.ready)}\n`);
    return neuron;
  };
  await runUntilSignal(start, process, { drainMs: settings.drainMs, logger });
}

function hostIdentity(settings: NeuronSettings) {
  const addresses = Object.values(networkInterfaces()).flatMap((addressList) => (addressList ?? []).map(({ mac }) => mac));
  const hardwareAddresses = [...new Set(addresses)].filter((mac) => mac !== '00:00:00:00:00:00');
  return { hostName: hostname(), hardwareAddresses, dataDirectory: resolve(settings.dataDir) };
}

tuneGarbageCollection();
try {
  await runCommandLine(
    process.argv.slice(2),
    { run, exportDatabase: (invocation, target) => runExport(settingsOf(invocation), { ...target, environment: process.env }) },
    { version: NEURON_VERSION, out: (text) => void process.stdout.write(text), error: (text) => void process.stderr.write(text) },
  );
  process.exitCode = 0;
} catch (error) {
  const known = error instanceof NeuronError;
  process.stderr.write(`${known ? error.message : redactText(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
  process.exitCode = known && !FATAL_CODES.has(error.code) ? EXIT_CONFIGURATION : EXIT_FAILURE;
}
