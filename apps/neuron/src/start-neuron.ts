import { createAccounts } from '@xir/accounts';
import { isCouchError, parseServerUrl } from '@xir/couch-client';
import {
  createMetrics,
  NEURON_METRICS,
  startLoopDelayMonitor,
  startOperationsServer,
  startWatchdog,
  type HealthInput,
  type Logger,
  type NeuronSnapshot,
  type OperationsServer,
  type Readiness,
} from '@xir/operations';
import { createRestHandler, createRestServer, type RestHandler, type RestServer } from '@xir/rest';
import { ClosingStack } from './closing-stack.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { NeuronError, type NeuronErrorCode } from './errors.ts';
import { openNeuronMemory, type NeuronMemory } from './neuron-memory.ts';
import type { NeuronSettings } from './options.ts';
import { NEURON_VERSION } from './package-version.ts';
import { readyRecord, type ReadyRecord } from './ready-record.ts';
import { turnOptions } from './turn-settings.ts';
import { readTlsFiles } from './tls-files.ts';

/** Settings of one neuron; its name is decided. */
export type NamedSettings = NeuronSettings & { readonly name: string };

/** A running neuron. */
export interface Neuron extends AsyncDisposable {
  readonly ready: ReadyRecord;
  /** Drains and closes everything: REST first, then memory, the embedded database and operations. Idempotent. */
  close(): Promise<void>;
}

/** Heartbeats without a sign of life after which the feed is not proved alive. */
export const FEED_DEADLINE_HEARTBEATS = 3;

/** What is known while the neuron starts, runs and ends. */
interface Parts {
  state: 'starting' | 'running' | 'draining';
  memory?: NeuronMemory;
  rest?: RestHandler;
}

/**
 * Starts a neuron: operations, the database (embedded or not), memory, accounts, REST. Resolves when all of it is open. Throws {@link NeuronError}, having
 * closed what was open. The settings are taken as checked (`refuseUnsafeSettings`).
 */
