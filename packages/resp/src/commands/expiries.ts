import type { Kv4Record } from '@xir/kv4-core';

import type { Call, Command, CommandArgument } from '../command.ts';
import { RespError } from '../errors.ts';
import { expiryMoment, type ExpiryUnit } from '../expiry.ts';
import { keyAt, updateKey } from '../key-access.ts';
import { syntaxError } from '../numbers.ts';
import { KEY } from './arguments.ts';
import { typeOfName } from './generic.ts';
import { withRecord } from './reading.ts';

type Proviso = 'NX' | 'XX' | 'GT' | 'LT';
const PROVISOS: ReadonlySet<string> = new Set<Proviso>(['NX', 'XX', 'GT', 'LT']);

function holds(proviso: Proviso | undefined, before: number | undefined, moment: number): boolean {
  switch (proviso) {
    case undefined:
      return true;
    case 'NX':
      return before === undefined;
    case 'XX':
      return before !== undefined;
    case 'GT':
      return before !== undefined && moment > before;
    case 'LT':
      return before === undefined || moment < before;
  }
}

function expireBy(unit: ExpiryUnit, command: string): (call: Call) => Promise<void> {
  return async (call) => {
    const { args, context } = call;
    const moment = expiryMoment(args[2] as string, unit, { nowMs: context.clock.now(), command });
    const proviso = args[3]?.toUpperCase();
    if (proviso !== undefined && !PROVISOS.has(proviso)) throw new RespError('RESP_BAD_ARGUMENT', `Unsupported option ${(args[3] as string).slice(0, 64)}`);
    if (args.length > 4) throw syntaxError();
    let done = false;
    const found = await updateKey(call, keyAt(call, 1), (record) => {
      done = record !== undefined && holds(proviso as Proviso | undefined, record.expiresAtMs, moment);
      return record === undefined || !done ? 'keep' : { value: record.value, expiresAtMs: moment };
    });
    if (found === undefined) await refuseHash(call);
    call.reply.integer(done ? 1 : 0);
  };
}

/** A hash has no expiry of its own. */
async function refuseHash(call: Call): Promise<void> {
  if ((await typeOfName(call, 1)) === 'hash') throw new RespError('RESP_UNSUPPORTED', 'a hash cannot expire as a whole; its fields can: give their names, such as /path/field');
}

async function persist(call: Call): Promise<void> {
  let done = false;
  await updateKey(call, keyAt(call, 1), (record) => {
    done = record?.expiresAtMs !== undefined;
    return record !== undefined && done ? { value: record.value } : 'keep';
  });
  call.reply.integer(done ? 1 : 0);
}

function timeLeft(show: (record: Kv4Record, expiresAtMs: number, nowMs: number) => number): (call: Call) => void | Promise<void> {
  return (call) => {
    const address = keyAt(call, 1);
    call.client.tracking?.noteKey(address, call.args[1] as string);
    return withRecord(call, address, (record) => {
      if (record !== undefined) {
        call.reply.integer(record.expiresAtMs === undefined ? -1 : show(record, record.expiresAtMs, call.context.clock.now()));
        return;
      }
      call.reply.integer(-2);
    });
  };
}

const PROVISO: CommandArgument = {
  name: 'condition',
  type: 'oneof',
  optional: true,
  arguments: [...PROVISOS].map((word) => ({ name: word.toLowerCase(), type: 'pure-token' as const, token: word })),
};
const WRITES = { arity: -3, group: 'generic', flags: ['write', 'fast'], keys: [1, 1, 1] } as const;
const READS = { arity: 2, group: 'generic', flags: ['readonly', 'fast'], keys: [1, 1, 1], arguments: [KEY] } as const;

/** When keys expire. */
export const EXPIRIES: readonly Command[] = [
  { name: 'EXPIRE', ...WRITES, since: '1.0.0', summary: 'Lets a key expire after some seconds.', arguments: [KEY, { name: 'seconds', type: 'integer' }, PROVISO], run: expireBy('EX', 'expire') },
  { name: 'PEXPIRE', ...WRITES, since: '2.6.0', summary: 'Lets a key expire after some milliseconds.', arguments: [KEY, { name: 'milliseconds', type: 'integer' }, PROVISO], run: expireBy('PX', 'pexpire') },
  { name: 'EXPIREAT', ...WRITES, since: '1.2.0', summary: 'Lets a key expire at a moment.', arguments: [KEY, { name: 'unix-time-seconds', type: 'unix-time' }, PROVISO], run: expireBy('EXAT', 'expireat') },
  {
    name: 'PEXPIREAT',
    ...WRITES,
    since: '2.6.0',
    summary: 'Lets a key expire at a moment.',
    arguments: [KEY, { name: 'unix-time-milliseconds', type: 'unix-time' }, PROVISO],
    run: expireBy('PXAT', 'pexpireat'),
  },
  { name: 'PERSIST', ...READS, flags: ['write', 'fast'], since: '2.2.0', summary: 'Lifts the expiry of a key.', run: persist },
  { name: 'TTL', ...READS, since: '1.0.0', summary: 'Seconds until a key expires; -1: never, -2: there is none.', run: timeLeft((_record, atMs, nowMs) => Math.round(Math.max(0, atMs - nowMs) / 1000)) },
  { name: 'PTTL', ...READS, since: '2.6.0', summary: 'Milliseconds until a key expires; -1: never, -2: there is none.', run: timeLeft((_record, atMs, nowMs) => Math.max(0, Math.round(atMs - nowMs))) },
  { name: 'EXPIRETIME', ...READS, since: '7.0.0', summary: 'When a key expires, in seconds since 1970; -1: never, -2: there is none.', run: timeLeft((_record, atMs) => Math.round(atMs / 1000)) },
  { name: 'PEXPIRETIME', ...READS, since: '7.0.0', summary: 'When a key expires, in milliseconds since 1970; -1: never, -2: there is none.', run: timeLeft((_record, atMs) => Math.round(atMs)) },
];
