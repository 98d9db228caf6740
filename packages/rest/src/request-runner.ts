import type { IncomingMessage, ServerResponse } from 'node:http';

import { AccountsError, type Login } from '@xir/accounts';
import type { KeyAddress } from '@xir/kv4-core';
import { parseTarget, type BodyObject, type Target } from '@xir/protocol';

import { PREFLIGHT_HEADERS } from './answer-headers.ts';
import { AnswerWriter } from './answer-writer.ts';
import type { ApiCounter } from './api-counter.ts';
import { receiveBody, type BodyBudget } from './body-reader.ts';
import { refuseUndescribed } from './described-parameters.ts';
import { describeError, RestError } from './errors.ts';
import type { RequestOutcome, RestMetrics } from './metrics.ts';
import type { RestOptions } from './options.ts';
import { remoteAddressOf } from './remote-address.ts';
import { requestLogin, type RequestLogin } from './request-login.ts';
import { onResponseEnd } from './response-end.ts';
import type { Service, ServiceAnswer, ServiceContext, ServiceMethod, ServiceRequest } from './service.ts';
import { SERVICES } from './services/services.ts';
import { visitOf, type Visit } from './visit.ts';
import { sendEvents, watchTexts } from './watch-stream.ts';

/** Why work for a request stops. One for all: the request's stack says nothing, and making it costs more than the rest of the closing. */
const REQUEST_ENDED = new DOMException('the request has ended', 'AbortError');

/** What a {@link RequestRunner} works with. */
export interface RequestRunnerOptions {
  readonly context: ServiceContext;
  readonly metrics: RestMetrics;
  readonly counter: ApiCounter | undefined;
  readonly ageMs: (address?: KeyAddress) => number | undefined;
  readonly budget: BodyBudget;
  readonly options: RestOptions;
}

/** A request that came another way than HTTP. */
export interface Invocation {
  readonly method: ServiceMethod;
  /** The path and query, as in a request line. */
  readonly url: string;
  /** As the header of that name. */
  readonly authorization: string | undefined;
  readonly remoteAddress: string;
  readonly body?: BodyObject;
}

/** One request on its way. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly writer: AnswerWriter;
  readonly abort: AbortController;
  readonly startedMs: number;
  readonly remoteAddress: string;
  target?: Target;
  login?: Login;
  watching: boolean;
  error?: { readonly errorString: string; readonly code: string };
}

/** The long way of a request: target, limits, login, ban, body, service, answer. Every failure becomes an envelope. */
export class RequestRunner {
  readonly #options: RequestRunnerOptions;
  readonly #bodies: BodyBudget;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #watches = new Set<AbortController>();
  #closed = false;

  constructor(options: RequestRunnerOptions) {
    this.#options = options;
    this.#bodies = options.budget;
    this.#services = new Map([...SERVICES, ...(options.options.services ?? [])]);
  }