export async function startNeuron(settings: NamedSettings, logger: Logger): Promise<Neuron> {
  const stack = new ClosingStack((name, error) => logger.error({ error, name }, 'something could not be closed'));
  const parts: Parts = { state: 'starting' };
  try {
    const operations = await openOperations(settings, parts, { stack, logger });
    const database = await openDatabase(settings, stack, logger);
    parts.memory = stack.add('memory', await openMemoryOn(database.ownUrl, settings));
    const rest = await openRest(settings, parts, { stack, logger });
    parts.state = 'running';
    const facts = { neuron: settings.name, version: NEURON_VERSION, pid: process.pid, rest: rest.url, operations: operations.url };
    const ready = readyRecord(settings, database.url === undefined ? facts : { ...facts, database: database.url });
    logger.info({ rest: ready.rest, operations: ready.operations, database: ready.database, databaseName: ready.databaseName }, 'the neuron is ready');
    const close = () => {
      parts.state = 'draining';
      return stack.close();
    };
    return { ready, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

interface Context {
  readonly stack: ClosingStack;
  readonly logger: Logger;
}

async function openOperations(settings: NamedSettings, parts: Parts, { stack, logger }: Context): Promise<OperationsServer> {
  const watchdog = stack.add('watchdog', startWatchdog({ logger, ...watchdogTimes(settings.stallAbortMs) }));
  const loopDelay = startLoopDelayMonitor();
  stack.add('loop delay', { close: async () => loopDelay.close() });
  const health = (): HealthInput => {
    const figures = parts.memory?.figures();
    return {
      feed: parts.memory?.feed() ?? { state: 'starting', evidence: 'none' },
      maxFeedAgeMs: FEED_DEADLINE_HEARTBEATS * settings.heartbeatMs,
      databaseCommand: databaseCommand(settings),
      divergences: figures?.audit?.divergences ?? 0,
      writesNotDurable: figures?.writes?.notDurable ?? 0,
      recentStallMs: watchdog.snapshot().recentStallMs,
      draining: parts.state === 'draining',
    };
  };
  const snapshot = (): NeuronSnapshot => ({
    version: NEURON_VERSION,
    ...parts.memory?.figures(),
    loopDelay: loopDelay.read(),
    watchdog: watchdog.snapshot(),
    ...restFigures(parts.rest),
  });
  const readiness = (): Readiness => ({ ready: parts.state === 'running', cause: parts.state });
  const metrics = createMetrics({ definitions: NEURON_METRICS, snapshot, defaultLabels: { neuron: settings.name } });
  const options = { host: settings.host, port: settings.opsPort, health, readiness, metrics, logger };
  return stack.add('operations', await listening('--ops-port', () => startOperationsServer(options)));
}

/** What shows how the database is: its own answer, or for the embedded one the disk it is on. */
function databaseCommand({ couchdbUrl, dataDir }: NamedSettings): string {
  return couchdbUrl === undefined ? `df -h ${JSON.stringify(dataDir)}` : `curl -sS ${parseServerUrl(couchdbUrl).url}/_up`;
}

function watchdogTimes(stallAbortMs: number) {
  // A short limit needs an early warning too.
  return stallAbortMs > 0 && stallAbortMs < 1000 ? { stallAbortMs, stallWarningMs: stallAbortMs, tickMs: Math.max(1, stallAbortMs / 4) } : { stallAbortMs };
}

function restFigures(rest: RestHandler | undefined): Pick<NeuronSnapshot, 'requests' | 'requestsInFlight' | 'watches'> {
  if (rest === undefined) return {};
  const { requests, activeRequests, activeWatches } = rest.metrics();
  return {
    requests: requests.map(({ service, method, outcome, count }) => ({ labels: { service, method, outcome }, value: count })),
    requestsInFlight: activeRequests,
    watches: activeWatches,
  };
}

async function openDatabase(settings: NamedSettings, stack: ClosingStack, logger: Logger): Promise<{ readonly ownUrl: string; readonly url?: string }> {
  const { couchdbUrl, serveDatabase, databaseAdmin, dataDir } = settings;
  if (couchdbUrl !== undefined) return { ownUrl: couchdbUrl, url: parseServerUrl(couchdbUrl).url };
  const embedded = await openEmbeddedDatabase({
    directory: dataDir,
    ...(serveDatabase === undefined ? {} : { serve: serveDatabase }),
    ...(databaseAdmin === undefined ? {} : { admin: databaseAdmin }),
    onError: (error) => logger.error({ error }, 'a request to the embedded database failed'),
  });
  stack.add('embedded database', embedded);
  return serveDatabase === undefined ? { ownUrl: embedded.ownUrl } : { ownUrl: embedded.ownUrl, url: embedded.url };
}

async function openMemoryOn(serverUrl: string, settings: NamedSettings): Promise<NeuronMemory> {
  try {
    return await openNeuronMemory(serverUrl, settings);
  } catch (error) {
    const refused = isCouchError(error, 'COUCH_UNAUTHORIZED') || isCouchError(error, 'COUCH_FORBIDDEN');
    const { url } = parseServerUrl(serverUrl);
    const reason = error instanceof Error ? error.message : String(error);
    throw refused
      ? problem('NEURON_DATABASE_REFUSED', ['--couchdb-url', `${url} refused the login (${reason})`, 'Check name and password in the URL.'], error)
      : problem('NEURON_DATABASE_UNREACHABLE', ['--couchdb-url', `the database at ${url} could not be opened (${reason})`, `Try: curl -sS ${url}/_up`], error);
  }
}

async function openRest(settings: NamedSettings, parts: Parts & { memory?: NeuronMemory }, { stack, logger }: Context): Promise<RestServer> {
  const { memory } = parts;
  if (memory === undefined) throw new TypeError('REST needs memory');
  const { store } = memory;
  const accounts = stack.add('accounts', createAccounts({ store, systemSecret: settings.systemSecret }));
  const tls = settings.tlsCert === undefined || settings.tlsKey === undefined ? undefined : readTlsFiles(settings.tlsCert, settings.tlsKey);
  const turn = turnOptions(settings);
  const handler = createRestHandler({
    store,
    accounts,
    systemSecret: settings.systemSecret,
    neuron: settings.name,
    trustProxy: settings.trustProxy,
    ...(turn === undefined ? {} : { turn }),
    hosts: { ...(settings.signalUrls === undefined ? {} : { signal: settings.signalUrls }), ...(settings.turnHosts === undefined ? {} : { turn: settings.turnHosts }) },
    onError: (error) => logger.error({ error }, 'a request failed for a reason that nobody planned for'),
    // Telling about every request costs the short way of cached answers, so only who debugs is told.
    ...(isDebugging(settings) ? { onRequest: (report: object) => logger.debug(report, 'request') } : {}),
  });
  parts.rest = handler;
  const options = { handler, host: settings.host, port: settings.restPort, drainMs: settings.drainMs, ...(tls === undefined ? {} : { tls }) };
  return stack.add('REST', await listening('--rest-port', () => createRestServer(options)));
}

function isDebugging({ logLevel }: NeuronSettings): boolean {
  return logLevel === 'debug' || logLevel === 'trace';
}

async function listening<Server>(option: string, listen: () => Promise<Server>): Promise<Server> {
  try {
    return await listen();
  } catch (error) {
    if (error instanceof TypeError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw problem('NEURON_LISTEN_FAILED', [option, reason, 'Choose another port, or 0 for any free one; or end what listens there.'], error);
  }
}

function problem(code: NeuronErrorCode, [option, cause, fix]: readonly [string, string, string], error: unknown): NeuronError {
  return new NeuronError([{ code, option, cause, fix }], error);
}
