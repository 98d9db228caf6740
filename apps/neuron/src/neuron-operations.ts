import { parseServerUrl } from '@xir/couch-client';
import type { Memory } from '@xir/kv4';
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
import type { RespFace } from '@xir/resp';
import type { RestHandler } from '@xir/rest';
import type { ServingGate, Standing } from '@xir/router';
import type { WebSocketFace } from '@xir/websocket';
import { API_DOCUMENTS } from './api-documents.ts';
import { channelFigures, type ChannelFigureParts } from './channel-figures.ts';
import { chatDocument, type RestPlace } from './chat/chat-page.ts';
import type { ClosingStack } from './closing-stack.ts';
import { listening } from './listening.ts';
import { membershipFigures, membershipHealth, type SystemMembership } from './membership.ts';
import type { NamedSettings } from './named-settings.ts';
import { feedDeadlineMs, feedHealth, memoryFigures } from './neuron-memory.ts';
import { NEURON_VERSION } from './package-version.ts';

/** What there is of a neuron while it starts, runs and ends. */
export interface NeuronParts extends Mutable<ChannelFigureParts> {
  state: 'starting' | 'running' | 'draining';
  /** Why the start does not go on yet. */
  waitingFor?: string;
  memory?: Memory;
  rest?: RestHandler;
  /** Where the REST API is served. */
  restPlace?: RestPlace;
  webSocket?: WebSocketFace;
  system?: SystemMembership;
  gate?: ServingGate;
}

type Mutable<Parts> = { -readonly [Name in keyof Parts]: Parts[Name] };

/** Where what is opened is noted, and where is logged. */
export interface OperationsContext {
  readonly stack: ClosingStack;
  readonly logger: Logger;
}

/**
 * Opens the operations face, before everything else, so that it can say that the neuron starts. Throws `NEURON_LISTEN_FAILED`.
 */
export async function openOperations(settings: NamedSettings, parts: NeuronParts, { stack, logger }: OperationsContext): Promise<OperationsServer> {
  const watchdog = stack.add('watchdog', startWatchdog({ logger, ...watchdogTimes(settings.stallAbortMs) }));
  const loopDelay = startLoopDelayMonitor();
  stack.add('loop delay', { close: async () => loopDelay.close() });
  const health = (): HealthInput => {
    const { memory } = parts;
    return {
      feed: memory === undefined ? { state: 'starting', evidence: 'none', ...(parts.waitingFor === undefined ? {} : { cause: parts.waitingFor }) } : feedHealth(memory),
      maxFeedAgeMs: feedDeadlineMs(settings),
      databaseCommand: databaseCommand(settings),
      ...(memory === undefined ? {} : { divergences: memory.stats().divergences }),
      recentStallMs: watchdog.snapshot().recentStallMs,
      ...(parts.system === undefined ? {} : { membership: membershipHealth(parts.system, standingOf(parts)) }),
      draining: parts.state === 'draining',
    };
  };
  const snapshot = (): NeuronSnapshot => ({
    version: NEURON_VERSION,
    ...(parts.memory === undefined ? {} : memoryFigures(parts.memory, settings, cachedAnswers(parts))),
    loopDelay: loopDelay.read(),
    watchdog: watchdog.snapshot(),
    ...restFigures(parts.rest),
    ...respFigures(parts.resp),
    ...webSocketFigures(parts.webSocket),
    ...channelFigures(parts),
    ...(parts.system === undefined ? {} : { membership: membershipFigures(parts.system) }),
  });
  const readiness = (): Readiness => readinessOf(parts);
  const metrics = createMetrics({ definitions: NEURON_METRICS, snapshot, defaultLabels: { neuron: settings.name } });
  const options = { host: settings.host, port: settings.opsPort, health, readiness, metrics, logger, documents: { ...API_DOCUMENTS, '/chat': chatDocument(() => parts.restPlace ?? { protocol: 'http:', port: settings.restPort }) } };
  return stack.add('operations', await listening('--ops-port', () => startOperationsServer(options)));
}

/** What the neuron is to its clients; before that is decided, nothing. */
function standingOf({ gate }: NeuronParts): Standing {
  return gate?.standing ?? 'serving';
}

/** Whether traffic should come; where the membership is why not, how the neuron stands by it. */
function readinessOf(parts: NeuronParts): Readiness {
  const standing = standingOf(parts);
  if (parts.state !== 'running' || standing === 'serving') return { ready: parts.state === 'running', cause: parts.state };
  const state = parts.system?.membership.state;
  return { ready: false, cause: state === undefined || state === 'serving' ? `its clients are registered in a new life (${standing})` : `${state} (${standing})` };
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

function respFigures(resp: RespFace | undefined): Pick<NeuronSnapshot, 'tcp'> {
  if (resp === undefined) return {};
  const { commands, ...figures } = resp.metrics();
  return { tcp: { ...figures, commands: commands.map(({ command, outcome, count }) => ({ labels: { command: command.toLowerCase(), outcome }, value: count })) } };
}

function webSocketFigures(face: WebSocketFace | undefined): Pick<NeuronSnapshot, 'webSocket'> {
  if (face === undefined) return {};
  const { requests, ...figures } = face.metrics();
  return { webSocket: { ...figures, requests: requests.map(({ operation, outcome, count }) => ({ labels: { operation, outcome }, value: count })) } };
}

function cachedAnswers({ rest, resp, webSocket }: NeuronParts): number {
  return (rest?.metrics().cachedAnswers ?? 0) + (resp?.metrics().cachedAnswers ?? 0) + (webSocket?.metrics().cachedAnswers ?? 0);
}
