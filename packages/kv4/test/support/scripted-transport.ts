import { CouchError, undiciTransport, type CouchTransport, type TransportRequest, type TransportResponse } from '@xir/couch-client';

/** What a fault does with a request: forward it, hold it, answer it otherwise. */
export type Fault = (request: TransportRequest, forward: () => Promise<TransportResponse>) => Promise<TransportResponse>;

/** A gate that a test opens. */
export class Gate {
  #open: () => void = () => undefined;
  #arrive: () => void = () => undefined;
  /** Resolves when something stands at the gate. */
  readonly reached = new Promise<void>((resolve) => (this.#arrive = resolve));
  readonly opened = new Promise<void>((resolve) => (this.#open = resolve));

  open(): void {
    this.#open();
  }

  arrive(): void {
    this.#arrive();
  }
}

/** Carries requests over TCP, save those for which a test has set a fault. */
export class ScriptedTransport implements CouchTransport {
  readonly #inner: CouchTransport;
  readonly #faults: { readonly matches: (request: TransportRequest) => boolean; readonly fault: Fault; uses: number }[] = [];
  readonly #feeds = new Set<AbortController>();
  readonly #injected: Uint8Array[] = [];
  #feedGate: Gate | undefined;

  constructor(url: string) {
    this.#inner = undiciTransport({ url });
  }

  /** Sets a fault for the next `uses` requests whose path holds `part`. */
  next(part: string, fault: Fault, uses = 1): void {
    this.#faults.push({ matches: ({ path }) => path.includes(part), fault, uses });
  }

  /** The request reaches the server at once; its answer waits at the gate. */
  delayAnswer(part: string): Gate {
    const gate = new Gate();
    this.next(part, async (_, forward) => {
      const response = await forward();
      const text = await response.text();
      gate.arrive();
      await gate.opened;
      return textResponse(response.status, text);
    });
    return gate;
  }

  /** Answers the next requests as a replica that is behind would: with a text recorded before. */
  answerWith(part: string, text: string, uses = 1): void {
    this.next(part, async () => textResponse(200, text), uses);
  }

  /** Lets nothing of the feed through any more, though the connection stands: half-open. */
  freezeFeed(): Gate {
    this.#feedGate = new Gate();
    return this.#feedGate;
  }

  /** Puts a line into the feed, before what the server sends next: an old row, as after a rewind. */
  inject(line: string): void {
    this.#injected.push(new TextEncoder().encode(`${line}\n`));
  }

  /** Cuts every feed connection. */
  cutFeed(): void {
    for (const feed of this.#feeds) feed.abort();
    this.#feeds.clear();
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const forward = () => this.#inner.request(request);
    const index = this.#faults.findIndex(({ matches }) => matches(request));
    const found = this.#faults[index];
    if (found !== undefined) {
      found.uses -= 1;
      if (found.uses === 0) this.#faults.splice(index, 1);
      return found.fault(request, forward);
    }
    return request.path.includes('feed=continuous') ? this.#feed(request) : forward();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #feed(request: TransportRequest): Promise<TransportResponse> {
    const cut = new AbortController();
    this.#feeds.add(cut);
    const signals = request.signal === undefined ? [cut.signal] : [cut.signal, request.signal];
    const response = await this.#inner.request({ ...request, signal: AbortSignal.any(signals) });
    const gated = async function* (this: ScriptedTransport): AsyncGenerator<Uint8Array> {
      try {
        for await (const piece of response.body) {
          await this.#feedGate?.opened;
          yield* this.#injected.splice(0);
          yield piece;
        }
      } catch (cause) {
        throw new CouchError('COUCH_UNREACHABLE', 'the connection was cut', { cause });
      }
    };
    return { ...response, status: response.status, headers: response.headers, body: gated.call(this), text: response.text.bind(response), discard: response.discard.bind(response) };
  }
}

/** An answer with a JSON text. */
export function textResponse(status: number, text: string): TransportResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield new TextEncoder().encode(text);
    })(),
    text: async () => text,
    discard: async () => undefined,
  };
}
