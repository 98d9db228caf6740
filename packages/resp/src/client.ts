import type { Login, LoginService } from '@xir/accounts';
import { RespReplyWriter } from '@xir/protocol';

import { RespError } from './errors.ts';
import type { MessagePublisher } from './messaging.ts';
import { WatchedKeys, type Transaction } from './transaction.ts';
import { ClientWatch } from './client-watch.ts';
import type { Tracking } from './tracking/tracking.ts';

/** What answers a client gets. */
export type ReplyMode = 'on' | 'off' | 'skip-next' | 'skip';

/** What a client needs of its connection. */
export interface ClientLine {
  /** Sends what was written, now or at the end of the turn that is under way. */
  flush(): void;
  cut(): void;
  /** Resolves when the client has read most of what was sent; `undefined`: it has. */
  drained(): Promise<void> | undefined;
}

/** Where a connection comes from, and where it came in. */
export interface ClientPlace {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** One client: who it is, and what it has asked for. */
export class Client {
  readonly id: number;
  readonly place: ClientPlace;
  readonly createdMs: number;
  /** Answers and messages, in the order in which they go out. */
  readonly reply = new RespReplyWriter();
  readonly #line: ClientLine;
  name = '';
  libraryName = '';
  libraryVersion = '';
  replyMode: ReplyMode = 'on';
  /** The connection ends once everything has been sent. */
  quitting = false;
  lastCommand = '';
  lastMs: number;
  /** Some path is banned for this address: every name has to be looked at. */
  restricted = false;
  /** Why nothing that needs a login can be answered now: whether it still holds could not be found out. */
  refusal: Error | undefined;
  /** What `admit` found out is good for one turn. */
  admitted = false;
  transaction: Transaction | undefined;
  readonly watched = new WatchedKeys();
  tracking: Tracking | undefined;
  /** The bucket in which it subscribed last. */
  lastBucket = '';
  channels: Set<string> | undefined;
  /** Sends its messages, in their order. */
  publisher: MessagePublisher | undefined;
  patterns: Set<string> | undefined;
  #login: Login | undefined;
  readonly #watches = new Map<number, ClientWatch>();
  #lastWatch = 0;

  constructor(id: number, place: ClientPlace, { line, nowMs }: { readonly line: ClientLine; readonly nowMs: number }) {
    this.id = id;
    this.place = place;
    this.#line = line;
    this.createdMs = nowMs;
    this.lastMs = nowMs;
  }

  /** Who has logged in, or nobody. */
  get knownLogin(): Login | undefined {
    return this.#login;
  }

  set knownLogin(login: Login | undefined) {
    this.#login = login;
  }

  /** Who has logged in. Throws `RESP_NOT_LOGGED_IN`. */
  get login(): Login {
    if (this.#login === undefined) throw new RespError('RESP_NOT_LOGGED_IN', 'Authentication required.');
    return this.#login;
  }

  /** Channels and patterns that are subscribed to. */
  get subscriptions(): number {
    return (this.channels?.size ?? 0) + (this.patterns?.size ?? 0);
  }

  /** Sends a message that is no answer. */
  send(write: (writer: RespReplyWriter) => void): void {
    write(this.reply);
    this.#line.flush();
  }

  /** KV4.WATCHes that are open, by number. */
  get watches(): Map<number, ClientWatch> {
    return this.#watches;
  }

  /** Makes room for a watch that may be told so many events; answers its number. */
  addWatch(credit: number): number {
    this.#lastWatch += 1;
    this.#watches.set(this.#lastWatch, new ClientWatch(credit));
    return this.#lastWatch;
  }

  /** Resolves when the client has read most of what was sent. */
  async hasRead(): Promise<void> {
    await this.#line.drained();
  }

  /** Whether nobody has changed or locked the account since the login, as far as memory can tell. */
  async isStillAllowed(logins: Pick<LoginService, 'stillHolds'>): Promise<boolean> {
    return this.#login !== undefined && (await logins.stillHolds(this.#login));
  }

  /** The same as far as it is known without waiting; what nobody knows is allowed. */
  isAllowed(logins: Pick<LoginService, 'confirm'>): boolean {
    return this.#login !== undefined && logins.confirm(this.#login) !== false;
  }

  /** Ends the connection at once. */
  cut(): void {
    this.#line.cut();
  }

  /** The client's address as CLIENT INFO shows it. */
  get address(): string {
    const { remoteAddress, remotePort } = this.place;
    return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
  }
}
