import { CouchClient, isCouchError, parseServerUrl, type CouchDatabase } from '@xir/couch-client';
import { redactText, type Logger } from '@xir/operations';
import { NeuronError, type NeuronErrorCode } from '../errors.ts';
import { copyDatabase, type DatabaseLocation } from './replicate.ts';
import { compareDatabases, type Comparison } from './verify.ts';

/** What an export did. */
export interface ExportReport extends Comparison {
  /** Documents that this run copied; those of earlier runs are not counted again. */
  readonly copied: number;
  /** URL of the target database, without credentials. */
  readonly target: string;
}

/**
 * Copies a database to a CouchDB server and verifies the copy. The target is created when it is not there. Repeating it copies what
 * is new. Throws {@link NeuronError}: `NEURON_EXPORT_FAILED` when a server could not be reached or refused, `NEURON_EXPORT_DIFFERS` when the
 * verification found revisions missing.
 */
export async function exportDatabase(source: DatabaseLocation, target: DatabaseLocation, logger: Logger): Promise<ExportReport> {
  await using sourceClient = new CouchClient({ url: source.serverUrl });
  await using targetClient = new CouchClient({ url: target.serverUrl });
  const from = sourceClient.database(source.database);
  const to = targetClient.database(target.database);
  const targetUrl = `${parseServerUrl(target.serverUrl).url}${to.path}`;
  const copied = await attempt('copying', async () => {
    await requireSource(from);
    if (await to.create()) logger.info({ target: targetUrl }, 'the target database was created');
    const total = (await from.info()).documentCount;
    const done = await copyDatabase(source, target, (progress) => logger.info({ ...progress, total }, 'copying'));
    if (done.failures > 0) throw new Error(`the target refused ${done.failures} document(s)`);
    return done.documentsWritten;
  });
  logger.info({ copied }, 'verifying every revision');
  const comparison = await attempt('verifying', () => compareDatabases(from, to));
  if (comparison.missing > 0) {
    throw exportProblem('NEURON_EXPORT_DIFFERS', `${comparison.missing} revision(s) are missing in the target, of ${JSON.stringify(comparison.examples)}`);
  }
  return { ...comparison, copied, target: targetUrl };
}

async function requireSource(source: CouchDatabase): Promise<void> {
  try {
    await source.info();
  } catch (error) {
    if (!isCouchError(error, 'COUCH_NOT_FOUND')) throw error;
    throw new Error(`the database ${source.name} is not there`, { cause: error });
  }
}

async function attempt<Result>(doing: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw exportProblem('NEURON_EXPORT_FAILED', `${doing} stopped: ${redactText(reasonOf(error))}`, error);
  }
}

/** PouchDB rejects with plain objects as well as with errors. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'object' && error !== null && 'reason' in error ? String(error.reason) : String(error);
}

function exportProblem(code: NeuronErrorCode, cause: string, error?: unknown): NeuronError {
  return new NeuronError([{ code, option: 'export-database', cause, fix: 'Repeat the command: it goes on where it stopped, and nothing is lost.' }], error);
}
