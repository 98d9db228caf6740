import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Memory } from '@xir/kv4';
import { Kv4Error } from '@xir/kv4-core';
import type { Logger, MembershipHealth, MembershipSnapshot } from '@xir/operations';
import {
  bestNeuron,
  joinMembership,
  LinkError,
  nextNeuron,
  openTlsLinks,
  ServingGate,
  tidySlots,
  type KnownNeuron,
  type LinkAdmission,
  type NeuronFacts,
  type NeuronMembership,
  type Router,
  type Standing,
  type TlsLinks,
} from '@xir/router';
import type { SignalWish } from '@xir/rest';
import { labelled } from './channel-figures.ts';
import { MEMBERSHIP_RESERVE_MS, type ClosingStack } from './closing-stack.ts';
import { NeuronError } from './errors.ts';
import { listening } from './listening.ts';
import type { NamedSettings } from './named-settings.ts';

/** A neuron's place among the others: who is alive, and the links to them. */
export interface SystemMembership {
  readonly membership: NeuronMembership;
  readonly links: TlsLinks;
}

/** What membership is told of the neuron. */
export interface MembershipSource {
  readonly memory: Memory;
  /** Connected clients. */
  readonly clients: () => number;
  readonly isDraining: () => boolean;
}

/**
 * Opens the link between neurons, and joins those of the system. Throws `NEURON_LISTEN_FAILED`, or `NEURON_SYSTEM_SECRET_DIFFERS` where the system has another secret.
 */
export async function openMembership(settings: NamedSettings, { memory, clients, isDraining }: MembershipSource, { stack, logger }: { readonly stack: ClosingStack; readonly logger: Logger }): Promise<SystemMembership> {
  const { systemSecret, name: neuron, host, linkPort: port } = settings;
  const onError = (error: unknown) => logger.warn({ error }, 'what belongs to the membership of this neuron failed, and is tried again');
  const links = stack.add('link', await openLinks({ store: memory, systemSecret, neuron, host, port, resolve: () => undefined, onError }));
  const load = loadMeter();
  const link = settings.linkAddress ?? { host: reachableHost(host), port: links.port };
  const facts = (): NeuronFacts => ({
    link,
    ...(settings.signalUrls === undefined ? {} : { signalUrls: settings.signalUrls }),
    ...(settings.region === undefined ? {} : { region: settings.region }),
    load: load(),
    clients: clients(),
    draining: isDraining(),
  });
  const membership = stack.add('membership', await joinMembership({ store: memory, pinger: links, neuron, process: randomUUID(), facts, tidy: (life) => tidySlots(memory, life), onError }), { reserveMs: MEMBERSHIP_RESERVE_MS });
  membership.onChange(logChanges(membership, logger));
  return { membership, links };
}

/** What the neuron is to its clients, from how it stands among the others: messages of other neurons wait with those of clients. */
export function openGate({ membership, links }: SystemMembership, router: Pick<Router, 'stored'>, { stack, logger }: { readonly stack: ClosingStack; readonly logger: Logger }): ServingGate {
  const gate = stack.add('gate', new ServingGate({ membership, registered: () => router.stored() }));
  links.guard(() => ADMISSIONS[gate.standing]);
  gate.onChange((standing) => {
    logger.warn({ standing, state: membership.state }, 'this neuron is something else to its clients');
    links.recheck();
  });
  return gate;
}

const ADMISSIONS: Readonly<Record<Standing, LinkAdmission>> = { serving: 'take', isolated: 'take', holding: 'hold', away: 'refuse' };

/** Resolves to the error to end with once another process has registered with this neuron's name; else never. */
export function supersededError({ membership }: SystemMembership): Promise<NeuronError> {
  const cause = `another process has registered in this system as ${membership.self.neuron}`;
  const fix = 'Run one process of a name, or give this one a name of its own. Started again under the same name, it would end the other.';
  return new Promise((resolve) => {
    const look = () => {
      if (membership.state === 'superseded') resolve(new NeuronError([{ code: 'NEURON_SUPERSEDED', option: '--name', cause, fix }]));
    };
    membership.onChange(look);
    look();
  });
}

/** Where clients of this neuron are sent when it goes away: told anew for each of them. */
export function nextHosts({ membership }: SystemMembership, { name: from, region }: NamedSettings): () => string | undefined {
  const sent = new Map<string, number>();
  return () => nextNeuron(reachable(membership), { from, sent, ...(region === undefined ? {} : { region }) })?.signalUrls?.[0];
}

/** How the neuron stands, in the form in which `/health` shows it. */
export function membershipHealth({ membership }: SystemMembership, clients: Standing): MembershipHealth {
  const { state, stateAgeMs, renewedAgeMs, self, manyVanished, neurons, evidence } = membership.stats();
  const ages = new Map(evidence.map((known) => [known.neuron, known]));
  const shown = neurons.map(({ neuron, incarnation, suspect, draining, load, clients: count }) => {
    const { leaseAgeMs = renewedAgeMs, answerAgeMs } = ages.get(neuron) ?? {};
    return { neuron, incarnation, suspect, draining, load, clients: count, leaseAgeMs: Math.round(leaseAgeMs), ...(answerAgeMs === undefined ? {} : { answerAgeMs: Math.round(answerAgeMs) }) };
  });
  return { state, stateAgeMs: Math.round(stateAgeMs), clients, incarnation: self.incarnation, manyVanished, neurons: shown };
}

/** What chooses where a client connects. */
export interface SignalChoice {
  readonly system?: SystemMembership;
  readonly channels?: { readonly router: Pick<Router, 'peers'> };
}

