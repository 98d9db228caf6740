import type { JsonValue, KeyAddress, Kv4Record } from '@xir/kv4-core';

import type { Call, Command } from '../command.ts';
import { wrongArity } from '../command-runner.ts';
import { isKv4Error } from '../errors.ts';
import { EXPIRY_UNITS, expiryMoment, invalidExpiry, type ExpiryUnit } from '../expiry.ts';
import { ABSENT, keyAt, PRESENT, putKey, updateKey, type PutHow } from '../key-access.ts';
import { syntaxError } from '../numbers.ts';
import { bytesOfRecord, valueOfBytes } from '../stored-value.ts';
import { expiryArgument, KEY, VALUE } from './arguments.ts';
import { replyRecord } from './reading.ts';

/** What stands behind the value of SET. */
interface SetOptions {
  readonly when: 'NX' | 'XX' | undefined;
  readonly answersOld: boolean;
  readonly keepsExpiry: boolean;
  /** Milliseconds since 1970 UTC. */
  readonly moment: number | undefined;
}

const PLAIN: SetOptions = { when: undefined, answersOld: false, keepsExpiry: false, moment: undefined };

function setOptions(call: Call): SetOptions {
  const { args } = call;
  if (args.length === 3) return PLAIN;
  let when: SetOptions['when'];
  let answersOld = false;
  let keepsExpiry = false;
  let moment: number | undefined;
  for (let index = 3; index < args.length; index += 1) {
    const word = (args[index] as string).toUpperCase();
    if ((word === 'NX' || word === 'XX') && (when === undefined || when === word)) when = word;
    else if (word === 'GET') answersOld = true;
    else if (word === 'KEEPTTL' && moment === undefined) keepsExpiry = true;
    else if (EXPIRY_UNITS.has(word) && moment === undefined && !keepsExpiry && index + 1 < args.length) {
      index += 1;
      moment = momentOf(call, args[index] as string, word as ExpiryUnit);
    } else throw syntaxError();
  }
  return { when, answersOld, keepsExpiry, moment };
}

function momentOf(call: Call, text: string, unit: ExpiryUnit, command = 'set'): number {
  const moment = expiryMoment(text, unit, { nowMs: call.context.clock.now(), command });
  if (Number(text) <= 0) throw invalidExpiry(command);
  return moment;
}

function set(call: Call): Promise<void> {
  const address = keyAt(call, 1);
  const value = valueOfBytes(call.args[2] as string);
  const options = setOptions(call);
  const needsReading = options.answersOld || options.keepsExpiry || call.guard?.watchedOf(address) !== undefined;
  return needsReading ? setAfterReading(call, { address, value, options }) : setAtOnce(call, { address, value, options });
}

interface Setting {
  readonly address: KeyAddress;
  readonly value: JsonValue;
  readonly options: SetOptions;
}

async function setAtOnce(call: Call, { address, value, options: { when, moment } }: Setting): Promise<void> {
  const condition = when === undefined ? {} : { condition: when === 'NX' ? ABSENT : PRESENT };
  const expiresInMs = moment === undefined ? undefined : moment - call.context.clock.now();
  try {
    if (expiresInMs !== undefined && expiresInMs <= 0) await writeExpired(call, address);
    else await putKey(call, address, value, { ...condition, ...(expiresInMs === undefined ? {} : { expiresInMs }) });
  } catch (error) {
    if (when === undefined || !isKv4Error(error) || (error.code !== 'KV4_ALREADY_EXISTS' && error.code !== 'KV4_NOT_FOUND')) throw error;
    call.reply.nothing();
    return;
  }
  call.reply.simple('OK');
}

/** A value whose time is past is gone at once. */
async function writeExpired(call: Call, address: KeyAddress): Promise<void> {
  await updateKey(call, address, (record) => (record === undefined ? 'keep' : 'delete'));
}

async function setAfterReading(call: Call, { address, value, options }: Setting): Promise<void> {
  const { when, answersOld, keepsExpiry, moment } = options;
  let written = false;
  const before = await updateKey(call, address, (record) => {
    written = !((when === 'NX' && record !== undefined) || (when === 'XX' && record === undefined));
    return written ? { value, expiresAtMs: keepsExpiry ? record?.expiresAtMs : moment } : 'keep';
  });
  if (answersOld) replyRecord(call, before);
  else if (written) call.reply.simple('OK');
  else call.reply.nothing();
}

