import { REDIS_VERSION } from '../redis-version.ts';
import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { leaveAccount } from '../leave-account.ts';
import { logIn } from '../log-in.ts';
import { notAnInteger, parseInteger } from '../numbers.ts';

function ping({ args, client, reply }: Call): void {
  const [, message] = args;
  if (args.length > 2) throw new RespError('RESP_BAD_ARGUMENT', "wrong number of arguments for 'ping' command");
  if (client.reply.version === 2 && client.subscriptions > 0) {
    reply.array(2);
    reply.bulk('pong');
    reply.bulk(message ?? '');
  } else if (message === undefined) reply.simple('PONG');
  else reply.bulk(message);
}

function echo({ args, reply }: Call): void {
  reply.bulk(args[1] as string);
}

function quit({ client, reply }: Call): void {
  reply.simple('OK');
  client.quitting = true;
}

async function auth(call: Call): Promise<void> {
  const [, user, secret] = call.args;
  if (call.args.length > 3) throw new RespError('RESP_BAD_ARGUMENT', 'syntax error');
  if (secret === undefined) throw new RespError('RESP_WRONG_CREDENTIALS', 'a login has a name: AUTH <account> <secret>');
  await logIn(call, user as string, secret);
  call.reply.simple('OK');
}

async function hello(call: Call): Promise<void> {
  const { args, client } = call;
  const wanted = args[1] === undefined ? client.reply.version : parseInteger(args[1]);
  if (wanted === undefined) throw new RespError('RESP_BAD_ARGUMENT', 'Protocol version is not an integer or out of range');
  if (wanted !== 2 && wanted !== 3) throw new RespError('RESP_NO_PROTOCOL', 'unsupported protocol version');
  let credentials: readonly [string, string] | undefined;
  let name: string | undefined;
  for (let index = 2; index < args.length; index += 1) {
    const word = (args[index] as string).toUpperCase();
    if (word === 'AUTH' && index + 2 < args.length) {
      credentials = [args[index + 1] as string, args[index + 2] as string];
      index += 2;
    } else if (word === 'SETNAME' && index + 1 < args.length) {
      name = clientName(args[index + 1] as string);
      index += 1;
    } else throw new RespError('RESP_BAD_ARGUMENT', `Syntax error in HELLO option '${(args[index] as string).slice(0, 64)}'`);
  }
  if (credentials !== undefined) await logIn(call, ...credentials);
  if (client.knownLogin === undefined) {
    throw new RespError(
      'RESP_NOT_LOGGED_IN',
      'HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
  }
  if (name !== undefined) client.name = name;
  client.reply.version = wanted;
  call.reply.version = wanted;
  greet(call);
}

function greet({ client, reply }: Call): void {
  const facts: ReadonlyArray<readonly [string, string | number]> = [
    ['server', 'redis'],
    ['version', REDIS_VERSION],
    ['proto', client.reply.version],
    ['id', client.id],
    ['mode', 'standalone'],
    ['role', 'master'],
  ];
  reply.map(facts.length + 1);
  for (const [name, value] of facts) {
    reply.bulk(name);
    if (typeof value === 'number') reply.integer(value);
    else reply.bulk(value);
  }
  reply.bulk('modules');
  reply.array(0);
}

/** A name without spaces, line ends or special characters. Throws `RESP_BAD_ARGUMENT`. */
export function clientName(name: string): string {
  if (/[^!-~]/.test(name)) throw new RespError('RESP_BAD_ARGUMENT', 'Client names cannot contain spaces, newlines or special characters.');
  return name;
}

function select({ args, reply }: Call): void {
  const index = parseInteger(args[1] as string);
  if (index === undefined) throw notAnInteger();
  if (index !== 0) throw new RespError('RESP_BAD_ARGUMENT', 'DB index is out of range');
  reply.simple('OK');
}

function reset(call: Call): void {
  const { client } = call;
  leaveAccount(call.context, client);
  client.knownLogin = undefined;
  client.name = '';
  client.replyMode = 'on';
  client.reply.version = 2;
  call.reply.simple('RESET');
}

const MESSAGE = { name: 'message', type: 'string' } as const;
const CONNECTION = { group: 'connection' } as const;

/** The connection itself. */
export const CONNECTION_COMMANDS: readonly Command[] = [
  { name: 'PING', arity: -1, ...CONNECTION, flags: ['fast'], since: '1.0.0', summary: 'Answers PONG, or the message.', arguments: [{ ...MESSAGE, optional: true }], whileSubscribed: true, run: ping },
  { name: 'ECHO', arity: 2, ...CONNECTION, flags: ['fast'], since: '1.0.0', summary: 'Answers the message.', arguments: [MESSAGE], run: echo },
  { name: 'QUIT', arity: -1, ...CONNECTION, flags: ['fast', 'no_auth'], since: '1.0.0', summary: 'Ends the connection.', open: true, immediate: true, whileSubscribed: true, run: quit },
  {
    name: 'AUTH',
    arity: -2,
    ...CONNECTION,
    flags: ['fast', 'no_auth'],
    since: '1.0.0',
    summary: 'Logs in with an account of the system and its secret or a token, as with REST.',
    arguments: [{ name: 'username', type: 'string' }, { name: 'password', type: 'string' }],
    open: true,
    run: auth,
  },
  {
    name: 'HELLO',
    arity: -1,
    ...CONNECTION,
    flags: ['fast', 'no_auth'],
    since: '6.0.0',
    summary: 'Chooses RESP2 or RESP3, logs in, names the client.',
    arguments: [{ name: 'protover', type: 'integer', optional: true }],
    open: true,
    run: hello,
  },
  { name: 'SELECT', arity: 2, ...CONNECTION, flags: ['fast'], since: '1.0.0', summary: 'There is one database only: 0.', arguments: [{ name: 'index', type: 'integer' }], run: select },
  { name: 'RESET', arity: 1, ...CONNECTION, flags: ['fast', 'no_auth'], since: '6.2.0', summary: 'Makes the connection as if it were new.', open: true, immediate: true, whileSubscribed: true, run: reset },
];