/**
 * The signalling server that a client had best connect to, `undefined` where no neuron has said where its own is: in this region where there is one, or where the peer is
 * that is to be met; of equals the least loaded.
 */
export function chooseSignal({ system, channels }: SignalChoice, { region }: Pick<NamedSettings, 'region'>, { bucket, path, key }: SignalWish): string | undefined {
  if (system === undefined) return undefined;
  const callee = key === undefined ? undefined : channels?.router.peers({ bucket, path }).find(({ user }) => user === key)?.neuron;
  return bestNeuron(reachable(system.membership), { ...(region === undefined ? {} : { region }), ...(callee === undefined ? {} : { callee }) })?.signalUrls?.[0];
}

/** The figures of membership and links in the form in which `/metrics` shows them. */
export function membershipFigures({ membership, links }: SystemMembership): MembershipSnapshot {
  const { state, self, renewedAgeMs, evidence, neurons, manyVanished, renewals, rebirths, pings, missedPings, cleanUps, cleanUpCount, cleanedDocuments } = membership.stats();
  const link = links.stats();
  const linked = new Map(link.links.map((one) => [one.neuron, one]));
  const others = neurons.filter(({ neuron }) => neuron !== self.neuron);
  const suspects = neurons.filter(({ suspect }) => suspect).length;
  const draining = neurons.filter((one) => one.draining && !one.suspect).length;
  const cleaned = new Map<string, number>();
  for (const { dead } of cleanUps) cleaned.set(dead.neuron, (cleaned.get(dead.neuron) ?? 0) + 1);
  return {
    serving: state === 'serving',
    states: NEURON_STATES.map((one) => ({ labels: { state: one }, value: Number(one === state) })),
    neurons: neurons.length,
    neuronsBy: labelled('state', { serving: neurons.length - suspects - draining, draining, suspect: suspects }),
    suspects,
    manyVanished,
    loads: neurons.map(({ neuron, load }) => ({ labels: { peer: neuron }, value: load })),
    clients: neurons.map(({ neuron, clients }) => ({ labels: { peer: neuron }, value: clients })),
    leaseAges: [[self.neuron, renewedAgeMs] as const, ...evidence.map(({ neuron, leaseAgeMs }) => [neuron, leaseAgeMs] as const)].map(([peer, ageMs]) => ({ labels: { peer }, value: ageMs / 1000 })),
    renewals,
    rebirths,
    pings,
    missedPings,
    cleanUps: [...cleaned].map(([dead, value]) => ({ labels: { dead }, value })),
    cleanUpsTotal: cleanUpCount,
    cleanedDocuments,
    linkConnections: link.connections,
    linkConnectionsTotal: link.connectionsTotal,
    linksUp: others.map(({ neuron: peer }) => ({ labels: { peer }, value: Number(linked.get(peer)?.isConnected ?? false) })),
    linksWaiting: others.map(({ neuron: peer }) => ({ labels: { peer }, value: linked.get(peer)?.waitingMessages ?? 0 })),
    linkMessages: labelled('direction', { out: link.messagesSent, in: link.messagesReceived }),
    linkBytes: labelled('direction', { out: link.bytesSent, in: link.bytesReceived }),
    linkWaitingMessages: link.waitingMessages,
    linkTurnedAway: link.turnedAway,
    linkRevokedMet: link.revokedMet,
    certificateSeconds: (link.certificateEndsAtMs - Date.now()) / 1000,
  };
}

const NEURON_STATES = ['serving', 'doubtful', 'isolated', 'superseded'] as const satisfies readonly NeuronMembership['state'][];

/** Those that have said where clients connect. */
function reachable(membership: NeuronMembership): readonly KnownNeuron[] {
  return [...membership.neurons()].filter(({ signalUrls }) => signalUrls !== undefined);
}

async function openLinks(options: Parameters<typeof openTlsLinks>[0]): Promise<TlsLinks> {
  try {
    return await openTlsLinks(options);
  } catch (error) {
    if (error instanceof Kv4Error) throw error;
    if (!(error instanceof LinkError)) {
      return listening('--link-port', async () => {
        throw error;
      });
    }
    const fix = 'Give the secret that the other neurons of this system have. To change it: stop all neurons, delete the key certificate of the path /authority in the layer *links of $sys, and start them with the new secret.';
    throw new NeuronError([{ code: 'NEURON_SYSTEM_SECRET_DIFFERS', option: '--system-secret', cause: error.message, fix }], error);
  }
}

/** Where others reach what listens on this address. */
function reachableHost(host: string): string {
  return host === '0.0.0.0' || host === '::' || host === '[::]' ? hostname() : host;
}

/** The share of time in which the event loop was busy, since it was asked last. */
function loadMeter(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return Math.round(utilization * 1000) / 1000;
  };
}

/** Tells who comes and goes, and how this neuron stands. */
function logChanges(membership: NeuronMembership, logger: Logger): () => void {
  let state = membership.state;
  let names = namesOf(membership);
  return () => {
    const now = namesOf(membership);
    if (membership.state !== state) logger.warn({ state: membership.state, before: state, incarnation: membership.self.incarnation }, 'this neuron stands otherwise among the others');
    if (now !== names) logger.info({ neurons: now }, 'the neurons of the system have changed');
    state = membership.state;
    names = now;
  };
}

function namesOf(membership: NeuronMembership): string {
  return [...membership.neurons()].map(({ neuron }) => neuron).sort().join(' ');
}
