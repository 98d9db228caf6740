import { systemClock, type Clock, type Timer } from '@xir/couch-client';
import type { Kv4Store } from '@xir/kv4-core';
import type { LinkHandler, LinkOutcome, LinkTransport } from '../link.ts';
import { isNeuronName, type LinkAddress } from '../membership/lease.ts';
import type { PingAnswer, Pinger, PingQuestion, PingResult, PingTarget } from '../membership/pinger.ts';
import type { LinkAdmission, LinkTraffic } from './link-socket.ts';
import { LinkIdentity } from './link-identity.ts';
import { LinkServer } from './link-server.ts';
import { DEFAULT_LINK_LIMITS, type LinkLimits } from './limits.ts';
import { PeerLink, type DialResult } from './peer-link.ts';
import { readPingAnswer, readPingQuestion } from './ping-text.ts';
import { Revocations } from './revocations.ts';
import { SystemAuthority } from './system-authority.ts';
import { dialLink } from './tls-dial.ts';

/** How a neuron links to the others. */
export interface TlsLinksOptions {
  /** Holds the system authority, and the list of the revoked. */
  readonly store: Pick<Kv4Store, 'get' | 'put' | 'watch'>;
  /** The system secret, for which the authority's key is sealed. */
  readonly systemSecret: string;
  /** Name of this neuron. */
  readonly neuron: string;
  /** The address to listen on. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Where a neuron's link is now; `undefined` where that is not known. */
  readonly resolve: (neuron: string) => LinkAddress | undefined;
  readonly limits?: Partial<LinkLimits>;
  /** How long a certificate of this neuron holds, in milliseconds. Default `DEFAULT_CERTIFICATE_LIFETIME_MS`. */
  readonly certificateLifetimeMs?: number;
  readonly clock?: Clock;
  readonly onError?: (error: unknown) => void;
}

/** How the link to one other neuron is. */
export interface LinkState {
  readonly neuron: string;
  readonly isConnected: boolean;
  readonly waitingMessages: number;
}

/** Figures of the links of a neuron. */
export interface TlsLinksStats extends Readonly<LinkTraffic> {
  /** The link to each neuron of which something is kept. */
  readonly links: readonly LinkState[];
  /** Connections that were made since the start, by whichever side. */
  readonly connectionsTotal: number;
  /** Neurons with a connection. */
  readonly connections: number;
  /** Neurons of which something is kept, connected or not. */
  readonly neurons: number;
  readonly waitingMessages: number;
  /** Strangers sent away from the link's port. */
  readonly turnedAway: number;
  /** Certificates and neurons that were met though they are revoked. */
  readonly revokedMet: number;
  /** When the own certificate ends, in milliseconds since 1970 UTC. */
  readonly certificateEndsAtMs: number;
}

/** Milliseconds between two looks at whether a certificate of a connection has ended. */
const ENDS_CHECK_MS = 10_000;

interface TlsLinksParts {
  readonly identity: LinkIdentity;
  readonly revocations: Revocations;
}

/** Links over TLS, both ends proved by certificates of the system's authority; one connection for each pair of neurons. Use {@link openTlsLinks}. */
export class TlsLinks implements LinkTransport, Pinger, AsyncDisposable {
  readonly #options: TlsLinksOptions;
  readonly #limits: LinkLimits;
  readonly #clock: Clock;
  readonly #links = new Map<string, PeerLink>();
  readonly #addresses = new Map<string, LinkAddress>();
  #parts!: TlsLinksParts;
  #server!: LinkServer;
  /** The neurons that there are; `undefined`: nobody has said. */
  #kept: ReadonlySet<string> | undefined;
  #handler: LinkHandler | undefined;
  #admission: () => LinkAdmission = () => 'take';
  #pingHandler: ((question: PingQuestion) => PingAnswer) | undefined;
  #endsCheck: Timer | undefined;
  #connectionsTotal = 0;
  readonly #traffic: LinkTraffic = { messagesSent: 0, messagesReceived: 0, bytesSent: 0, bytesReceived: 0 };
  #turnedAway = 0;
  #revokedMet = 0;
  #closed: Promise<void> | undefined;

