import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Login } from '@xir/accounts';
import type { KeyAddress } from '@xir/kv4-core';
import { okText, parseBody, type Query } from '@xir/protocol';

import { AnswerWriter } from './answer-writer.ts';
import type { ApiCounter } from './api-counter.ts';
import { ReceivedBody, type BodyBudget } from './body-reader.ts';
import type { ConnectionLogins } from './connection-logins.ts';
import { Deadlines, type Deadline } from './deadlines.ts';
import { describeError, RestError } from './errors.ts';
import { writeKey } from './key-writing.ts';
import type { RequestOutcome, RestMetrics } from './metrics.ts';
import type { RestOptions } from './options.ts';
import { DATA_LAYER } from './services/data.ts';
import type { ServiceContext, ServiceRequest, ValueAnswer } from './service.ts';

/** What the short way of a write works with. */
export interface PlainPutOptions {
  readonly context: ServiceContext;
  readonly connections: ConnectionLogins;
  readonly counter: ApiCounter | undefined;
  readonly metrics: RestMetrics;
  readonly budget: BodyBudget;
  readonly ageMs: (address?: KeyAddress) => number | undefined;
  readonly options: RestOptions;
}

/** Paths that mean themselves, without decoding, and no parameter. */
const PLAIN = /^\/_data((?:\/[\w.~:@$!*)(-]+){1,32})$/;
const MAX_PLAIN_CHARACTERS = 1024;
/** Larger bodies take turns. */
const MAX_PLAIN_BODY_BYTES = 65_536;
/** Headers that ask for something that needs the long way. */
const SPECIAL_HEADERS = ['if-match', 'if-none-match', 'origin', 'prefer', 'transfer-encoding', 'expect'] as const;
const NO_QUERY: Query = new Map<string, string>();
/** Writes are finished once begun: nothing of a request stops them. */
const NEVER = new AbortController().signal;

/**
 * The short way of a write: `PUT /_data/<path>` with a small body, by a login that is known. It leaves out what such a request has no use for (a parsed URL, a timer
 * and a signal of its own) and shares the rest with the long way: the same checks, the same write, the same answers. Everything else is declined (false).
 */
export class PlainPut {
  readonly #options: PlainPutOptions;
  readonly #deadlines: Deadlines;

  constructor(options: PlainPutOptions) {
    this.#options = options;
    const { clock, limits } = options.context;
    this.#deadlines = new Deadlines(clock, limits.answerTimeoutMs);
  }

  /** Takes the request, or declines it. Never throws. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '';
    if (request.method !== 'PUT' || url.length > MAX_PLAIN_CHARACTERS) return false;
    const path = PLAIN.exec(url)?.[1];
    if (path === undefined || isSpecial(request)) return false;
    const { connections, counter, metrics, context } = this.#options;
    if (metrics.activeRequests >= context.limits.maxConcurrentRequests) return false;
    const connection = connections.admitted(request, path);
    if (connection === undefined) return false;
    counter?.count(connection.login, '/data/PUT');
    new Exchange(this.#options, { request, response, path, ...connection }).start(this.#deadlines);
    return true;
  }

  /** Requests under way are finished all the same. */
  close(): void {
    this.#deadlines.close();
  }
}

