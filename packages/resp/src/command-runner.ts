import { RespReplyWriter } from '@xir/protocol';

import type { Client } from './client.ts';
import type { Call, Command } from './command.ts';
import type { RespContext } from './context.ts';
import { errorLine, RespError } from './errors.ts';
import { leaveAccount } from './leave-account.ts';
import { invalidate, writeInvalidation } from './tracking/invalidation.ts';

const MAX_SHOWN_CHARACTERS = 128;
/** Commands whose own answer is sent whatever the mode. */
const MODE_COMMAND = 'CLIENT';
/** The command whose answer may be about any name. */
const EXECUTION = 'EXEC';

/** An answer that may have to stand behind others. */
export interface OverlappingAnswer {
  /** Fulfilled when the answer is there; never rejects. `undefined`: it is. */
  readonly waiting: Promise<void> | undefined;
  /** Where it is written. */
  readonly writer: RespReplyWriter;
  /** Called when its turn has come, before what was written is taken. */
  goesOut(): void;
}

/** Carries out the requests of one client: knows who may do what when, turns failures into answers, counts. */
export class CommandRunner {
  readonly #context: RespContext;
  readonly #client: Client;

  constructor(context: RespContext, client: Client) {
    this.#context = context;
    this.#client = client;
  }

  /** The command of a request; `undefined`: there is none of that name. */
  find(args: readonly string[]): Command | undefined {
    const name = args[0] as string;
    const { commands } = this.#context;
    return commands.get(name) ?? commands.get(name.toUpperCase());
  }

  /** Carries out a request and writes its answer; a promise, which never rejects, where it has to be waited for. */
  run(command: Command | undefined, args: readonly string[], reply: RespReplyWriter): Promise<void> | undefined {
    const client = this.#client;
    if (client.replyMode !== 'on') return this.#runQuietly(command, args, reply);
    return this.#complete(command, { context: this.#context, client, args, reply });
  }

