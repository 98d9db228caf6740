import type { KeyAddress } from '@xir/kv4-core';

import type { Call, Command } from '../command.ts';
import { EXPIRY_UNITS, expiryMoment, invalidExpiry, type ExpiryUnit } from '../expiry.ts';
import { keyAt, updateKey } from '../key-access.ts';
import { syntaxError, wholeNumber } from '../numbers.ts';
import { bytesOfRecord } from '../stored-value.ts';
import { expiryArgument, KEY } from './arguments.ts';
import { replyRecord, withRecord, withRecords } from './reading.ts';

function get(call: Call): void | Promise<void> {
  const address = keyAt(call, 1);
  call.client.tracking?.noteKey(address, call.args[1] as string);
  return withRecord(call, address, (record) => replyRecord(call, record));
}

function mget(call: Call): void | Promise<void> {
  const addresses: KeyAddress[] = [];
  for (let index = 1; index < call.args.length; index += 1) {
    const address = keyAt(call, index);
    call.client.tracking?.noteKey(address, call.args[index] as string);
    addresses.push(address);
  }
  return withRecords(call, addresses, (records) => {
    call.reply.array(records.length);
    for (const record of records) replyRecord(call, record);
  });
}

function strlen(call: Call): void | Promise<void> {
  const address = keyAt(call, 1);
  call.client.tracking?.noteKey(address, call.args[1] as string);
  return withRecord(call, address, (record) => call.reply.integer(record === undefined ? 0 : bytesOfRecord(record).length));
}

function getrange(call: Call): void | Promise<void> {
  const address = keyAt(call, 1);
  call.client.tracking?.noteKey(address, call.args[1] as string);
  const [, , first, last] = call.args;
  const from = wholeNumber(first);
  const to = wholeNumber(last);
  return withRecord(call, address, (record) => {
    const bytes = record === undefined ? '' : bytesOfRecord(record);
    const start = from < 0 ? Math.max(0, bytes.length + from) : from;
    const end = to < 0 ? bytes.length + to : to;
    call.reply.bulk(end < start ? '' : bytes.slice(start, end + 1));
  });
}

async function getdel(call: Call): Promise<void> {
  const record = await updateKey(call, keyAt(call, 1), (found) => (found === undefined ? 'keep' : 'delete'));
  replyRecord(call, record);
}

async function getex(call: Call): Promise<void> {
  const address = keyAt(call, 1);
  const [, , option, time] = call.args;
  const unit = option?.toUpperCase();
  if (unit === undefined) {
    replyRecord(call, await call.context.store.get(address));
    return;
  }
  const persists = unit === 'PERSIST' && call.args.length === 3;
  if (!persists && !(EXPIRY_UNITS.has(unit) && call.args.length === 4)) throw syntaxError();
  const nowMs = call.context.clock.now();
  const moment = persists ? undefined : expiryMoment(time as string, unit as ExpiryUnit, { nowMs, command: 'getex' });
  if (moment !== undefined && Number(time) <= 0) throw invalidExpiry('getex');
  const record = await updateKey(call, address, (found) => {
    if (found === undefined || (persists && found.expiresAtMs === undefined)) return 'keep';
    return { value: found.value, expiresAtMs: moment };
  });
  replyRecord(call, record);
}

const READ = () => 'read' as const;

/** Reading values. */
export const STRING_READS: readonly Command[] = [
  { name: 'GET', arity: 2, group: 'string', flags: ['readonly', 'fast'], keys: [1, 1, 1], since: '1.0.0', summary: 'The value of a key.', arguments: [KEY], overlaps: READ, run: get },
  { name: 'MGET', arity: -2, group: 'string', flags: ['readonly', 'fast'], keys: [1, -1, 1], since: '1.0.0', summary: 'The values of several keys, each as it is when it is looked at.', arguments: [{ ...KEY, multiple: true }], overlaps: READ, run: mget },
  { name: 'STRLEN', arity: 2, group: 'string', flags: ['readonly', 'fast'], keys: [1, 1, 1], since: '2.2.0', summary: 'The number of bytes of a value.', arguments: [KEY], overlaps: READ, run: strlen },
  {
    name: 'GETRANGE',
    arity: 4,
    group: 'string',
    flags: ['readonly'],
    keys: [1, 1, 1],
    since: '2.4.0',
    summary: 'Some of the bytes of a value.',
    arguments: [KEY, { name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }],
    run: getrange,
  },
  { name: 'GETDEL', arity: 2, group: 'string', flags: ['write', 'fast'], keys: [1, 1, 1], since: '6.2.0', summary: 'The value of a key, which is deleted.', arguments: [KEY], run: getdel },
  {
    name: 'GETEX',
    arity: -2,
    group: 'string',
    flags: ['write', 'fast'],
    keys: [1, 1, 1],
    since: '6.2.0',
    summary: 'The value of a key, whose expiry is set or lifted.',
    arguments: [KEY, expiryArgument('PERSIST')],
    run: getex,
  },
];
