import { Agent, request as httpRequest } from 'node:http';

/** The system login of the neurons of a run. */
export const LOGIN = `Basic ${Buffer.from('$sys:secret').toString('base64')}`;

/** An answer of the REST API. */
export interface RestAnswer {
  /** `ok`, or the error string. */
  readonly result: string;
  readonly value: unknown;
  /** The version in `ETag`. */
  readonly version?: string;
  readonly age?: string;
  /** False: the write was taken by fewer nodes than the quorum. */
  readonly durable?: false;
}

/** A request to the REST API. */
export interface RestRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly target: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Milliseconds after which a request counts as failed. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Connections of one client. Nothing is ever sent a second time. */
export class RestConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  /** Rejects when there is no answer, or none that can be read. */
  send(base: string, { method, target, body, headers = {} }: RestRequest): Promise<RestAnswer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const request = httpRequest(`${base}${target}`, {
        method,
        agent: this.#agent,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        headers: { authorization: LOGIN, ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }), ...headers },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('the answer broke off')));
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          try {
            const parsed = JSON.parse(Buffer.concat(chunks).toString()) as { v: unknown; s: string };
            const { etag, 'x-kv4-age-ms': age, 'x-kv4-durable': durable } = response.headers;
            resolve({
              result: parsed.s === 'ok' ? 'ok' : String(parsed.v),
              value: parsed.v,
              ...(etag === undefined ? {} : { version: etag.replaceAll('"', '') }),
              ...(typeof age === 'string' ? { age } : {}),
              ...(durable === 'false' ? { durable: false } : {}),
            });
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      });
      request.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