  /** Use {@link openTlsLinks}. */
  constructor(options: TlsLinksOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LINK_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#server.port;
  }

  /** Opens everything. Rejects as {@link openTlsLinks} does. */
  async open(): Promise<void> {
    const { store, systemSecret, neuron, host, port, certificateLifetimeMs: lifetimeMs, onError } = this.#options;
    const clock = this.#clock;
    const authority = await SystemAuthority.open(store, systemSecret, clock.now());
    const identity = await LinkIdentity.open({ authority, neuron, clock, ...(lifetimeMs === undefined ? {} : { lifetimeMs }), ...(onError === undefined ? {} : { onError }) });
    const revocations = new Revocations(store, clock, () => this.#cutRevoked());
    this.#parts = { identity, revocations };
    await revocations.open();
    try {
      this.#server = await LinkServer.listen({
        host,
        port,
        clock,
        credentials: identity.credentials,
        limits: this.#limits,
        admit: (other, serial) => this.#admit(other, serial),
        accepted: (other, socket) => this.#link(other).adopt(socket),
        turnedAway: () => void (this.#turnedAway += 1),
      });
    } catch (error) {
      identity.close();
      await revocations.close();
      throw error;
    }
    this.#watchEnds();
    identity.onRenewed((credentials) => this.#server.renew(credentials));
  }

  send(neuron: string, message: string, onOutcome: (outcome: LinkOutcome) => void): void {
    if (this.#closed !== undefined || !isNeuronName(neuron) || neuron === this.#options.neuron) return queueMicrotask(() => onOutcome('undelivered'));
    this.#link(neuron).send(message, onOutcome);
  }

  onMessages(handler: LinkHandler): () => void {
    this.#handler = handler;
    return () => {
      if (this.#handler === handler) this.#handler = undefined;
    };
  }

  async ping({ neuron, link }: PingTarget, question: PingQuestion, timeoutMs: number): Promise<PingResult> {
    if (this.#closed !== undefined || !isNeuronName(neuron)) return { type: 'silent' };
    if (link !== undefined) this.#addresses.set(neuron, link);
    const result = await this.#link(neuron).ping(JSON.stringify(question), timeoutMs);
    if (result.type !== 'answer') return result;
    const answer = readPingAnswer(result.text, neuron);
    return answer === undefined ? { type: 'silent' } : { type: 'answer', answer };
  }

  onPing(handler: (question: PingQuestion) => PingAnswer): () => void {
    this.#pingHandler = handler;
    return () => {
      if (this.#pingHandler === handler) this.#pingHandler = undefined;
    };
  }

  /** Sets what decides whether messages of other neurons are taken now; pings are answered all the same. Without it they are. */
  guard(admission: () => LinkAdmission): void {
    this.#admission = admission;
  }

  /** Asks again whether messages that wait are taken. */
  recheck(): void {
    for (const { socket } of this.#links.values()) socket?.recheck();
  }

  /** Lets go what is kept of all other neurons: links, what waits for them, addresses. Those that are connected follow when their connection ends. */
  keepOnly(neurons: ReadonlySet<string>): void {
    this.#kept = neurons;
    for (const neuron of this.#addresses.keys()) if (!neurons.has(neuron)) this.#addresses.delete(neuron);
    this.#letGo();
  }

  /** Figures for operators. */
  stats(): TlsLinksStats {
    const links = [...this.#links].map(([neuron, { socket, waiting }]) => ({ neuron, isConnected: socket !== undefined, waitingMessages: waiting }));
    return {
      ...this.#traffic,
      links,
      connections: links.filter(({ isConnected }) => isConnected).length,
      connectionsTotal: this.#connectionsTotal,
      neurons: new Set([...this.#links.keys(), ...this.#addresses.keys()]).size,
      waitingMessages: links.reduce((sum, { waitingMessages }) => sum + waitingMessages, 0),
      turnedAway: this.#turnedAway,
      revokedMet: this.#revokedMet,
      certificateEndsAtMs: this.#parts.identity.endsAtMs,
    };
  }

  /** Ends all connections; what waits is undelivered. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#endsCheck?.cancel();
    this.#parts.identity.close();
    for (const link of this.#links.values()) link.close();
    await this.#parts.revocations.close();
    await this.#server.close();
  }

  #link(neuron: string): PeerLink {
    const known = this.#links.get(neuron);
    if (known !== undefined) return known;
    const link = new PeerLink({
      limits: this.#limits,
      clock: this.#clock,
      traffic: this.#traffic,
      opened: () => void (this.#connectionsTotal += 1),
      dial: () => this.#dial(neuron),
      admission: () => this.#admission(),
      messages: (messages) => this.#take(neuron, messages),
      ping: (text) => this.#answer(neuron, text),
      atEndOfTurn: (run) => void setImmediate(run),
    });
    this.#links.set(neuron, link);
    return link;
  }

  async #dial(neuron: string): Promise<DialResult> {
    const address = this.#options.resolve(neuron) ?? this.#addresses.get(neuron);
    if (address === undefined || this.#closed !== undefined) return { type: 'silent' };
    const { credentials } = this.#parts.identity;
    return dialLink({ neuron, address, credentials, clock: this.#clock, timeoutMs: this.#limits.dialTimeoutMs, isRevoked: (name, serial) => this.#isRevoked(name, serial) });
  }

  #admit(neuron: string, serial: string): 'accept' | 'crossed' | 'refuse' {
    if (this.#closed !== undefined || neuron === this.#options.neuron || this.#isRevoked(neuron, serial)) return 'refuse';
    // Of two connections made at once, that of the neuron whose name comes first is used.
    return this.#options.neuron < neuron && this.#links.get(neuron)?.isConnecting === true ? 'crossed' : 'accept';
  }

  #isRevoked(neuron: string, serial: string): boolean {
    const isRevoked = this.#parts.revocations.has(neuron, serial);
    if (isRevoked) this.#revokedMet += 1;
    return isRevoked;
  }

  #cutRevoked(): void {
    for (const [neuron, { socket }] of this.#links) if (socket !== undefined && this.#isRevoked(neuron, socket.proof.serial)) socket.end();
  }

  /** Ends connections whose certificate has ended; the next one is proved by a newer. */
  #watchEnds(): void {
    this.#endsCheck = this.#clock.schedule(ENDS_CHECK_MS, () => {
      const nowMs = this.#clock.now();
      for (const { socket } of this.#links.values()) if (socket !== undefined && socket.proof.endsAtMs <= nowMs) socket.end();
      this.#letGo();
      this.#watchEnds();
    });
  }

  #letGo(): void {
    for (const [neuron, link] of this.#links) {
      if (this.#kept === undefined || this.#kept.has(neuron) || link.socket !== undefined) continue;
      this.#links.delete(neuron);
      link.close();
    }
  }

  #take(neuron: string, messages: readonly string[]): boolean {
    const handler = this.#handler;
    if (handler === undefined) return false;
    try {
      handler(neuron, messages);
    } catch (error) {
      this.#options.onError?.(error);
    }
    return true;
  }

  #answer(neuron: string, text: string): string | undefined {
    const question = readPingQuestion(text, neuron);
    if (question === undefined) return undefined;
    // Before the neuron has joined, there is nobody to say what it is.
    const answer = this.#pingHandler?.(question);
    return JSON.stringify(answer ?? null);
  }
}

/**
 * Opens a neuron's links: with the system's authority, which the first neuron makes, a certificate of its own, and the link's port. Rejects with a `LinkError`, with the
 * store's error, or with the system's where the port cannot be opened.
 */
export async function openTlsLinks(options: TlsLinksOptions): Promise<TlsLinks> {
  const links = new TlsLinks(options);
  await links.open();
  return links;
}