function isSpecial({ headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length'] ?? 0);
  return !(length > 0 && length <= MAX_PLAIN_BODY_BYTES) || SPECIAL_HEADERS.some((name) => headers[name] !== undefined);
}

interface Taken {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly login: Login;
  readonly remoteAddress: string;
}

/** One request on its short way. */
class Exchange {
  readonly #options: PlainPutOptions;
  readonly #taken: Taken;
  readonly #startedMs: number;
  #received: ReceivedBody | undefined;
  #deadlines: Deadlines | undefined;
  #deadline: Deadline | undefined;

  constructor(options: PlainPutOptions, taken: Taken) {
    this.#options = options;
    this.#taken = taken;
    this.#startedMs = options.context.clock.monotonic();
  }

  start(deadlines: Deadlines): void {
    const { metrics, budget, context } = this.#options;
    const { request } = this.#taken;
    metrics.activeRequests += 1;
    this.#deadlines = deadlines;
    this.#deadline = deadlines.set(() => this.#fail(new RestError('REST_TIMEOUT', 'the answer was not found in time')));
    const received = new ReceivedBody(context.limits.maxBodyBytes, budget);
    this.#received = received;
    request.on('data', (chunk: Buffer) => {
      const problem = received.add(chunk);
      if (problem !== undefined) this.#fail(problem);
    });
    request.on('end', () => this.#write());
    request.on('error', () => this.#finish('aborted'));
  }

  #write(): void {
    if (this.#deadline === undefined || this.#received === undefined) return;
    const { login, path } = this.#taken;
    const request = this.#serviceRequest(this.#received.bytes());
    this.#received.release();
    writeKey(request, { bucket: login.bucket, layer: DATA_LAYER, path }).then(
      (answer) => this.#answer(answer),
      (error: unknown) => this.#fail(error),
    );
  }

  #serviceRequest(bytes: Buffer): ServiceRequest {
    const { request, login, path } = this.#taken;
    const body = isUtf8(bytes) ? parseBody(bytes.toString('utf8'), request.headers['content-type']) : ({ ok: false, problem: 'bad_body' } as const);
    return {
      context: this.#options.context,
      method: 'PUT',
      segments: [],
      path,
      query: NO_QUERY,
      headers: request.headers,
      login,
      body: body.ok ? body.body : {},
      ...(body.ok ? {} : { bodyProblem: body.problem }),
      signal: NEVER,
      // It never waits for something to happen.
      wait: () => undefined,
    };
  }

  #answer(answer: ValueAnswer): void {
    if (this.#deadline === undefined) return;
    const { request, response } = this.#taken;
    const { version, text, durable } = answer;
    if (response.destroyed) return this.#finish('aborted');
    const mayBePacked = text.length >= this.#options.context.limits.compressionMinBytes && request.headers['accept-encoding'] !== undefined;
    if (version === undefined || durable === false || mayBePacked) {
      return this.#hand(this.#writer().value(answer), undefined);
    }
    const body = okText(text);
    response.writeHead(200, [
      'Access-Control-Allow-Origin',
      '*',
      'Cache-Control',
      'no-cache',
      'ETag',
      '"' + version + '"',
      'Content-Type',
      'application/json',
      'Content-Length',
      String(Buffer.byteLength(body)),
    ]);
    response.end(body);
    this.#finish('ok');
  }

  #fail(error: unknown): void {
    if (this.#deadline === undefined) return;
    const { request, response } = this.#taken;
    if (response.destroyed) return this.#finish('aborted');
    const answer = describeError(error);
    if (answer.unexpected) this.#options.options.onError?.(error);
    // What comes of a body that nobody wants is thrown away, so that the client gets round to reading the answer.
    request.resume();
    this.#hand(this.#writer().error(answer), { error: answer.errorString, code: answer.code });
  }

  #writer(): AnswerWriter {
    const { ageMs, context } = this.#options;
    return new AnswerWriter(this.#taken.request, this.#taken.response, { ageMs, compressionMinBytes: context.limits.compressionMinBytes });
  }

  /** Waits for an answer of the long way to be written. */
  #hand(writing: Promise<void>, problem: { readonly error: string; readonly code: string } | undefined): void {
    const outcome = problem === undefined ? 'ok' : 'error';
    writing.then(
      () => this.#finish(outcome, problem),
      (error: unknown) => {
        // Not even the answer could be written: the connection is of no use any more.
        this.#options.options.onError?.(error);
        this.#taken.response.destroy();
        this.#finish('aborted');
      },
    );
  }

  /** Counts the request, once. */
  #finish(outcome: RequestOutcome, problem?: { readonly error: string; readonly code: string }): void {
    if (this.#deadline === undefined) return;
    this.#deadlines?.met(this.#deadline);
    this.#deadline = undefined;
    this.#received?.release();
    const { metrics, context, options } = this.#options;
    const { path, login, remoteAddress, response } = this.#taken;
    const durationMs = context.clock.monotonic() - this.#startedMs;
    metrics.activeRequests -= 1;
    metrics.plainWrites += 1;
    metrics.record('data', 'PUT', outcome, durationMs);
    options.onRequest?.({ service: 'data', method: 'PUT', path, outcome, ...problem, status: response.statusCode, durationMs, bucket: login.bucket, author: login.author, remoteAddress });
  }
}
