import type { RespReplyWriter } from '@xir/protocol';

import type { Client } from './client.ts';
import type { RespContext } from './context.ts';
import type { ExecutionGuard } from './execution-guard.ts';
import type { Fetch } from './tracking/fetch.ts';

/** One request on its way. */
export interface Call {
  readonly context: RespContext;
  readonly client: Client;
  /** The command's name and its arguments, as byte text. */
  readonly args: readonly string[];
  /** Where the answer goes: all of it in one go, without waiting in between. It may be another one after waiting. */
  reply: RespReplyWriter;
  /** Under EXEC: what was watched, and has to be unchanged. */
  readonly guard?: ExecutionGuard;
  /** What a client that keeps answers is told until the answer goes out. */
  fetch?: Fetch | undefined;
}

/** What COMMAND says of a command. */
export type CommandFlag = 'write' | 'readonly' | 'fast' | 'admin' | 'pubsub' | 'no_auth' | 'loading' | 'stale' | 'noscript' | 'blocking';

/** Groups of COMMAND DOCS. */
export type CommandGroup = 'generic' | 'string' | 'hash' | 'pubsub' | 'transactions' | 'connection' | 'server' | 'kv4';

/** Where the names are among the arguments, as COMMAND tells it: the first, the last (negative: from the end) and the step. */
export type KeyPositions = readonly [first: number, last: number, step: number];

/** An argument, for COMMAND DOCS: its name, and how it is written. */
export interface CommandArgument {
  readonly name: string;
  readonly type: 'key' | 'string' | 'integer' | 'double' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';
  /** The word that stands before it, or alone. */
  readonly token?: string;
  readonly optional?: boolean;
  readonly multiple?: boolean;
  readonly arguments?: readonly CommandArgument[];
}

/** What requests of one client may be under way together: reads, or writes, never both. */
export type OverlapKind = 'read' | 'write';

/** A command of the face. */
export interface Command {
  /** In capitals. */
  readonly name: string;
  /** Words of a request, the name included; negative: at least so many. */
  readonly arity: number;
  readonly group: CommandGroup;
  readonly flags: readonly CommandFlag[];
  readonly keys?: KeyPositions;
  /** One sentence. */
  readonly summary: string;
  /** The version of Redis that brought the command; ours have the one of Xir. */
  readonly since: string;
  readonly arguments?: readonly CommandArgument[];
  /** Works before the login. */
  readonly open?: boolean;
  /** Is carried out at once between MULTI and EXEC, instead of being queued. */
  readonly immediate?: boolean;
  /** Works while a RESP2 client is subscribed. */
  readonly whileSubscribed?: boolean;
  /** Only reads, or only writes: a request may then be under way together with others of its kind from the same client. */
  readonly overlaps?: (args: readonly string[]) => OverlapKind | undefined;
  /** Answers; a promise where it has to wait. What it throws is told to the client. */
  run(call: Call): void | Promise<void>;
}
