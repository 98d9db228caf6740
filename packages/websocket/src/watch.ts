import { shownEvent, type BucketScope, type Login } from '@xir/accounts';
import type { WatchOptions, WatchScope } from '@xir/kv4-core';
import { DEFAULT_WATCH_CREDIT_EVENTS, MAX_WATCH_CREDIT_EVENTS, type WebSocketErrorBody, type WebSocketId, type WebSocketRequest } from '@xir/protocol';

import type { WebSocketContext } from './context.ts';
import { tellError, WebSocketError } from './errors.ts';
import { given } from './given.ts';
import { endText, eventText } from './message-text.ts';
import { allowedLayer, placeOf } from './place.ts';
import type { Session } from './session.ts';

/** A request for a watch. */
export type WatchRequest = Extract<WebSocketRequest, { op: 'watch' }>;

/** What a watch needs of its connection. */
export interface WatchLine {
  send(text: string): void;
  /** Resolves when the client has read most of what was sent; `undefined`: it has. */
  drained(): Promise<void> | undefined;
  /** The login no longer holds. */
  loginEnded(): void;
}

/** What a watch covers. Throws `KV4_BAD_ADDRESS`, `WEBSOCKET_FORBIDDEN`, `WEBSOCKET_LAYER_NOT_ALLOWED`. */
export function watchScope(session: Session, bucket: BucketScope, { scope, path = '/', key = '', layer }: WatchRequest): WatchScope {
  if (scope === 'layer') {
    session.refuseBanned(bucket.bucket, '/', 'subtree');
    return { type: 'layer', bucket: bucket.bucket, layer: allowedLayer(layer) };
  }
  const address = placeOf(session, bucket, { path, layer, reach: scope === 'tree' ? 'subtree' : 'path' });
  if (scope === 'key') return { type: 'key', address: { ...address, key } };
  return { type: scope === 'tree' ? 'subtree' : 'path', address };
}

/** What a {@link Watch} works with. */
export interface WatchParts {
  readonly session: Session;
  readonly line: WatchLine;
  readonly scope: WatchScope;
  readonly bucket: BucketScope;
  readonly request: WatchRequest;
}

/** One watch: hands events on as far as the client has granted them and reads them. */
export class Watch {
  readonly id: WebSocketId;
  readonly #parts: WatchParts;
  readonly #abort = new AbortController();
  #credit: number;
  #wake: (() => void) | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.id = parts.request.id;
    this.#credit = parts.request.credit ?? DEFAULT_WATCH_CREDIT_EVENTS;
  }

  /** Events that may be sent now. */
  get credit(): number {
    return this.#credit;
  }

  /** Grants further events. */
  grant(events: number): void {
    this.#credit = Math.min(this.#credit + events, MAX_WATCH_CREDIT_EVENTS);
    this.#wake?.();
  }

  /** No event is sent any more. Idempotent. */
  stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  /** Sends events until the watch ends or is stopped, and says how it ended. Never rejects. */
  async run(): Promise<void> {
    const { line } = this.#parts;
    let problem: WebSocketErrorBody | undefined;
    try {
      await this.#pump();
    } catch (error) {
      const { body, unexpected } = tellError(error);
      if (unexpected && !this.#stopped) this.#context.onError(error);
      problem = body;
    }
    if (!this.#stopped) line.send(endText(this.id, problem));
  }

  /** One event is read ahead, so that the watch begins whatever its credit. */
  async #pump(): Promise<void> {
    const { session, line, scope, bucket, request } = this.#parts;
    const { initial, after, latestOnly, history } = request;
    const options: WatchOptions = { signal: this.#abort.signal, ...given({ initial, after, latestOnly, history }) };
    const { login } = session;
    for await (const event of this.#context.store.watch(scope, options)) {
      const shown = shownEvent(event, { sinceMs: bucket.sinceMs, history: history ?? false });
      if (shown === undefined) continue;
      while (this.#credit === 0 && !this.#stopped) await this.#granted();
      // Asked again after each wait: others that waited for room have taken it.
      for (let full = line.drained(); full !== undefined && !this.#stopped; full = line.drained()) await full;
      if (this.#stopped) return;
      if (!(await this.#mayBeTold(login)) || this.#stopped) return;
      this.#credit -= 1;
      this.#context.metrics.events += 1;
      line.send(eventText(this.id, shown));
    }
  }

  /** Looks again before each event: accounts are closed and addresses banned while watches are open. */
  async #mayBeTold(login: Login): Promise<boolean> {
    const { session, line, scope } = this.#parts;
    const { logins, bans } = this.#context.accounts;
    if (!(await logins.stillHolds(login))) {
      line.loginEnded();
      return false;
    }
    const [bucket, path] = scope.type === 'layer' ? [scope.bucket, '/'] : [scope.address.bucket, scope.address.path];
    const reach = scope.type === 'layer' || scope.type === 'subtree' ? 'subtree' : 'path';
    if (bans.peek(bucket, session.remoteAddress, path, reach) === true) throw new WebSocketError('WEBSOCKET_FORBIDDEN', 'this address is banned from this path');
    return true;
  }

  #granted(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  get #stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  get #context(): WebSocketContext {
    return this.#parts.session.context;
  }
}
