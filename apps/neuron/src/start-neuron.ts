import { createAccounts, type Accounts, type CachedStore, type Login } from '@xir/accounts';
import { isCouchError, parseServerUrl, systemClock, systemRandom } from '@xir/couch-client';
import type { Memory } from '@xir/kv4';
import { Kv4Error } from '@xir/kv4-core';
import { createMessaging, meterRouter } from '@xir/messaging';
import type { Logger } from '@xir/operations';
import { createRespFace, createRespServer, type RespServer } from '@xir/resp';
import { createRestHandler, createRestServer, type HostOptions, type RestHandler, type RestOptions, type RestServer } from '@xir/rest';
import type { ServingGate } from '@xir/router';
import type { SignallingFace, SignallingOptions } from '@xir/signalling';
import { attachWebSocketFace, createWebSocketFace, createWebSocketServer, type WebSocketServerHandle } from '@xir/websocket';
import { awaitDatabase } from './await-database.ts';
import { openChannels, type Channels } from './channels.ts';
import { ClosingStack, MEMORY_RESERVE_MS, ROUTER_RESERVE_MS } from './closing-stack.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { NeuronError, type NeuronErrorCode } from './errors.ts';
import { openLegacy } from './legacy.ts';
import { listening } from './listening.ts';
import type { NamedSettings } from './named-settings.ts';
import { chooseSignal, nextHosts, openGate, openMembership, supersededError } from './membership.ts';
import { ownSignalUrl } from './own-signal.ts';
import { openNeuronMemory, retentionOfLayers, type DatabaseReach } from './neuron-memory.ts';
import { openOperations, type NeuronParts } from './neuron-operations.ts';
import { NEURON_VERSION } from './package-version.ts';
import { readyRecord, type ReadyRecord } from './ready-record.ts';
import { CLOSE_GRACE_MS } from './process-life.ts';
import { turnOptions } from './turn-settings.ts';
import { openWebhooks } from './webhooks.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

