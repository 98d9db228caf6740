import { CouchError, hasEffects, undiciTransport, type CouchTransport, type TransportRequest, type TransportResponse } from '@xir/couch-client';

/** A fault that requests may meet. */
export interface Fault {
  readonly name: string;
  /** What happens to a request; `carry` sends it on. */
  meet(request: TransportRequest, carry: () => Promise<TransportResponse>): Promise<TransportResponse>;
}

/** Whether a request writes documents (`_bulk_get` is a `POST` that does not). */
export function writesDocuments(request: TransportRequest): boolean {
  return hasEffects(request.method) && !request.path.includes('/_bulk_get');
}

async function lose(carried: Promise<TransportResponse>): Promise<never> {
  await (await carried).discard();
  throw new CouchError('COUCH_UNREACHABLE', 'the connection broke before the answer', { outcomeUnknown: true });
}

function unsent(): CouchError {
  return new CouchError('COUCH_UNREACHABLE', 'the connection was refused', { outcomeUnknown: false });
}

/** The next so many requests that match are carried out, and their answers lost. */
export class AnswerLost implements Fault {
  readonly name = 'answer-lost';
  #left: number;
  readonly #matches: (request: TransportRequest) => boolean;

  constructor(times: number, matches: (request: TransportRequest) => boolean = writesDocuments) {
    this.#left = times;
    this.#matches = matches;
  }

  meet(request: TransportRequest, carry: () => Promise<TransportResponse>): Promise<TransportResponse> {
    if (this.#left <= 0 || !this.#matches(request)) return carry();
    this.#left -= 1;
    return lose(carry());
  }
}

/** The next so many requests that match never leave, though nobody can tell. */
export class RequestLost implements Fault {
  readonly name = 'request-lost';
  #left: number;

  constructor(times: number) {
    this.#left = times;
  }

  meet(request: TransportRequest, carry: () => Promise<TransportResponse>): Promise<TransportResponse> {
    if (this.#left <= 0 || !writesDocuments(request)) return carry();
    this.#left -= 1;
    return Promise.reject(new CouchError('COUCH_TIMEOUT', 'no answer came', { outcomeUnknown: true }));
  }
}

/** The process ends with its n-th write: nothing leaves any more; that write itself is carried out, or not. */
export class Crash implements Fault {
  readonly name = 'crash';
  readonly #at: number;
  readonly #carriedOut: boolean;
  /** Writes that have been sent. */
  writes = 0;

  constructor(at: number, carriedOut: boolean) {
    this.#at = at;
    this.#carriedOut = carriedOut;
  }

  get happened(): boolean {
    return this.writes >= this.#at;
  }

  meet(request: TransportRequest, carry: () => Promise<TransportResponse>): Promise<TransportResponse> {
    if (this.happened) return Promise.reject(unsent());
    if (!writesDocuments(request)) return carry();
    this.writes += 1;
    if (!this.happened) return carry();
    return this.#carriedOut ? lose(carry()) : Promise.reject(unsent());
  }
}

/** Requests whose body matches wait until they are let go. */
export class Held implements Fault {
  readonly name = 'held';
  readonly #text: string;
  readonly #released: Promise<void>;
  #release: () => void = () => undefined;
  #meet: () => void = () => undefined;
  /** Resolves when the first request is held. */
  readonly met: Promise<void>;

  constructor(text: string) {
    this.#text = text;
    this.#released = new Promise((resolve) => (this.#release = resolve));
    this.met = new Promise((resolve) => (this.#meet = resolve));
  }

  release(): void {
    this.#release();
  }

  async meet(request: TransportRequest, carry: () => Promise<TransportResponse>): Promise<TransportResponse> {
    if (writesDocuments(request) && typeof request.body === 'string' && request.body.includes(this.#text)) {
      this.#meet();
      await this.#released;
    }
    return carry();
  }
}

/** The real transport with a fault in front. */
export class FaultyTransport implements CouchTransport {
  readonly #inner: CouchTransport;
  fault: Fault | undefined;
  /** Requests so far. */
  requests = 0;

  constructor(url: string, fault?: Fault) {
    const { origin, pathname } = new URL(url);
    this.#inner = undiciTransport({ url: origin + pathname });
    this.fault = fault;
  }

  request(request: TransportRequest): Promise<TransportResponse> {
    this.requests += 1;
    const carry = (): Promise<TransportResponse> => this.#inner.request(request);
    return this.fault === undefined ? carry() : this.fault.meet(request, carry);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** A transport with a fault in front, and the credentials that a client of it needs. */
export function faultyClientOptions(url: string, fault?: Fault): { transport: FaultyTransport; auth?: { type: 'basic'; username: string; password: string } } {
  const { username, password } = new URL(url);
  const transport = new FaultyTransport(url, fault);
  return username === '' ? { transport } : { transport, auth: { type: 'basic', username, password } };
}