  /** Carries out a request that may overlap with others, when none are under way. `undefined`: it is answered. */
  start(command: Command, args: readonly string[]): OverlappingAnswer | undefined {
    const client = this.#client;
    const call: Call = { context: this.#context, client, args, reply: client.reply };
    const waiting = this.#answer(command, call);
    if (waiting === undefined) {
      this.#tellOnceMore(command, call);
      return undefined;
    }
    // Nothing was written yet: what has to wait writes behind its waiting.
    return this.#overlapping(command, call, waiting);
  }

  /** Carries out a request that may overlap with those under way. */
  startBehind(command: Command, args: readonly string[]): OverlappingAnswer {
    const client = this.#client;
    const call: Call = { context: this.#context, client, args, reply: writerLike(client.reply) };
    return this.#overlapping(command, call, this.#answer(command, call));
  }

  #overlapping(command: Command, call: Call, waiting: Promise<void> | undefined): OverlappingAnswer {
    if (call.reply === this.#client.reply) call.reply = writerLike(call.reply);
    return { waiting, writer: call.reply, goesOut: () => this.#tellOnceMore(command, call) };
  }

  /** Ends what the client has asked for. */
  close(): void {
    leaveAccount(this.#context, this.#client);
  }

  #runQuietly(command: Command | undefined, args: readonly string[], reply: RespReplyWriter): Promise<void> | undefined {
    const client = this.#client;
    const scratch = new RespReplyWriter();
    scratch.version = reply.version;
    if (client.replyMode === 'skip') client.replyMode = 'on';
    const waiting = this.#complete(command, { context: this.#context, client, args, reply: scratch });
    if (client.replyMode === 'skip-next') client.replyMode = 'skip';
    else if (client.replyMode === 'on' && command?.name === MODE_COMMAND && waiting === undefined) reply.append(scratch.take());
    return waiting;
  }

  /** Carries out a request whose answer goes out as soon as it is there. */
  #complete(command: Command | undefined, call: Call): Promise<void> | undefined {
    const waiting = this.#answer(command, call);
    if (call.fetch === undefined) return waiting;
    if (waiting !== undefined) return waiting.then(() => this.#tellOnceMore(command, call));
    this.#tellOnceMore(command, call);
    return undefined;
  }

  /**
   * What a client is told of a name before the answer about it goes out, which may be older, is told once more behind the answer, lest that be kept.
   */
  #tellOnceMore(command: Command | undefined, call: Call): void {
    const { fetch, client, reply } = call;
    const { tracking } = client;
    if (command === undefined || fetch === undefined) return;
    call.fetch = undefined;
    if (tracking === undefined) return;
    tracking.endFetch(fetch);
    const names = fetch.toldOf(command.name === EXECUTION ? undefined : namesOf(command, call.args));
    if (names.length === 0) return;
    if (tracking.settings.redirectId === 0 && reply.version === 3) writeInvalidation(reply, names);
    else invalidate(this.#context, client, { names, cause: undefined });
  }

  #answer(command: Command | undefined, call: Call): Promise<void> | undefined {
    if (command === undefined) {
      this.#context.metrics.countOf('OTHER').error += 1;
      call.client.transaction?.spoil();
      call.reply.error(`ERR unknown command '${shown(call.args[0])}', with args beginning with: ${beginnings(call.args)}`);
      return undefined;
    }
    const count = this.#context.metrics.countOf(command.name);
    call.client.lastCommand = command.name;
    endCaching(call.client);
    try {
      this.#refuse(command, call);
      const { knownLogin } = call.client;
      if (knownLogin !== undefined) this.#context.countRequest?.(knownLogin, count.entity);
      const { transaction } = call.client;
      if (transaction !== undefined && command.immediate !== true) {
        transaction.queue(command, call.args);
        call.reply.simple('QUEUED');
        return undefined;
      }
      const { tracking } = call.client;
      if (tracking !== undefined && (command.keys !== undefined || command.name === EXECUTION)) call.fetch = tracking.beginFetch();
      const waiting = command.run(call);
      if (waiting === undefined) {
        count.ok += 1;
        return undefined;
      }
      return waiting.then(
        () => void (count.ok += 1),
        (error: unknown) => {
          count.error += 1;
          this.#fail(error, call);
        },
      );
    } catch (error) {
      count.error += 1;
      if (command.immediate !== true) call.client.transaction?.spoil();
      this.#fail(error, call);
      return undefined;
    }
  }

  /** Throws where the request may not be carried out at all. */
  #refuse(command: Command, { args, client }: Call): void {
    const { arity } = command;
    if (arity > 0 ? args.length !== arity : args.length < -arity) throw wrongArity(command.name);
    if (command.open !== true) {
      if (client.knownLogin === undefined) throw new RespError('RESP_NOT_LOGGED_IN', 'Authentication required.');
      if (client.refusal !== undefined) throw client.refusal;
    }
    if (client.reply.version === 2 && client.subscriptions > 0 && command.whileSubscribed !== true) {
      const name = command.name.toLowerCase();
      throw new RespError('RESP_BAD_ARGUMENT', `Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`);
    }
  }

  #fail(error: unknown, { reply }: Call): void {
    const { line, unexpected } = errorLine(error);
    if (unexpected) this.#context.onError(error);
    reply.error(line);
  }
}

function writerLike({ version }: RespReplyWriter): RespReplyWriter {
  const writer = new RespReplyWriter();
  writer.version = version;
  return writer;
}

/** The names among the arguments of a request. */
function namesOf({ keys }: Command, args: readonly string[]): string[] {
  const [first, last, step] = keys ?? [0, -1, 1];
  const end = last < 0 ? args.length + last : last;
  const names: string[] = [];
  for (let index = first; first > 0 && index <= end; index += step) names.push(args[index] as string);
  return names;
}

/** CLIENT CACHING is about the command behind it, or the transaction. */
function endCaching({ tracking, transaction }: Client): void {
  if (tracking?.caching === undefined) return;
  if (tracking.isCachingNew) tracking.isCachingNew = false;
  else if (transaction === undefined) tracking.caching = undefined;
}

/** In Redis' words. */
export function wrongArity(name: string): RespError {
  return new RespError('RESP_BAD_ARGUMENT', `wrong number of arguments for '${name.toLowerCase()}' command`);
}

function shown(word: string | undefined): string {
  return (word ?? '').slice(0, MAX_SHOWN_CHARACTERS);
}

function beginnings(args: readonly string[]): string {
  let text = '';
  for (const word of args.slice(1)) {
    if (text.length >= MAX_SHOWN_CHARACTERS) break;
    text += `'${word.slice(0, MAX_SHOWN_CHARACTERS - text.length)}' `;
  }
  return text;
}