  /** Serves a request. Never throws. */
  run(request: IncomingMessage, response: ServerResponse): void {
    const { context, ageMs, metrics, options } = this.#options;
    const { clock, limits } = context;
    const exchange: Exchange = {
      request,
      response,
      writer: new AnswerWriter(request, response, { ageMs, compressionMinBytes: limits.compressionMinBytes }),
      abort: new AbortController(),
      startedMs: clock.monotonic(),
      remoteAddress: remoteAddressOf(request, options.trustProxy ?? false),
      watching: false,
    };
    metrics.activeRequests += 1;
    onResponseEnd(request, response, () => {
      exchange.abort.abort(REQUEST_ENDED);
      this.#watches.delete(exchange.abort);
      if (exchange.watching) metrics.activeWatches -= 1;
      else metrics.activeRequests -= 1;
      this.#report(exchange);
    });
    this.#serve(exchange)
      .catch((error: unknown) => this.#fail(exchange, error))
      .catch((error: unknown) => {
        // Not even the error could be written: the connection is of no use any more.
        options.onError?.(error);
        response.destroy();
      });
  }

  /** Answers a request that came another way than HTTP; resolves to the JSON text of `v`. Rejects with what {@link describeError} explains. */
  async invoke({ method, url, authorization, remoteAddress, body = {} }: Invocation): Promise<string> {
    const { context, counter } = this.#options;
    const target = parseTarget(url);
    const service = target === undefined ? undefined : this.#services.get(target.service);
    if (target === undefined || service === undefined || service.authenticate !== undefined) throw new RestError('REST_UNKNOWN_SERVICE', 'there is no such service');
    const { login, byToken } = await requestLogin(context, authorization, { remoteAddress, nowMs: context.clock.now() });
    await this.#refuseBanned(login, remoteAddress, visitOf(target, method));
    counter?.count(login, `/${target.service}/${allowedMethod(service, method)}`);
    const abort = new AbortController();
    const { segments, path, query } = target;
    const answer = await service.handle({ context, method, segments, path, query, headers: {}, login, byToken, body, signal: abort.signal, wait: () => undefined });
    if (answer.kind === 'value') return answer.text;
    if (answer.kind !== 'list') throw new RestError('REST_BAD_OPTION', 'what cannot be answered at once is asked for over HTTP');
    const items = [...answer.first];
    for await (const more of answer.rest ?? []) items.push(...more);
    return `[${items.join(',')}]`;
  }

  /** Ends all watches; later ones end at once. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch.abort();
  }

  async #serve(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    if (request.method === 'OPTIONS') {
      response.writeHead(204, [...PREFLIGHT_HEADERS]);
      response.end();
      return;
    }
    const { limits, clock } = this.#options.context;
    let timedOut: (error: RestError) => void = () => undefined;
    const timeout = new Promise<never>((_resolve, reject) => (timedOut = reject));
    const timer = clock.schedule(limits.answerTimeoutMs, () => timedOut(new RestError('REST_TIMEOUT', 'the answer was not found in time')));
    try {
      const answering = this.#answer(exchange);
      // When the time is up first, what still becomes of the work is of no interest any more.
      answering.catch(() => undefined);
      const answer = await Promise.race([answering, timeout]);
      timer.cancel();
      await this.#write(exchange, answer);
    } finally {
      timer.cancel();
    }
  }

  async #answer(exchange: Exchange): Promise<ServiceAnswer> {
    const { request } = exchange;
    const { context, metrics } = this.#options;
    const { limits } = context;
    const url = request.url ?? '/';
    if (url.length > limits.maxUrlCharacters) throw new RestError('REST_URL_TOO_LONG', `the URL is longer than ${limits.maxUrlCharacters} characters`);
    const target = parseTarget(url);
    if (target === undefined) throw new RestError('REST_BAD_REQUEST', 'a segment of the path decodes to a slash, NUL or bad UTF-8, or there are too many segments');
    exchange.target = target;
    if (metrics.activeRequests > limits.maxConcurrentRequests) throw new RestError('REST_BUSY', 'too many requests are under way', ['Retry-After', '1']);
    const service = this.#services.get(target.service);
    if (service === undefined) throw new RestError('REST_UNKNOWN_SERVICE', `there is no such service; a path begins with one of ${[...this.#services.keys()].map((name) => `/_${name}`).join(' ')}`);
    const { remoteAddress } = exchange;
    const { headers } = request;
    const { login, byToken } = await (service.authenticate?.({ context, target, headers, remoteAddress }) ?? requestLogin(context, headers.authorization, { remoteAddress, nowMs: context.clock.now() }));
    exchange.login = login;
    await this.#refuseBanned(login, remoteAddress, visitOf(target, request.method));
    const method = allowedMethod(service, request.method ?? 'GET');
    refuseUndescribed(method, target, request.headers);
    this.#options.counter?.count(login, `/${target.service}/${method}`);
    const serviceRequest = await this.#serviceRequest(exchange, { target, login, byToken, method });
    return service.handle(serviceRequest);
  }

  async #refuseBanned(login: Login, remoteAddress: string, { path, reach }: Visit): Promise<void> {
    const { bans } = this.#options.context.accounts;
    const banned = bans.peek(login.bucket, remoteAddress, path, reach) ?? (await bans.check(login.bucket, remoteAddress, path, reach));
    if (banned) throw new RestError('REST_FORBIDDEN', 'this address is banned from this path');
  }

  async #serviceRequest(exchange: Exchange, known: RequestLogin & { readonly target: Target; readonly method: ServiceMethod }): Promise<ServiceRequest> {
    const { context } = this.#options;
    const { target, login, byToken, method } = known;
    const body = method === 'GET' ? undefined : await receiveBody(exchange.request, context.limits.maxBodyBytes, this.#bodies);
    return {
      context,
      method,
      segments: target.segments,
      path: target.path,
      query: target.query,
      headers: exchange.request.headers,
      login,
      byToken,
      body: body?.ok === true ? body.body : {},
      ...(body?.ok === false ? { bodyProblem: body.problem } : {}),
      signal: exchange.abort.signal,
      wait: () => this.#becomeWatch(exchange),
    };
  }

  async #write(exchange: Exchange, answer: ServiceAnswer): Promise<void> {
    if (exchange.response.destroyed) return;
    switch (answer.kind) {
      case 'value':
        return exchange.writer.value(answer);
      case 'list':
        return exchange.writer.list(answer);
      case 'not-modified':
        return exchange.writer.notModified(answer.version, answer.address);
      case 'events':
        return this.#watch(exchange, watchTexts(answer.events));
      case 'text-events':
        return this.#watch(exchange, answer.events);
    }
  }

  async #watch(exchange: Exchange, events: Parameters<typeof sendEvents>[2]): Promise<void> {
    const { metrics, context, ageMs } = this.#options;
    const { limits, clock } = context;
    this.#becomeWatch(exchange);
    const end = await sendEvents(exchange.request, exchange.response, events, {
      clock,
      heartbeatMs: limits.watchHeartbeatMs,
      maxBufferBytes: limits.maxWatchBufferBytes,
      ageMs,
      admit: () => this.#admitWatcher(exchange),
      end: () => exchange.abort.abort(),
      signal: exchange.abort.signal,
    });
    if (end === 'slow-reader') metrics.slowWatchesCut += 1;
  }

  #becomeWatch(exchange: Exchange): void {
    const { metrics, context } = this.#options;
    if (exchange.watching) return;
    if (this.#closed || metrics.activeWatches >= context.limits.maxWatches) throw new RestError('REST_BUSY', 'too many watches are open', ['Retry-After', '1']);
    exchange.watching = true;
    metrics.activeWatches += 1;
    metrics.activeRequests -= 1;
    this.#watches.add(exchange.abort);
  }

  /** Looks again: accounts are closed and addresses banned while watches are open. */
  async #admitWatcher({ login, target, request, remoteAddress }: Exchange): Promise<void> {
    const { logins, bans } = this.#options.context.accounts;
    if (login === undefined || target === undefined) return;
    if (!(await logins.stillHolds(login))) throw new AccountsError('ACCOUNTS_UNAUTHORIZED', 'the login has ended');
    const { path, reach } = visitOf(target, request.method);
    if (bans.peek(login.bucket, remoteAddress, path, reach) === true) throw new RestError('REST_FORBIDDEN', 'this address is banned from this path');
  }