/** A running neuron. */
export interface Neuron extends AsyncDisposable {
  readonly ready: ReadyRecord;
  /** Resolves, if ever, to the error for which it cannot go on: another process has its name. It is to be closed then. */
  readonly failed: Promise<NeuronError>;
  /** Drains and closes everything: the faces first, then memory, the embedded database and operations. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a neuron: operations, the database (embedded or not), memory, accounts, the faces. Resolves when all of it is open; a database that cannot be reached is waited for.
 * Throws {@link NeuronError}, and the reason of `signal`, having closed what was open. The settings are taken as checked (`refuseUnsafeSettings`).
 */
export async function startNeuron(settings: NamedSettings, logger: Logger, signal: AbortSignal = new AbortController().signal): Promise<Neuron> {
  const stack = new ClosingStack((name, error) => logger.error({ error, name }, 'something could not be closed'));
  const parts: NeuronParts = { state: 'starting' };
  try {
    const operations = await openOperations(settings, parts, { stack, logger });
    const database = await openDatabase(settings, stack, logger);
    const memory = stack.add('memory', await openMemoryInTime(database, settings, { parts, logger, signal }), { reserveMs: MEMORY_RESERVE_MS });
    delete parts.waitingFor;
    parts.memory = memory;
    const system = await openMembership(settings, { memory, clients: () => clientsOf(parts), isDraining: () => parts.state === 'draining' }, { stack, logger });
    parts.system = system;
    const accounts = stack.add('accounts', createAccounts({ store: memory, systemSecret: settings.systemSecret }));
    const tls = settings.tlsCert === undefined || settings.tlsKey === undefined ? undefined : readTlsFiles(settings.tlsCert, settings.tlsKey);
    const onError = (error: unknown) => logger.error({ error }, 'something of the channels failed, and is tried again where it can be');
    const channels = await openChannels({ store: memory, accounts, membership: system.membership, links: system.links, rules: settings.channels.rules, layers: retentionOfLayers(settings), onError });
    // The router's peers leave before the webhooks end.
    parts.webhooks = await openWebhooks(settings, { router: channels.router, membership: system.membership, store: memory }, { stack, logger });
    stack.add('router', channels.router, { reserveMs: ROUTER_RESERVE_MS });
    const gate = openGate(system, channels.router, { stack, logger });
    parts.gate = gate;
    const messaging = createMessaging({ router: channels.router, ...channels.admission, standing: () => gate.standing, webhooks: { systemSecret: settings.systemSecret } });
    parts.messaging = messaging;
    gate.onChange(() => messaging.recheck());
    const faces: FaceParts = { settings, parts, store: channels.store, accounts, tls };
    const rest = await openRest({ ...faces, services: messaging.services }, { stack, logger });
    meterRouter({ router: channels.router, stats: rest.handler.stats, neuron: settings.name });
    // Peers over HTTP are told that the neuron closes before their requests end.
    stack.add('messaging', { close: async () => messaging.close() });
    await openLegacy({ settings, invoke: rest.handler.invoke, tls }, { stack, logger });
    const { protocol, port } = new URL(rest.server.url);
    parts.restPlace = { protocol: protocol === 'https:' ? protocol : 'http:', port: Number(port) };
    const resp = await openResp({ ...faces, router: channels.router, gate }, { stack, logger });
    const signalling = openSignalling(channels, rest.handler, { parts, settings, standing: () => gate.standing, nextHost: nextHosts(system, settings) });
    gate.onChange(() => signalling.recheck());
    const webSocket = await openWebSocket({ ...faces, signalling }, rest.server, { stack, logger });
    // Clients are told to go elsewhere before their connections end.
    stack.add('signalling', { close: () => signalling.close(settings.drainMs) });
    parts.state = 'running';
    const facts = { neuron: settings.name, version: NEURON_VERSION, pid: process.pid, rest: rest.server.url, webSocket: webSocket.url, tcp: resp.url, operations: operations.url, linkPort: system.links.port };
    const ready = readyRecord(settings, database.url === undefined ? facts : { ...facts, database: database.url });
    logger.info({ rest: ready.rest, webSocket: ready.webSocket, tcp: ready.tcp, operations: ready.operations, database: ready.database, databaseName: ready.databaseName }, 'the neuron is ready');
    const close = () => {
      parts.state = 'draining';
      // The others learn that this neuron takes no new clients; closing does not wait for it.
      void system.membership.announce();
      return stack.close(settings.drainMs + CLOSE_GRACE_MS);
    };
    return { ready, failed: supersededError(system), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

interface Context {
  readonly stack: ClosingStack;
  readonly logger: Logger;
}

async function openDatabase(settings: NamedSettings, stack: ClosingStack, logger: Logger): Promise<DatabaseReach & { readonly url?: string }> {
  const { couchdbUrl, serveDatabase, databaseAdmin, dataDir } = settings;
  if (couchdbUrl !== undefined) return { ownUrl: couchdbUrl, url: parseServerUrl(couchdbUrl).url };
  const embedded = await openEmbeddedDatabase({
    directory: dataDir,
    ...(serveDatabase === undefined ? {} : { serve: serveDatabase }),
    ...(databaseAdmin === undefined ? {} : { admin: databaseAdmin }),
    onError: (error) => logger.error({ error }, 'a request to the embedded database failed'),
  });
  stack.add('embedded database', embedded);
  const { ownUrl, transport, url } = embedded;
  return serveDatabase === undefined ? { ownUrl, transport } : { ownUrl, transport, url };
}

function openMemoryInTime(reach: DatabaseReach, settings: NamedSettings, { parts, logger, signal }: { readonly parts: NeuronParts; readonly logger: Logger; readonly signal: AbortSignal }): Promise<Memory> {
  return awaitDatabase(() => openMemoryOn(reach, settings), {
    waitMs: settings.databaseWaitMs,
    clock: systemClock,
    random: systemRandom,
    signal,
    isPassing: (error) => error instanceof NeuronError && error.code === 'NEURON_DATABASE_UNREACHABLE',
    onWait: (error, retryInMs) => {
      parts.waitingFor = error instanceof Error ? error.message : String(error);
      logger.warn({ error, retryInMs }, 'the neuron waits for its database');
    },
  });
}

async function openMemoryOn(reach: DatabaseReach, settings: NamedSettings): Promise<Memory> {
  try {
    return await openNeuronMemory(reach, settings);
  } catch (error) {
    const cause = error instanceof Kv4Error && error.cause !== undefined ? error.cause : error;
    const refused = isCouchError(cause, 'COUCH_UNAUTHORIZED') || isCouchError(cause, 'COUCH_FORBIDDEN');
    const { url } = parseServerUrl(reach.ownUrl);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refused
      ? problem('NEURON_DATABASE_REFUSED', ['--couchdb-url', `${url} refused the login (${reason})`, 'Check name and password in the URL.'], error)
      : problem('NEURON_DATABASE_UNREACHABLE', ['--couchdb-url', `the database at ${url} could not be opened (${reason})`, `Try: curl -sS ${url}/_up`], error);
  }
}

interface FaceParts {
  readonly settings: NamedSettings;
  readonly parts: NeuronParts;
  readonly store: CachedStore;
  readonly accounts: Accounts;
  readonly tls: TlsFiles | undefined;
}

async function openRest({ settings, parts, store, accounts, tls, services }: FaceParts & Pick<RestOptions, 'services'>, { stack, logger }: Context): Promise<{ readonly handler: RestHandler; readonly server: RestServer }> {
  const turn = turnOptions(settings);
  const handler = createRestHandler({
    store,
    accounts,
    systemSecret: settings.systemSecret,
    neuron: settings.name,
    trustProxy: settings.trustProxy,
    ...(services === undefined ? {} : { services }),
    ...(turn === undefined ? {} : { turn }),
    hosts: hostsOf(parts, settings),
    onError: (error) => logger.error({ error }, 'a request failed for a reason that nobody planned for'),
    // Telling about every request costs the short way of cached answers, so only who debugs is told.
    ...(isDebugging(settings) ? { onRequest: (report: object) => logger.debug(report, 'request') } : {}),
  });
  parts.rest = handler;
  const options = { handler, host: settings.host, port: settings.restPort, drainMs: settings.drainMs, ...(tls === undefined ? {} : { tls }) };
  return { handler, server: stack.add('REST', await listening('--rest-port', () => createRestServer(options))) };
}

async function openResp({ settings, parts, store, accounts, tls, router, gate }: FaceParts & { readonly router: Channels['router']; readonly gate: ServingGate }, { stack, logger }: Context): Promise<RespServer> {
  const onError = (error: unknown) => logger.error({ error }, 'a command failed for a reason that nobody planned for');
  const face = createRespFace({ store, accounts, router, standing: () => gate.standing, systemSecret: settings.systemSecret, neuron: settings.name, version: NEURON_VERSION, countRequest: countingIn(parts), onError });
  parts.resp = face;
  gate.onChange(() => face.recheck());
  const options = { face, host: settings.host, port: settings.tcpPort, drainMs: settings.drainMs, ...(tls === undefined ? {} : { tls }) };
  return stack.add('Redis protocol', await listening('--tcp-port', () => createRespServer(options)));
}

function openSignalling(channels: Channels, rest: RestHandler, { parts, settings, ...options }: Pick<FaceParts, 'parts' | 'settings'> & Pick<SignallingOptions, 'standing' | 'nextHost'>): SignallingFace {
  const signalling = channels.serve((token) => rest.tokens.verify(token, Date.now()), { ...options, trustProxy: settings.trustProxy });
  parts.channels = { router: channels.router, signalling };
  return signalling;
}

/** On a port of its own, and at `/ws` of the REST port; signalling beneath both. */
async function openWebSocket({ settings, parts, store, accounts, tls, signalling }: FaceParts & { readonly signalling: SignallingFace }, rest: RestServer, { stack, logger }: Context): Promise<WebSocketServerHandle> {
  const { systemSecret, trustProxy } = settings;
  const onError = (error: unknown) => logger.error({ error }, 'a request over a WebSocket failed for a reason that nobody planned for');
  const face = createWebSocketFace({ store, accounts, systemSecret, trustProxy, countRequest: countingIn(parts), onError });
  parts.webSocket = face;
  const elsewhere = signalling.upgrade.bind(signalling);
  attachWebSocketFace(rest.server, face, elsewhere);
  const options = { face, elsewhere, host: settings.host, port: settings.wsPort, drainMs: settings.drainMs, ...(tls === undefined ? {} : { tls }) };
  return stack.add('WebSocket', await listening('--ws-port', () => createWebSocketServer(options)));
}

/** Connections of clients that stay. */
function clientsOf({ webSocket, channels }: NeuronParts): number {
  return (webSocket?.metrics().connections ?? 0) + (channels?.signalling.metrics().connections ?? 0);
}

/** Where clients are sent; while this neuron drains, not here. */
function hostsOf(parts: NeuronParts, settings: NamedSettings): HostOptions {
  const { signalUrls, turnHosts } = settings;
  return {
    chooseSignal: (wish) => chooseSignal(parts, settings, wish),
    get signal() {
      return parts.state === 'draining' ? [] : (signalUrls ?? []);
    },
    ownSignal: (headers) => (parts.state === 'draining' ? undefined : ownSignalUrl(headers, settings.tlsCert !== undefined)),
    ...(turnHosts === undefined ? {} : { turn: turnHosts }),
  };
}

/** Statistics are kept by the REST face, whichever way a request came. */
function countingIn(parts: NeuronParts) {
  return (login: Login, entity: string): void => parts.rest?.countRequest(login, entity);
}

function isDebugging({ logLevel }: NamedSettings): boolean {
  return logLevel === 'debug' || logLevel === 'trace';
}

function problem(code: NeuronErrorCode, [option, cause, fix]: readonly [string, string, string], error: unknown): NeuronError {
  return new NeuronError([{ code, option, cause, fix }], error);
}
