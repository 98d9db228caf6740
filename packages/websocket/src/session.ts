import type { BanReach, Login } from '@xir/accounts';

import type { WebSocketContext } from './context.ts';
import { WebSocketError } from './errors.ts';

/** Who is at the other end of a connection. */
export class Session {
  readonly context: WebSocketContext;
  readonly remoteAddress: string;
  /** Some path is banned for this address: every path has to be looked at. */
  restricted = false;
  /** Logged in with a token, from which no further token can be had. */
  byToken = false;
  #login: Login | undefined;

  constructor(context: WebSocketContext, remoteAddress: string) {
    this.context = context;
    this.remoteAddress = remoteAddress;
  }

  /** Who has logged in, or nobody. */
  get knownLogin(): Login | undefined {
    return this.#login;
  }

  set knownLogin(login: Login | undefined) {
    this.#login = login;
  }

  /** Who has logged in. Throws `WEBSOCKET_NOT_LOGGED_IN`. */
  get login(): Login {
    if (this.#login === undefined) throw new WebSocketError('WEBSOCKET_NOT_LOGGED_IN', 'log in first, or again');
    return this.#login;
  }

  /** Counts a request for statistics, where somebody has logged in. */
  count(op: string): void {
    const { countRequest, metrics } = this.context;
    if (this.#login !== undefined) countRequest?.(this.#login, metrics.countOf(op).entity);
  }

  /** Refuses a path that the client's address is banned from, or, with the reach `subtree`, one that lies above such a path. Throws `WEBSOCKET_FORBIDDEN`. */
  refuseBanned(bucket: string, path: string, reach: BanReach): void {
    if (!this.restricted) return;
    if (this.context.accounts.bans.peek(bucket, this.remoteAddress, path, reach) !== false) throw new WebSocketError('WEBSOCKET_FORBIDDEN', 'this address is banned from this path');
  }
}
