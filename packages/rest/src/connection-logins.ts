import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { Accounts, Login } from '@xir/accounts';

import { remoteAddressOf } from './remote-address.ts';

/** What is remembered of a connection: whoever keeps it open sends the same login again and again. */
export interface Connection {
  readonly header: string;
  readonly login: Login;
  readonly remoteAddress: string;
}

/** The logins of open connections, for the short ways. */
export class ConnectionLogins {
  readonly #accounts: Accounts;
  readonly #trustProxy: boolean;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor(accounts: Accounts, trustProxy: boolean) {
    this.#accounts = accounts;
    this.#trustProxy = trustProxy;
  }

  /** The login of a request that is known and whose records are unchanged, with no word of a ban from the path; otherwise `undefined`: go the long way. */
  admitted(request: IncomingMessage, path: string): Connection | undefined {
    const header = request.headers.authorization;
    const known = header === undefined ? undefined : this.#connectionOf(request, header);
    if (known === undefined) return undefined;
    const connection = this.#trustProxy ? { ...known, remoteAddress: remoteAddressOf(request, true) } : known;
    return this.#accounts.bans.peek(connection.login.bucket, connection.remoteAddress, path) === false ? connection : undefined;
  }

  #connectionOf(request: IncomingMessage, header: string): Connection | undefined {
    const { logins } = this.#accounts;
    const known = this.#connections.get(request.socket);
    if (known !== undefined && known.header === header && logins.confirm(known.login) === true) return known;
    const login = logins.recall(header);
    if (login === undefined) return undefined;
    const connection = { header, login, remoteAddress: remoteAddressOf(request, false) };
    this.#connections.set(request.socket, connection);
    return connection;
  }
}
