import { hasEffects, type Timer, type TransportRequest, type TransportResponse } from '@xir/couch-client';
import type { ClusterAnswer } from '../cluster/exchange.ts';
import { isFeed, type OpenedFeed } from '../cluster/fake-cluster.ts';
import type { FeedStream } from './feed-stream.ts';
import type { Link, RuleAction } from './link.ts';
import { calledOff, connectionLost, timedOut } from './network-errors.ts';

/** What the transport's limits are unless a request says otherwise, in milliseconds. */
const DEFAULT_HEADERS_TIMEOUT_MS = 5_000;
const SLOW_MS = 4_000;

interface Caller {
  readonly resolve: (response: TransportResponse) => void;
  readonly reject: (error: Error) => void;
}

/** One request on its way, and its answer on the way back. */
export class Exchange {
  readonly #link: Link;
  readonly #request: TransportRequest;
  readonly #caller: Caller;
  #timer: Timer | undefined;
  #settled = false;
  #arrived = false;
  /** Whatever happens to it, its caller does not hear of it. */
  stalled: boolean;

  constructor(link: Link, request: TransportRequest, caller: Caller) {
    this.#link = link;
    this.#request = request;
    this.#caller = caller;
    this.stalled = link.conditions.halfOpen;
  }

  start(): void {
    const { signal, headersTimeoutMs = DEFAULT_HEADERS_TIMEOUT_MS, method, path } = this.#request;
    const { clock, random, conditions, exchanges } = this.#link;
    if (signal?.aborted === true) return this.#reject(calledOff(method, path));
    exchanges.add(this);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (conditions.refused) return this.#later(this.#link.latencyMs(), () => this.#reject(connectionLost(method, path, false)));
    if (headersTimeoutMs > 0) this.#timer = clock.schedule(headersTimeoutMs, () => this.#reject(timedOut(method, path)));
    const delayMs = this.#link.latencyMs() + (conditions.slow > 0 && random.chance(conditions.slow) ? random.next() * SLOW_MS : 0);
    const action = this.#link.ruleFor(this.#request);
    const arrive = (): void => this.#later(delayMs, () => this.#arrive(action));
    if (action?.type === 'hold-request') action.gate.pass(arrive);
    else arrive();
  }

  /** The connection is cut. */
  cut(): void {
    const { method, path } = this.#request;
    if (!this.stalled) this.#reject(connectionLost(method, path, this.#arrived || hasEffects(method)));
  }

  readonly #onAbort = (): void => this.#reject(calledOff(this.#request.method, this.#request.path));

  /** The request reaches the cluster, if nothing is in its way. */
  #arrive(action: RuleAction | undefined): void {
    if (this.#settled) return;
    const { conditions, random } = this.#link;
    const { method, path } = this.#request;
    if (this.stalled || action?.type === 'vanish') return;
    if (action?.type === 'lose-before' || (conditions.lostBefore > 0 && random.chance(conditions.lostBefore))) return this.#reject(connectionLost(method, path, true));
    const refused = action?.type === 'answer' ? action.answer : this.#refusal();
    const answered = refused ?? this.#link.serve(this.#request);
    this.#arrived = true;
    if (isFeed(answered)) return this.#later(this.#link.latencyMs(), () => this.#open(answered));
    if (action?.type === 'lose-after' || (conditions.lostAfter > 0 && random.chance(conditions.lostAfter))) {
      return this.#later(this.#link.latencyMs(), () => this.#reject(connectionLost(method, path, true)));
    }
    const back = (): void => this.#later(this.#link.latencyMs(), () => this.#answer(answered));
    if (action?.type === 'hold-answer') action.gate.pass(back);
    else back();
  }

  #refusal(): ClusterAnswer | undefined {
    const { conditions, random } = this.#link;
    const { busy, unauthorized, serverError } = conditions;
    if (busy > 0 && random.chance(busy)) {
      return { status: random.chance(0.5) ? 429 : 503, text: '{"error":"too_many_requests","reason":"busy"}', headers: random.chance(0.7) ? { 'retry-after': '1' } : {} };
    }
    if (unauthorized > 0 && random.chance(unauthorized)) return { status: 401, text: '{"error":"unauthorized","reason":"Name or password is incorrect."}' };
    if (serverError > 0 && random.chance(serverError)) return { status: 500, text: '{"error":"internal_server_error","reason":"No reason"}' };
    return undefined;
  }

  #open(feed: OpenedFeed): void {
    if (this.#settled || this.stalled) return;
    this.#resolve(new FeedResponse(this.#link.stream(feed), this.#request));
  }

  #answer(answered: ClusterAnswer): void {
    if (this.#settled || this.stalled) return;
    this.#link.lastHeardMs = this.#link.clock.monotonic();
    this.#resolve(new WholeResponse(answered));
  }

  #later(delayMs: number, run: () => void): void {
    this.#link.clock.schedule(delayMs, run);
  }

  #resolve(response: TransportResponse): void {
    if (this.#settle()) this.#link.enter(() => this.#caller.resolve(response));
  }

  #reject(error: Error): void {
    if (this.#settle()) this.#link.enter(() => this.#caller.reject(error));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#timer?.cancel();
    this.#link.exchanges.delete(this);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

class WholeResponse implements TransportResponse {
  readonly status: number;
  readonly headers: TransportResponse['headers'];
  readonly #text: string;

  constructor({ status, text, headers }: ClusterAnswer) {
    this.status = status;
    this.headers = headers ?? {};
    this.#text = text;
  }

  get body(): AsyncIterable<Uint8Array> {
    return piecesOf(this.#text);
  }

  text(): Promise<string> {
    return Promise.resolve(this.#text);
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }
}

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

class FeedResponse implements TransportResponse {
  readonly status = 200;
  readonly headers = {};
  readonly #stream: FeedStream;

  constructor(stream: FeedStream, request: TransportRequest) {
    this.#stream = stream;
    request.signal?.addEventListener('abort', () => stream.abandon(calledOff(request.method, request.path)), { once: true });
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#stream.body;
  }

  async text(): Promise<string> {
    let text = '';
    for await (const piece of this.#stream.body) text += Buffer.from(piece).toString('utf8');
    return text;
  }

  discard(): Promise<void> {
    this.#stream.close();
    return Promise.resolve();
  }
}
