import { CouchError, type CouchTransport, type TransportRequest, type TransportResponse } from '@xir/couch-client';
import type { FakeCouch } from './fake-couch.ts';
import type { FakeRequest, FakeResponse } from './fake-exchange.ts';

/** Reads path, query and headers as the fake server wants them. */
export function toFakeRequest(request: Pick<TransportRequest, 'method' | 'path' | 'headers' | 'body'>, atMs: number): FakeRequest {
  const [path = '', query = ''] = request.path.split('?', 2);
  return {
    method: request.method,
    segments: path.split('/').slice(1).map(decodeURIComponent),
    query: new URLSearchParams(query),
    headers: request.headers ?? {},
    body: request.body === undefined ? '' : Buffer.from(request.body).toString('utf8'),
    atMs,
  };
}

/** Carries requests to a fake server without a network, in the time of the server's clock. */
export function fakeTransport(server: FakeCouch): CouchTransport {
  let closed = false;
  return {
    async request(request) {
      if (closed) throw new CouchError('COUCH_CLOSED', 'the transport is closed');
      if (request.signal?.aborted) throw aborted(request);
      const answer = server.handle(toFakeRequest(request, server.clock.monotonic()));
      await headersOf(server, answer, request);
      return new FakeTransportResponse(answer, request);
    },
    close() {
      closed = true;
      for (const stream of [...server.streams]) stream.body.leave();
      return Promise.resolve();
    },
  };
}

function aborted(request: TransportRequest): CouchError {
  return new CouchError('COUCH_ABORTED', `${request.method} ${request.path.split('?')[0]}: aborted`);
}

/** Resolves when the answer's headers arrive; rejects when the request is aborted first. */
function headersOf(server: FakeCouch, answer: FakeResponse, request: TransportRequest): Promise<void> {
  if (answer.headersAfterMs === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = answer.headersAfterMs === Infinity ? undefined : server.clock.schedule(answer.headersAfterMs, resolve);
    request.signal?.addEventListener(
      'abort',
      () => {
        timer?.cancel();
        answer.body.leave();
        reject(aborted(request));
      },
      { once: true },
    );
  });
}

class FakeTransportResponse implements TransportResponse {
  readonly status: number;
  readonly headers: TransportResponse['headers'];
  readonly #answer: FakeResponse;
  readonly #request: TransportRequest;

  constructor(answer: FakeResponse, request: TransportRequest) {
    this.status = answer.status;
    this.headers = answer.headers;
    this.#answer = answer;
    this.#request = request;
    const onAbort = () => answer.body.break(aborted(request));
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const { onDone } = answer.body;
    answer.body.onDone = () => {
      request.signal?.removeEventListener('abort', onAbort);
      onDone();
    };
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#answer.body;
    } catch (cause) {
      if (cause instanceof CouchError) throw cause;
      throw new CouchError('COUCH_UNREACHABLE', `${this.#request.method} ${this.#request.path.split('?')[0]}: connection lost`, { cause });
    }
  }

  async text(): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#pieces()) pieces.push(piece);
    return Buffer.concat(pieces).toString('utf8');
  }

  discard(): Promise<void> {
    this.#answer.body.leave();
    return Promise.resolve();
  }
}