function plainSet(unit: ExpiryUnit, command: string): (call: Call) => Promise<void> {
  return async (call) => {
    const address = keyAt(call, 1);
    const moment = momentOf(call, call.args[2] as string, unit, command);
    await putKey(call, address, valueOfBytes(call.args[3] as string), { expiresInMs: moment - call.context.clock.now() });
    call.reply.simple('OK');
  };
}

async function setnx(call: Call): Promise<void> {
  const created = await tryPut(call, keyAt(call, 1), { value: valueOfBytes(call.args[2] as string), how: { condition: ABSENT } });
  call.reply.integer(created ? 1 : 0);
}

async function tryPut(call: Call, address: KeyAddress, { value, how }: { readonly value: JsonValue; readonly how: PutHow }): Promise<boolean> {
  try {
    await putKey(call, address, value, how);
    return true;
  } catch (error) {
    if (isKv4Error(error) && error.code === 'KV4_ALREADY_EXISTS' && call.guard?.isBroken !== true) return false;
    throw error;
  }
}

async function getset(call: Call): Promise<void> {
  const value = valueOfBytes(call.args[2] as string);
  replyRecord(call, await updateKey(call, keyAt(call, 1), () => ({ value })));
}

async function mset(call: Call): Promise<void> {
  const { args } = call;
  if (args.length % 2 === 0) throw wrongArity('mset');
  const pairs = new Map<KeyAddress, JsonValue>();
  for (let index = 1; index < args.length; index += 2) pairs.set(keyAt(call, index), valueOfBytes(args[index + 1] as string));
  const outcomes = await Promise.allSettled([...pairs].map(([address, value]) => putKey(call, address, value)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  call.reply.simple('OK');
}

async function append(call: Call): Promise<void> {
  const added = call.args[2] as string;
  let length = 0;
  await updateKey(call, keyAt(call, 1), (record: Kv4Record | undefined) => {
    const bytes = (record === undefined ? '' : bytesOfRecord(record)) + added;
    ({ length } = bytes);
    return { value: valueOfBytes(bytes), expiresAtMs: record?.expiresAtMs };
  });
  call.reply.integer(length);
}

/** Writing values. */
export const STRING_WRITES: readonly Command[] = [
  {
    name: 'SET',
    arity: -3,
    group: 'string',
    flags: ['write'],
    keys: [1, 1, 1],
    since: '1.0.0',
    summary: 'Writes a value; an earlier expiry is lifted.',
    arguments: [
      KEY,
      VALUE,
      {
        name: 'condition',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'nx', type: 'pure-token', token: 'NX' },
          { name: 'xx', type: 'pure-token', token: 'XX' },
        ],
      },
      { name: 'get', type: 'pure-token', token: 'GET', optional: true },
      expiryArgument('KEEPTTL'),
    ],
    overlaps: (args) => (args.length === 3 ? 'write' : undefined),
    run: set,
  },
  { name: 'SETNX', arity: 3, group: 'string', flags: ['write', 'fast'], keys: [1, 1, 1], since: '1.0.0', summary: 'Writes a value if the key is not there.', arguments: [KEY, VALUE], run: setnx },
  { name: 'SETEX', arity: 4, group: 'string', flags: ['write'], keys: [1, 1, 1], since: '2.0.0', summary: 'Writes a value that expires.', arguments: [KEY, { name: 'seconds', type: 'integer' }, VALUE], run: plainSet('EX', 'setex') },
  {
    name: 'PSETEX',
    arity: 4,
    group: 'string',
    flags: ['write'],
    keys: [1, 1, 1],
    since: '2.6.0',
    summary: 'Writes a value that expires.',
    arguments: [KEY, { name: 'milliseconds', type: 'integer' }, VALUE],
    run: plainSet('PX', 'psetex'),
  },
  { name: 'GETSET', arity: 3, group: 'string', flags: ['write', 'fast'], keys: [1, 1, 1], since: '1.0.0', summary: 'Writes a value and answers the one before.', arguments: [KEY, VALUE], run: getset },
  {
    name: 'MSET',
    arity: -3,
    group: 'string',
    flags: ['write'],
    keys: [1, -1, 2],
    since: '1.0.1',
    summary: 'Writes several values, each for itself: not all or nothing.',
    arguments: [{ name: 'data', type: 'block', multiple: true, arguments: [KEY, VALUE] }],
    run: mset,
  },
  { name: 'APPEND', arity: 3, group: 'string', flags: ['write', 'fast'], keys: [1, 1, 1], since: '2.0.0', summary: 'Adds bytes to the end of a value.', arguments: [KEY, VALUE], run: append },
];
