import type { RespReplyWriter } from '@xir/protocol';

import { bytesOfText } from '../byte-text.ts';
import type { Call, Command, CommandArgument } from '../command.ts';
import { RespError } from '../errors.ts';

/** The commands, each once. */
function allCommands({ context }: Call): readonly Command[] {
  return [...new Set(context.commands.values())];
}

function named(call: Call, from: number): ReadonlyArray<Command | undefined> {
  const { args, context } = call;
  return args.slice(from).map((name) => context.commands.get(name.toUpperCase()));
}

function command(call: Call): void {
  const { args, reply } = call;
  const subcommand = args[1]?.toUpperCase();
  switch (subcommand) {
    case undefined:
      return replyInfos(reply, allCommands(call));
    case 'COUNT':
      reply.integer(allCommands(call).length);
      return;
    case 'LIST': {
      const all = allCommands(call);
      reply.array(all.length);
      for (const { name } of all) reply.bulk(name.toLowerCase());
      return;
    }
    case 'INFO':
      return replyInfos(reply, args.length > 2 ? named(call, 2) : allCommands(call));
    case 'DOCS':
      return replyDocs(
        reply,
        (args.length > 2 ? named(call, 2) : allCommands(call)).filter((found): found is Command => found !== undefined),
      );
    case 'GETKEYS':
      return replyKeys(call);
    default:
      throw new RespError('RESP_UNKNOWN_COMMAND', `unknown subcommand '${(args[1] as string).slice(0, 128)}'. Try COMMAND HELP.`);
  }
}

function replyInfos(reply: RespReplyWriter, found: ReadonlyArray<Command | undefined>): void {
  reply.array(found.length);
  for (const one of found) {
    if (one === undefined) reply.nothing();
    else replyInfo(reply, one);
  }
}

function replyInfo(reply: RespReplyWriter, { name, arity, flags, keys, group }: Command): void {
  const [first, last, step] = keys ?? [0, 0, 0];
  reply.array(10);
  reply.bulk(name.toLowerCase());
  reply.integer(arity);
  reply.set(flags.length);
  for (const flag of flags) reply.simple(flag);
  reply.integer(first);
  reply.integer(last);
  reply.integer(step);
  reply.set(1);
  reply.simple(`@${group}`);
  reply.set(0);
  reply.set(0);
  reply.set(0);
}

function replyDocs(reply: RespReplyWriter, found: readonly Command[]): void {
  reply.map(found.length);
  for (const one of found) {
    reply.bulk(one.name.toLowerCase());
    const hasArguments = one.arguments !== undefined && one.arguments.length > 0;
    reply.map(hasArguments ? 4 : 3);
    reply.bulk('summary');
    reply.bulk(bytesOfText(one.summary));
    reply.bulk('since');
    reply.bulk(one.since);
    reply.bulk('group');
    reply.bulk(one.group);
    if (!hasArguments) continue;
    reply.bulk('arguments');
    replyArguments(reply, one.arguments ?? []);
  }
}

function replyArguments(reply: RespReplyWriter, list: readonly CommandArgument[]): void {
  reply.array(list.length);
  for (const argument of list) {
    const flags = [...(argument.optional === true ? ['optional'] : []), ...(argument.multiple === true ? ['multiple'] : [])];
    reply.map(2 + (argument.token === undefined ? 0 : 1) + (flags.length === 0 ? 0 : 1) + (argument.type === 'key' ? 1 : 0) + (argument.arguments === undefined ? 0 : 1));
    reply.bulk('name');
    reply.bulk(argument.name);
    reply.bulk('type');
    reply.bulk(argument.type);
    if (argument.type === 'key') {
      reply.bulk('key_spec_index');
      reply.integer(0);
    }
    if (argument.token !== undefined) {
      reply.bulk('token');
      reply.bulk(argument.token);
    }
    if (flags.length > 0) {
      reply.bulk('flags');
      reply.set(flags.length);
      for (const flag of flags) reply.simple(flag);
    }
    if (argument.arguments !== undefined) {
      reply.bulk('arguments');
      replyArguments(reply, argument.arguments);
    }
  }
}

function replyKeys(call: Call): void {
  const [found] = named(call, 2);
  const words = call.args.slice(2);
  if (words.length < 2) throw new RespError('RESP_BAD_ARGUMENT', "wrong number of arguments for 'command|getkeys' command");
  if (found === undefined) throw new RespError('RESP_UNKNOWN_COMMAND', 'Invalid command specified');
  if (found.keys === undefined) throw new RespError('RESP_BAD_ARGUMENT', 'The command has no key arguments');
  const [first, last, step] = found.keys;
  const end = last < 0 ? words.length + last : last;
  if (found.arity > 0 ? words.length !== found.arity : words.length < -found.arity) throw new RespError('RESP_BAD_ARGUMENT', 'Invalid number of arguments specified for command');
  const keys: string[] = [];
  for (let index = first; index <= end; index += step) keys.push(words[index] as string);
  call.reply.array(keys.length);
  for (const key of keys) call.reply.bulk(key);
}

/** What there is. */
export const COMMAND_COMMANDS: readonly Command[] = [
  {
    name: 'COMMAND',
    arity: -1,
    group: 'server',
    flags: ['loading', 'stale'],
    since: '2.8.13',
    summary: 'The commands there are: COUNT, LIST, INFO, DOCS, GETKEYS.',
    arguments: [{ name: 'subcommand', type: 'string', optional: true }],
    run: command,
  },
];
