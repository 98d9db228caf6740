import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { TokenLogin } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';

import { remoteAddressOf } from './remote-address.ts';
import { recallLogin, type LoginKeys } from './request-login.ts';

/** What is remembered of a connection: whoever keeps it open sends the same login again and again. */
export interface Connection extends TokenLogin {
  readonly header: string;
  readonly remoteAddress: string;
}

/** The logins of open connections, for the short ways. */
export class ConnectionLogins {
  readonly #keys: LoginKeys;
  readonly #clock: Clock;
  readonly #trustProxy: boolean;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor(keys: LoginKeys, clock: Clock, trustProxy: boolean) {
    this.#keys = keys;
    this.#clock = clock;
    this.#trustProxy = trustProxy;
  }

  /** The login of a request that is known and whose records are unchanged, with no word of a ban from the path; otherwise `undefined`: go the long way. */
  admitted(request: IncomingMessage, path: string): Connection | undefined {
    const header = request.headers.authorization;
    const known = header === undefined ? undefined : this.#connectionOf(request, header);
    if (known === undefined) return undefined;
    const connection = this.#trustProxy ? { ...known, remoteAddress: remoteAddressOf(request, true) } : known;
    return this.#keys.accounts.bans.peek(connection.login.bucket, connection.remoteAddress, path) === false ? connection : undefined;
  }

  #connectionOf(request: IncomingMessage, header: string): Connection | undefined {
    const known = this.#connections.get(request.socket);
    if (known !== undefined && known.header === header && this.#holds(known)) return known;
    const found = recallLogin(this.#keys, header, this.#clock.now());
    if (found === undefined) return undefined;
    const connection = { header, ...found, remoteAddress: remoteAddressOf(request, false) };
    this.#connections.set(request.socket, connection);
    return connection;
  }

  #holds({ login, expiresAtMs }: TokenLogin): boolean {
    return (expiresAtMs === Number.POSITIVE_INFINITY || expiresAtMs > this.#clock.now()) && this.#keys.accounts.logins.confirm(login) === true;
  }
}