  async #fail(exchange: Exchange, error: unknown): Promise<void> {
    const { request, response, writer } = exchange;
    const answer = describeError(error);
    exchange.error = { errorString: answer.errorString, code: answer.code };
    if (answer.unexpected && !isClientGone(error, exchange)) this.#options.options.onError?.(error);
    if (response.headersSent) {
      // A stream that broke must not look complete.
      if (!response.writableEnded) response.destroy();
      return;
    }
    if (response.destroyed) return;
    // What comes of a body that nobody wants is thrown away, so that the client gets round to reading the answer.
    request.resume();
    await writer.error(answer);
  }

  #report(exchange: Exchange): void {
    const { metrics, context, options } = this.#options;
    const { request, response, target, login, error } = exchange;
    const service = target !== undefined && this.#services.has(target.service) ? target.service : 'other';
    const method = request.method ?? 'GET';
    const outcome: RequestOutcome = error !== undefined ? 'error' : response.writableFinished || exchange.watching ? 'ok' : 'aborted';
    const durationMs = context.clock.monotonic() - exchange.startedMs;
    if (!exchange.watching) metrics.record(service, method, outcome, durationMs);
    options.onRequest?.({
      service,
      method,
      path: target?.path ?? '',
      outcome,
      ...(error === undefined ? {} : { error: error.errorString, code: error.code }),
      status: response.statusCode,
      durationMs,
      ...(login === undefined ? {} : { bucket: login.bucket, author: login.author }),
      remoteAddress: exchange.remoteAddress,
    });
  }
}

function allowedMethod(service: Service, method: string): ServiceMethod {
  const asked = method === 'HEAD' ? 'GET' : method;
  const allowed = service.methods.find((known) => known === asked);
  if (allowed === undefined) throw new RestError('REST_METHOD_NOT_ALLOWED', 'not with this method', ['Allow', service.methods.join(', ')]);
  return allowed;
}

/** What fails because the client has left is nobody's fault. */
function isClientGone(error: unknown, { abort, response }: Exchange): boolean {
  return abort.signal.aborted || response.destroyed || (error instanceof Error && error.name === 'AbortError');
}
