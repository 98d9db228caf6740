import type { Socket } from 'node:net';

import type { Timer } from '@xir/couch-client';
import { DEFAULT_DATA_TOKEN_SECONDS, DEFAULT_WATCH_CREDIT_EVENTS, readWebSocketRequest, type WebSocketId, type WebSocketRequest } from '@xir/protocol';
import type { RawData, WebSocket } from 'ws';

import { admit } from './admission.ts';
import { answerProblem } from './answer-limit.ts';
import { runBatch } from './batch.ts';
import { CLOSE_CODES } from './close-codes.ts';
import type { WebSocketContext } from './context.ts';
import { goingAway, tellError, WebSocketError } from './errors.ts';
import { Input, MAX_BYTES_BEFORE_LOGIN } from './input.ts';
import { logInByMessage } from './log-in.ts';
import { answerText, endText, failureText, goAwayText, type Outcome } from './message-text.ts';
import { Output } from './output.ts';
import { otherBucket, ownBucket } from './place.ts';
import { runRequest } from './run-request.ts';
import type { Session } from './session.ts';
import { Watch, watchScope, type WatchLine, type WatchRequest } from './watch.ts';

/** One connection: messages in, requests side by side, answers of a turn in one write. */
export class Connection implements WatchLine {
  readonly #ws: WebSocket;
  readonly #session: Session;
  readonly #context: WebSocketContext;
  readonly #output: Output;
  readonly #input: Input;
  readonly #loginTimer: Timer;
  readonly #watches = new Map<WebSocketId, Watch>();
  #inFlight = 0;
  #admitted = false;
  #blocked = false;
  #draining = false;
  #closed = false;

