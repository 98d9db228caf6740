import type { Clock, CouchTransport, TransportRequest, TransportResponse } from '@xir/couch-client';
import { CouchError } from '@xir/couch-client';
import { readRequest, type ClusterAnswer, type ClusterRequest } from '../cluster/exchange.ts';
import type { FakeCluster, OpenedFeed } from '../cluster/fake-cluster.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { Exchange } from './exchange-in-flight.ts';
import { FeedStream } from './feed-stream.ts';

/** What the network between a neuron and the cluster is like. Chances are per request. */
export interface LinkConditions {
  /** Shortest and longest time one way, in milliseconds. */
  latencyMs: readonly [number, number];
  /** Nothing listens: connections are refused at once. */
  refused: boolean;
  /** What is sent vanishes, and so does what is answered. */
  halfOpen: boolean;
  /** The request is lost before it takes effect, and the connection with it. */
  lostBefore: number;
  /** The request takes effect, and its answer is lost. */
  lostAfter: number;
  /** Answered 500 without effect. */
  serverError: number;
  /** Answered 429 or 503 with `Retry-After`, without effect. */
  busy: number;
  /** Answered 401. */
  unauthorized: number;
  /** Takes some seconds. */
  slow: number;
  /** Bytes of feeds are held back; everything else passes. */
  feedHeld: boolean;
  /** Feeds bring heartbeats and no rows. */
  rowsStalled: boolean;
  /** A proxy passes a feed's bytes on when so many have come together. */
  bufferBytes: number | undefined;
  /** Chance that a piece of a feed arrives in two. */
  splitChance: number;
}

/** A network on which nothing is wrong. */
export function goodConditions(latencyMs: readonly [number, number] = [0, 8]): LinkConditions {
  return {
    latencyMs,
    refused: false,
    halfOpen: false,
    lostBefore: 0,
    lostAfter: 0,
    serverError: 0,
    busy: 0,
    unauthorized: 0,
    slow: 0,
    feedHeld: false,
    rowsStalled: false,
    bufferBytes: undefined,
    splitChance: 0.15,
  };
}

/** What a scenario does with a request. */
export type LinkRule = (request: ClusterRequest) => RuleAction | undefined;

/** Answer otherwise, lose it before or after it took effect, or hold the request or its answer until a gate is opened. */
export type RuleAction =
  | { readonly type: 'answer'; readonly answer: ClusterAnswer }
  | { readonly type: 'lose-before' }
  | { readonly type: 'lose-after' }
  | { readonly type: 'vanish' }
  | { readonly type: 'hold-request'; readonly gate: Gate }
  | { readonly type: 'hold-answer'; readonly gate: Gate };

/** What stands between a held message and its receiver. */
export class Gate {
  #isOpen = false;
  #waiting: (() => void)[] = [];
  /** Messages that have come to it. */
  reached = 0;

  pass(run: () => void): void {
    this.reached += 1;
    if (this.#isOpen) run();
    else this.#waiting.push(run);
  }

  open(): void {
    this.#isOpen = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
  }
}

/** The network between one neuron and the cluster: carries requests, each way in its own time, and feeds. */
export class Link implements CouchTransport {
  readonly cluster: FakeCluster;
  readonly clock: Clock;
  readonly random: SeededRandom;
  conditions: LinkConditions;
  readonly rules: LinkRule[] = [];
  readonly streams = new Set<FeedStream>();
  readonly exchanges = new Set<Exchange>();
  /** Told of each request that is answered, and of the answer; the text is empty for a feed. */
  onAnswer: ((request: ClusterRequest, text: string) => void) | undefined;
  /** How what comes from the cluster enters the neuron: at once, unless its process stands still. */
  enter: (run: () => void) => void = (run) => run();
  /** Monotonic time at which anything at all last came from the cluster. */
  lastHeardMs = 0;
  #closed = false;

  constructor(options: { readonly cluster: FakeCluster; readonly clock: Clock; readonly random: SeededRandom; readonly conditions?: LinkConditions }) {
    this.cluster = options.cluster;
    this.clock = options.clock;
    this.random = options.random;
    this.conditions = options.conditions ?? goodConditions();
  }

  latencyMs(): number {
    const [low, high] = this.conditions.latencyMs;
    return low + this.random.next() * (high - low);
  }

  request(request: TransportRequest): Promise<TransportResponse> {
    if (this.#closed) return Promise.reject(new CouchError('COUCH_CLOSED', 'the transport is closed'));
    return new Promise((resolve, reject) => new Exchange(this, request, { resolve, reject }).start());
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const stream of [...this.streams]) stream.abandon(new CouchError('COUCH_CLOSED', 'the transport is closed'));
    return Promise.resolve();
  }

  /** What a request comes to at the cluster. */
  serve(request: TransportRequest): ClusterAnswer | OpenedFeed {
    const read = readRequest(request);
    const answered = this.cluster.handle(read);
    this.onAnswer?.(read, 'text' in answered ? answered.text : '');
    return answered;
  }

  /** Opens the stream of a feed. */
  stream(feed: OpenedFeed): FeedStream {
    const stream = new FeedStream(feed, this);
    this.streams.add(stream);
    return stream;
  }

  /** The first rule that concerns a request. */
  ruleFor(request: TransportRequest): RuleAction | undefined {
    if (this.rules.length === 0) return undefined;
    const read = readRequest(request);
    for (const rule of this.rules) {
      const action = rule(read);
      if (action !== undefined) return action;
    }
    return undefined;
  }

  /** Everything that is under way comes to nothing and nobody is told; what is begun meanwhile too. */
  stall(): void {
    this.conditions.halfOpen = true;
    for (const stream of this.streams) stream.stalled = true;
    for (const exchange of this.exchanges) exchange.stalled = true;
  }

  /** Cuts what is under way. */
  cut(): void {
    for (const stream of [...this.streams]) stream.reset();
    for (const exchange of [...this.exchanges]) exchange.cut();
  }

  holdFeed(held: boolean): void {
    this.conditions.feedHeld = held;
    if (!held) for (const stream of this.streams) stream.released();
  }
}

