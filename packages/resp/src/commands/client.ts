import type { Client } from '../client.ts';
import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { syntaxError } from '../numbers.ts';
import { clientName } from './connection.ts';
import { caching, getRedirect, tracking, trackingInfo } from './client-tracking.ts';

type Subcommand = (call: Call) => void | Promise<void>;

const SUBCOMMANDS: ReadonlyMap<string, readonly [arity: number, run: Subcommand]> = new Map<string, readonly [number, Subcommand]>([
  ['ID', [2, ({ client, reply }) => reply.integer(client.id)]],
  ['GETNAME', [2, getName]],
  ['SETNAME', [3, setName]],
  ['SETINFO', [4, setInfo]],
  ['INFO', [2, ({ client, context, reply }) => reply.verbatim(`${infoLine(client, context.clock.now())}\n`)]],
  ['LIST', [-2, list]],
  ['REPLY', [3, replyMode]],
  ['NO-EVICT', [3, onOff]],
  ['NO-TOUCH', [3, onOff]],
  ['TRACKING', [-3, tracking]],
  ['TRACKINGINFO', [2, trackingInfo]],
  ['CACHING', [3, caching]],
  ['GETREDIR', [2, getRedirect]],
  ['UNPAUSE', [2, ({ reply }) => reply.simple('OK')]],
]);

function client(call: Call): void | Promise<void> {
  const name = (call.args[1] as string).toUpperCase();
  const found = SUBCOMMANDS.get(name);
  if (found === undefined) throw new RespError('RESP_UNKNOWN_COMMAND', `unknown subcommand '${(call.args[1] as string).slice(0, 128)}'. Try CLIENT HELP.`);
  const [arity, run] = found;
  if (arity > 0 ? call.args.length !== arity : call.args.length < -arity) {
    throw new RespError('RESP_BAD_ARGUMENT', `wrong number of arguments for 'client|${name.toLowerCase()}' command`);
  }
  return run(call);
}

function getName({ client: { name }, reply }: Call): void {
  if (name === '') reply.nothing();
  else reply.bulk(name);
}

function setName(call: Call): void {
  call.client.name = clientName(call.args[2] as string);
  call.reply.simple('OK');
}

function setInfo({ args, client: self, reply }: Call): void {
  const [, , attribute, value] = args as readonly [string, string, string, string];
  if (/[^!-~]/.test(value)) throw new RespError('RESP_BAD_ARGUMENT', `${attribute.toLowerCase().slice(0, 16)} cannot contain spaces, newlines or special characters.`);
  if (attribute.toLowerCase() === 'lib-name') self.libraryName = value;
  else if (attribute.toLowerCase() === 'lib-ver') self.libraryVersion = value;
  else throw new RespError('RESP_BAD_ARGUMENT', `Unrecognized option '${attribute.slice(0, 64)}'`);
  reply.simple('OK');
}

/** Clients of the same account: nobody learns of others. */
function list({ client: self, context, reply }: Call): void {
  const nowMs = context.clock.now();
  const { bucket } = self.login;
  const lines = [...context.clients.values()].filter(({ knownLogin }) => knownLogin?.bucket === bucket).map((one) => `${infoLine(one, nowMs)}\n`);
  reply.verbatim(lines.join(''));
}

function infoLine(one: Client, nowMs: number): string {
  const { id, address, place, name, createdMs, lastMs, channels, patterns, transaction, watched, lastCommand, knownLogin, reply, tracking: tracked } = one;
  const local = place.localAddress.includes(':') ? `[${place.localAddress}]:${place.localPort}` : `${place.localAddress}:${place.localPort}`;
  const flags = `${transaction === undefined ? '' : 'x'}${one.subscriptions > 0 ? 'P' : ''}${tracked === undefined ? '' : 't'}` || 'N';
  const facts: ReadonlyArray<readonly [string, string | number]> = [
    ['id', id],
    ['addr', address],
    ['laddr', local],
    ['name', name],
    ['age', Math.floor((nowMs - createdMs) / 1000)],
    ['idle', Math.floor((nowMs - lastMs) / 1000)],
    ['flags', flags],
    ['db', 0],
    ['sub', channels?.size ?? 0],
    ['psub', patterns?.size ?? 0],
    ['multi', transaction?.requests.length ?? -1],
    ['watch', watched.size],
    ['cmd', lastCommand],
    ['user', knownLogin?.account ?? ''],
    ['redir', tracked === undefined ? -1 : tracked.settings.redirectId],
    ['resp', reply.version],
    ['lib-name', one.libraryName],
    ['lib-ver', one.libraryVersion],
  ];
  return facts.map(([key, value]) => `${key}=${value}`).join(' ');
}

function replyMode({ args, client: self, reply }: Call): void {
  switch ((args[2] as string).toUpperCase()) {
    case 'ON':
      self.replyMode = 'on';
      reply.simple('OK');
      return;
    case 'OFF':
      self.replyMode = 'off';
      return;
    case 'SKIP':
      if (self.replyMode !== 'off') self.replyMode = 'skip-next';
      return;
    default:
      throw syntaxError();
  }
}

/** Nothing of a client is evicted here anyway. */
function onOff({ args, reply }: Call): void {
  const word = (args[2] as string).toUpperCase();
  if (word !== 'ON' && word !== 'OFF') throw syntaxError();
  reply.simple('OK');
}

/** CLIENT and what belongs to it. */
export const CLIENT_COMMANDS: readonly Command[] = [
  {
    name: 'CLIENT',
    arity: -2,
    group: 'connection',
    flags: ['admin'],
    since: '2.4.0',
    summary: 'The connection itself: its name, its number, its cache.',
    arguments: [{ name: 'subcommand', type: 'oneof', arguments: [...SUBCOMMANDS.keys()].map((token) => ({ name: token.toLowerCase(), type: 'pure-token' as const, token })) }],
    run: client,
  },
];
