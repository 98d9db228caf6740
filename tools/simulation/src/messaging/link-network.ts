import type { LinkHandler, LinkOutcome, LinkTransport, PingAnswer, Pinger, PingQuestion, PingResult } from '@xir/router';
import type { SeededRandom } from '../seeded-random.ts';
import type { HostLife } from '../time/host-life.ts';
import type { SimulatedClock } from '../time/simulated-clock.ts';
import { LinkConnection, type SentBatch, type WayConditions } from './link-connection.ts';

/** Milliseconds after which what was sent and not acknowledged breaks the connection. */
const ACKNOWLEDGE_TIMEOUT_MS = 2_000;
/** Milliseconds after which a host that cannot be reached is given up. */
const DIAL_TIMEOUT_MS = 800;
/** What the network between neurons takes when nothing is wrong, in milliseconds. */
const GOOD_LATENCY_MS: readonly [number, number] = [0, 3];

/** One neuron's end of the links, in one life of its process. */
export class LinkEnd implements LinkTransport, Pinger {
  readonly neuron: string;
  readonly life: HostLife;
  readonly #network: LinkNetwork;
  handler: LinkHandler | undefined;
  onPinged: ((question: PingQuestion) => PingAnswer) | undefined;
  #batches = new Map<string, { readonly message: string; readonly onOutcome: (outcome: LinkOutcome) => void }[]>();

  constructor(network: LinkNetwork, neuron: string, life: HostLife) {
    this.#network = network;
    this.neuron = neuron;
    this.life = life;
  }

  send(neuron: string, message: string, onOutcome: (outcome: LinkOutcome) => void): void {
    if (this.#batches.size === 0) queueMicrotask(() => this.#flush());
    const batch = this.#batches.get(neuron);
    if (batch === undefined) this.#batches.set(neuron, [{ message, onOutcome }]);
    else batch.push({ message, onOutcome });
  }

  onMessages(handler: LinkHandler): () => void {
    this.handler = handler;
    return () => {
      if (this.handler === handler) this.handler = undefined;
    };
  }

  ping({ neuron }: { readonly neuron: string }, question: PingQuestion, timeoutMs: number): Promise<PingResult> {
    return new Promise((resolve) => {
      const timer = this.life.schedule(timeoutMs, () => resolve({ type: 'silent' }));
      const end = (result: PingResult): void => {
        timer.cancel();
        resolve(result);
      };
      this.#network.ping(this, neuron, question, end);
    });
  }

  onPing(handler: (question: PingQuestion) => PingAnswer): () => void {
    this.onPinged = handler;
    return () => {
      if (this.onPinged === handler) this.onPinged = undefined;
    };
  }

  #flush(): void {
    const leaving = this.#batches;
    this.#batches = new Map();
    for (const [to, batch] of leaving) {
      const tell = (outcome: LinkOutcome): void => this.life.enter(() => batch.forEach(({ onOutcome }) => onOutcome(outcome)));
      this.#network.send(this, to, batch.map(({ message }) => message), tell);
    }
  }
}

/** What lies between two neurons: the connection of the moment, and what it is like on both ways. */
interface Pair {
  readonly ways: ReadonlyMap<string, WayConditions>;
  connection: LinkConnection;
  /** No connection can be made. */
  isCut: boolean;
}

/** The network between neurons, with what can go wrong on it. It keeps the promises of {@link LinkTransport}, and no others. */
export class LinkNetwork {
  readonly #clock: SimulatedClock;
  readonly #random: SeededRandom;
  readonly #ends = new Map<string, LinkEnd>();
  readonly #pairs = new Map<string, Pair>();
  /** Hosts that are gone with their processes: they do not even refuse. */
  readonly silentHosts = new Set<string>();

  constructor(clock: SimulatedClock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Gives a process its end. */
  attach(neuron: string, life: HostLife): LinkEnd {
    const end = new LinkEnd(this, neuron, life);
    this.#ends.set(neuron, end);
    this.silentHosts.delete(neuron);
    return end;
  }

  /** A process ended: its connections end with it. */
  detach(neuron: string): void {
    this.#ends.delete(neuron);
    for (const pair of this.#pairs.values()) if (pair.ways.has(neuron)) this.#break(pair);
  }

  /** Breaks the connection of two neurons; with `isCut` none can be made until it is taken back. */
  cut(a: string, b: string, isCut: boolean): void {
    const pair = this.#pairOf(a, b);
    pair.isCut = isCut;
    this.#break(pair);
  }

  /** Changes what one way is like. */
  condition(from: string, to: string, conditions: Partial<WayConditions>): void {
    const pair = this.#pairOf(from, to);
    Object.assign(pair.ways.get(from) as WayConditions, conditions);
    pair.connection.released(from);
  }

  /** The way is as it should be again. */
  mend(from: string, to: string): void {
    this.condition(from, to, { isBlocked: false, latencyMs: GOOD_LATENCY_MS });
  }

  send(from: LinkEnd, to: string, messages: readonly string[], tell: (outcome: LinkOutcome) => void): void {
    const pair = this.#pairOf(from.neuron, to);
    const end = this.#ends.get(to);
    if (pair.isCut || end === undefined) {
      const isSilent = pair.isCut || this.silentHosts.has(to);
      this.#clock.schedule(isSilent ? DIAL_TIMEOUT_MS : GOOD_LATENCY_MS[1], () => tell('undelivered'));
      return;
    }
    const { connection } = pair;
    const batch: SentBatch = { tell, timer: this.#clock.schedule(ACKNOWLEDGE_TIMEOUT_MS, () => this.#break(pair, connection)) };
    connection.await(batch);
    connection.transmit(from.neuron, () =>
      end.life.enter(() => {
        if (!connection.isOpen && !connection.isReadLate) return;
        const { handler } = end;
        handler?.(from.neuron, messages);
        connection.transmit(to, () => connection.settle(batch, handler === undefined ? 'undelivered' : 'delivered'));
      }),
    );
  }

  ping(from: LinkEnd, to: string, question: PingQuestion, end: (result: PingResult) => void): void {
    const pair = this.#pairOf(from.neuron, to);
    const target = this.#ends.get(to);
    if (pair.isCut) return;
    if (target === undefined) {
      if (!this.silentHosts.has(to)) this.#clock.schedule(GOOD_LATENCY_MS[1], () => from.life.enter(() => end({ type: 'refused' })));
      return;
    }
    const { connection } = pair;
    connection.transmit(from.neuron, () =>
      target.life.enter(() => {
        const answer = target.onPinged?.(question);
        if (answer !== undefined) connection.transmit(to, () => from.life.enter(() => end({ type: 'answer', answer })));
      }),
    );
  }

  #break(pair: Pair, connection = pair.connection): void {
    connection.break();
    if (pair.connection === connection) pair.connection = new LinkConnection(pair.ways, this.#clock, this.#random.next);
  }

  #pairOf(a: string, b: string): Pair {
    const name = a < b ? `${a} ${b}` : `${b} ${a}`;
    const known = this.#pairs.get(name);
    if (known !== undefined) return known;
    const ways = new Map([a, b].map((from) => [from, { isBlocked: false, latencyMs: GOOD_LATENCY_MS }]));
    const pair = { ways, connection: new LinkConnection(ways, this.#clock, this.#random.next), isCut: false };
    this.#pairs.set(name, pair);
    return pair;
  }
}