  constructor(ws: WebSocket, socket: Socket, session: Session) {
    this.#ws = ws;
    this.#session = session;
    this.#context = session.context;
    this.#output = new Output(ws, socket, { context: session.context, onDrained: () => this.#goOn() });
    this.#input = new Input(ws, socket, { context: session.context, isLoggedIn: () => session.knownLogin !== undefined });
    this.#loginTimer = session.context.clock.schedule(session.context.limits.loginTimeoutMs, () => {
      if (session.knownLogin === undefined) this.#ws.close(CLOSE_CODES.policyViolation, 'log in first');
    });
    ws.on('message', (data: RawData, isBinary: boolean) => this.#receive(data, isBinary));
    ws.on('error', () => this.#input.countBroken());
    ws.once('close', () => this.#close());
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#ws.terminate();
  }

  /** Asks for a sign of life; cuts a client that has given none since it was asked before. */
  beat(): void {
    if (this.#input.beat()) return;
    this.#context.metrics.silentCut += 1;
    this.destroy();
  }

  /** Tells the client to go elsewhere, lets what is under way finish, then ends. */
  drain(graceMs: number): void {
    this.#draining = true;
    this.send(goAwayText(graceMs));
    const { body } = tellError(goingAway());
    for (const watch of this.#watches.values()) {
      watch.stop();
      this.send(endText(watch.id, body));
    }
    this.#endIfDone();
  }

  send(text: string): void {
    this.#output.send(text);
  }

  drained(): Promise<void> | undefined {
    return this.#output.drained();
  }

  loginEnded(): void {
    for (const watch of this.#watches.values()) watch.stop();
    this.#session.knownLogin = undefined;
    this.#ws.close(CLOSE_CODES.policyViolation, 'the login has ended');
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#input.received();
    // What comes behind the closing is of no interest any more.
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (isBinary) {
      this.#input.countBroken();
      this.#ws.close(CLOSE_CODES.unsupportedData, 'messages are text');
      return;
    }
    if (this.#session.knownLogin === undefined && (data as Buffer).length > MAX_BYTES_BEFORE_LOGIN) {
      this.#input.countBroken();
      this.#ws.close(CLOSE_CODES.tooLarge, 'log in first');
      return;
    }
    // `ws` hands over one buffer per message, its UTF-8 checked.
    const text = (data as Buffer).toString('utf8');
    if (this.#mustWait) this.#input.hold(text);
    else this.#take(text);
  }

  get #mustWait(): boolean {
    return this.#blocked || this.#input.isHolding || this.#output.isFull;
  }

  /** Carries out what waited, as far as it can be now. */
  #goOn(): void {
    while (!this.#closed && !this.#blocked && !this.#output.isFull) {
      const text = this.#input.next();
      if (text === undefined) return;
      this.#take(text);
    }
  }

  #take(text: string): void {
    if (this.#admitted) return this.#execute(text);
    const admission = admit(this.#session);
    if (typeof admission === 'string') return this.#admit(admission, text);
    this.#wait(
      admission.then(
        (found) => this.#admit(found, text),
        (error: unknown) => this.#fail(idOf(text), error),
      ),
    );
  }

  #admit(admission: 'held' | 'ended', text: string): void {
    if (admission === 'ended') {
      this.#session.knownLogin = undefined;
      this.#execute(text);
      return this.loginEnded();
    }
    // Good for this turn.
    this.#admitted = true;
    process.nextTick(() => (this.#admitted = false));
    this.#execute(text);
  }

  /** Nothing else is done for this client meanwhile. `work` must not reject. */
  #wait(work: Promise<void>): void {
    this.#blocked = true;
    void work.then(() => {
      this.#blocked = false;
      this.#goOn();
    });
  }

  #execute(text: string): void {
    const reading = readWebSocketRequest(text);
    if (!reading.ok) {
      const { code, message, id } = reading.problem;
      this.#context.metrics.countOf('other').error += 1;
      return this.#fail(id, new WebSocketError(code, message));
    }
    const { request } = reading;
    if (request.op === 'credit') return this.#watches.get(request.watch)?.grant(request.events);
    try {
      const outcome = this.#run(request);
      if (!(outcome instanceof Promise)) {
        this.#answer(request, outcome);
        return;
      }
      this.#follow(request, outcome);
    } catch (error) {
      this.#context.metrics.countOf(request.op).error += 1;
      this.#fail(request.id, error);
    }
  }

  #answer(request: Exclude<WebSocketRequest, { op: 'credit' }>, outcome: Outcome): void {
    const count = this.#context.metrics.countOf(request.op);
    const problem = answerProblem(this.#output, request, outcome.text);
    if (problem !== undefined) {
      count.error += 1;
      return this.#fail(request.id, problem);
    }
    count.ok += 1;
    this.send(answerText(request.id, outcome));
  }

  #run(request: Exclude<WebSocketRequest, { op: 'credit' }>): Outcome | Promise<Outcome> {
    const { op } = request;
    // Those of a batch count one by one.
    if (op !== 'batch') this.#session.count(op);
    if (op === 'ping') return { text: `{"timeMs":${this.#context.clock.now()}}` };
    if (this.#draining) throw goingAway();
    if (op === 'login') return this.#logIn(request);
    const { login } = this.#session;
    switch (op) {
      case 'stop':
        return { text: String(this.#stop(request.watch)) };
      case 'token':
        return this.#token(request.expiresInSeconds ?? DEFAULT_DATA_TOKEN_SECONDS);
      case 'watch': {
        const own = ownBucket(this.#session, request.bucket);
        if (own !== undefined) return this.#watch(request, own);
        return otherBucket(this.#session, request.bucket ?? login.bucket).then((bucket) => this.#watch(request, bucket));
      }
      case 'batch':
        this.#refuseBusy(request.requests.length);
        return runBatch(this.#session, request.requests);
      default:
        this.#refuseBusy(1);
        return runRequest(this.#session, request);
    }
  }

  #refuseBusy(more: number): void {
    const { maxRequestsInFlight } = this.#context.limits;
    if (this.#inFlight + more > maxRequestsInFlight) throw new WebSocketError('WEBSOCKET_BUSY', `more than ${maxRequestsInFlight} requests of this connection are under way`);
  }

  #follow(request: Exclude<WebSocketRequest, { op: 'credit' }>, outcome: Promise<Outcome>): void {
    const { metrics } = this.#context;
    const weight = request.op === 'batch' ? request.requests.length : 1;
    this.#inFlight += weight;
    metrics.requestsInFlight += weight;
    const settled = outcome.then(
      (found) => this.#answer(request, found),
      (error: unknown) => {
        metrics.countOf(request.op).error += 1;
        this.#fail(request.id, error);
      },
    );
    void settled.then(() => {
      this.#inFlight -= weight;
      metrics.requestsInFlight -= weight;
      this.#endIfDone();
    });
    // What comes behind a login is asked in its name.
    if (request.op === 'login') this.#wait(settled);
  }

  async #logIn(request: Extract<WebSocketRequest, { op: 'login' }>): Promise<Outcome> {
    await logInByMessage(this.#session, request);
    this.#loginTimer.cancel();
    const { bucket, author } = this.#session.login;
    return { text: JSON.stringify({ bucket, author }) };
  }

  #token(seconds: number): Outcome {
    const { login, byToken } = this.#session;
    if (byToken) throw new WebSocketError('WEBSOCKET_FORBIDDEN', 'who logged in with a token gets no further one');
    const expiresAtMs = this.#context.clock.now() + seconds * 1000;
    return { text: JSON.stringify({ token: this.#context.tokens.sign(login, expiresAtMs), expiresAtMs }) };
  }

  #watch(request: WatchRequest, bucket: { readonly bucket: string; readonly sinceMs: number }): Outcome {
    const { id } = request;
    const { limits, metrics } = this.#context;
    if (this.#watches.has(id)) throw new WebSocketError('WEBSOCKET_ID_IN_USE', 'a watch of this id is open');
    if (this.#watches.size >= limits.maxWatches) throw new WebSocketError('WEBSOCKET_BUSY', `more than ${limits.maxWatches} watches of this connection are open`);
    const scope = watchScope(this.#session, bucket, request);
    const watch = new Watch({ session: this.#session, line: this, scope, bucket, request });
    this.#watches.set(id, watch);
    metrics.watches += 1;
    // Its first event comes behind the answer.
    queueMicrotask(() => {
      void watch.run().then(() => {
        metrics.watches -= 1;
        if (this.#watches.get(id) === watch) this.#watches.delete(id);
      });
    });
    return { text: `{"credit":${request.credit ?? DEFAULT_WATCH_CREDIT_EVENTS}}` };
  }

  /** False: there is no such watch any more. */
  #stop(id: WebSocketId): boolean {
    const watch = this.#watches.get(id);
    watch?.stop();
    this.#watches.delete(id);
    return watch !== undefined;
  }

  #fail(id: WebSocketId | null, error: unknown): void {
    const { body, unexpected } = tellError(error);
    if (unexpected) this.#context.onError(error);
    this.send(failureText(id, body));
  }

  #endIfDone(): void {
    if (this.#draining && this.#inFlight === 0 && !this.#closed) this.#ws.close(CLOSE_CODES.goingAway, 'the neuron is closing');
  }

  #close(): void {
    this.#closed = true;
    this.#loginTimer.cancel();
    this.#output.close();
    this.#input.close();
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }
}

function idOf(text: string): WebSocketId | null {
  const reading = readWebSocketRequest(text);
  return reading.ok && 'id' in reading.request ? reading.request.id : null;
}
