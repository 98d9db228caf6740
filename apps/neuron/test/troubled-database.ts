import { CouchClient, CouchError, hasEffects, type CouchTransport, type Random, type TransportRequest, type TransportResponse } from '@xir/couch-client';
import { FakeCouch, fakeTransport, type VirtualClock } from '@xir/couch-testing';
import { DEFAULT_OPEN_TIMEOUT_MS, openMemory, type Memory } from '@xir/kv4';

/** What can be wrong with a database. */
export const TROUBLES = ['killed', 'half-open', 'accepting', 'unauthorized', 'forbidden', 'deleted', 'busy', 'unavailable'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** Milliseconds until a request that is never answered fails, as the transport over TCP has it. */
const HEADERS_TIMEOUT_MS = 30_000;
const NAME = 'xir';

const REFUSALS: Partial<Record<Trouble, number>> = { unauthorized: 401, forbidden: 403, busy: 429, unavailable: 503 };

/** A database without a network, in virtual time, that can get into every trouble; it counts what it is asked. */
export class TroubledDatabase {
  readonly clock: VirtualClock;
  readonly #server: FakeCouch;
  readonly #random: Random;
  #trouble: Trouble | undefined;
  #refusedShare = 0;
  #lateMs = 0;
  /** Times, in monotonic milliseconds, of the requests of memories opened with {@link open}. */
  readonly requestsAtMs: number[] = [];

  constructor(clock: VirtualClock, random: Random) {
    this.clock = clock;
    this.#server = new FakeCouch({ clock });
    this.#server.create(NAME);
    this.#random = random;
  }

  /** Opens a memory; with `untroubled`, one that nothing happens to. */
  open(neuron: string, heartbeatMs: number, untroubled = false): Promise<Memory> {
    const { clock } = this;
    const random = this.#random;
    const transport = untroubled ? fakeTransport(this.#server) : this.#transport();
    return this.#driven(openMemory({ client: new CouchClient({ url: 'http://database.invalid', transport, clock, random }), database: NAME, neuron, heartbeatMs, healthyAgeMs: 3 * heartbeatMs }));
  }

  begin(trouble: Trouble): void {
    this.#trouble = trouble;
    const feeds = [...this.#server.streams];
    if (trouble === 'half-open') for (const feed of feeds) feed.stall();
    else if (trouble === 'deleted') this.#server.remove(NAME);
    else for (const feed of feeds) feed.break();
  }

  /** Refuses a share of the requests; feeds that are open go on. */
  refuseShare(share: number): void {
    this.#refusedShare = share;
  }

  /** Cuts the feeds and answers everything late from then on. */
  answerLate(byMs: number): void {
    for (const feed of this.#server.streams) feed.break();
    this.#lateMs = byMs;
  }

  end(): void {
    this.#refusedShare = 0;
    this.#lateMs = 0;
    if (this.#trouble === 'deleted') this.#server.create(NAME);
    this.#trouble = undefined;
  }

  /** Lets virtual time pass until something that needs it is done. */
  async #driven<Result>(work: Promise<Result>): Promise<Result> {
    let done = false;
    const ended = work.finally(() => (done = true));
    ended.catch(() => undefined);
    await this.clock.advanceUntil(() => done, DEFAULT_OPEN_TIMEOUT_MS);
    return ended;
  }

  #transport(): CouchTransport {
    const inner = fakeTransport(this.#server);
    return {
      request: async (request) => {
        this.requestsAtMs.push(this.clock.monotonic());
        const trouble = this.#trouble;
        if (trouble === 'killed') throw new CouchError('COUCH_UNREACHABLE', `${request.method}: connection refused`);
        if (trouble === 'half-open' || trouble === 'accepting') return this.#never(request);
        const refusal = trouble === undefined ? this.#refusalByChance() : REFUSALS[trouble];
        if (refusal !== undefined) return refused(refusal);
        if (this.#lateMs > 0) await new Promise<void>((resolve) => this.clock.schedule(this.#lateMs, resolve));
        return inner.request(request);
      },
      close: () => inner.close(),
    };
  }

  #refusalByChance(): 429 | 503 | undefined {
    if (this.#random() >= this.#refusedShare) return undefined;
    return this.#random() < 0.5 ? 429 : 503;
  }

  #never({ method, signal, headersTimeoutMs = HEADERS_TIMEOUT_MS }: TransportRequest): Promise<never> {
    return new Promise((_, reject) => {
      const outcomeUnknown = hasEffects(method);
      const timer = headersTimeoutMs === 0 ? undefined : this.clock.schedule(headersTimeoutMs, () => reject(new CouchError('COUCH_TIMEOUT', `${method}: no answer`, { outcomeUnknown })));
      signal?.addEventListener(
        'abort',
        () => {
          timer?.cancel();
          reject(new CouchError('COUCH_ABORTED', `${method}: aborted`, { outcomeUnknown }));
        },
        { once: true },
      );
    });
  }
}

function refused(status: number): TransportResponse {
  const text = JSON.stringify({ error: `refused_${status}`, reason: 'trouble' });
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield Buffer.from(text);
    })(),
    text: () => Promise.resolve(text),
    discard: () => Promise.resolve(),
  };
}
