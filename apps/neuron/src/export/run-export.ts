import { createLogger } from '@xir/operations';
import type { ExportTarget } from '../command-line.ts';
import { NeuronError } from '../errors.ts';
import { openEmbeddedDatabase } from '../embedded-database.ts';
import type { NeuronSettings } from '../options.ts';
import * as kinds from '../option-kinds.ts';
import { exportDatabase } from './export-database.ts';

/**
 * Runs `neuron export-database`: opens the embedded database on loopback with a login of its own (or reads from a server that runs), copies,
 * verifies, and prints one JSON line. Throws {@link NeuronError}.
 */
export async function runExport(
  settings: Pick<NeuronSettings, 'database' | 'dataDir' | 'logLevel'>,
  target: ExportTarget & { readonly environment: Readonly<Record<string, string | undefined>> },
): Promise<void> {
  const logger = createLogger({ level: settings.logLevel });
  const to = serverUrlOf('--to', target.to ?? target.environment['XIR_EXPORT_TO']);
  if (to === undefined) {
    throw problem('--to', 'there is no server to copy to', 'Give --to http://admin:password@host:5984, or set XIR_EXPORT_TO.');
  }
  const from = serverUrlOf('--from', target.from ?? target.environment['XIR_EXPORT_FROM']);
  const destination = { serverUrl: to, database: databaseNameOf(target.targetDatabase ?? settings.database) };
  const report = await withSource(settings, from, (serverUrl) => exportDatabase({ serverUrl, database: settings.database }, destination, logger));
  process.stdout.write(`${JSON.stringify({ exported: true, ...report })}\n`);
}

async function withSource<Result>(
  settings: Pick<NeuronSettings, 'dataDir'>,
  from: string | undefined,
  run: (serverUrl: string) => Promise<Result>,
): Promise<Result> {
  if (from !== undefined) return run(from);
  await using embedded = await openEmbeddedDatabase({ directory: settings.dataDir, mustExist: true });
  return await run(embedded.ownUrl);
}

function serverUrlOf(option: string, text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : parsed(option, () => kinds.serverUrl.parse(text));
}

function databaseNameOf(text: string): string {
  return parsed('--target-database', () => kinds.databaseName.parse(text));
}

function parsed<Value>(option: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw problem(option, `the value is not valid: ${error instanceof Error ? error.message : String(error)}`, 'See neuron export-database --help.');
  }
}

function problem(option: string, cause: string, fix: string): NeuronError {
  return new NeuronError([{ code: 'NEURON_BAD_OPTION', option, cause, fix }]);
}
