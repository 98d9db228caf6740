import type { KeyAddress } from '@xir/kv4-core';

import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import type { Addition } from '../folded-additions.ts';
import { fieldAt, keyAt, pathAt, updateKey } from '../key-access.ts';
import { notAnInteger, parseInteger } from '../numbers.ts';
import { bytesOfRecord, valueOfBytes } from '../stored-value.ts';
import { FIELD, KEY } from './arguments.ts';

async function add(call: Call, address: KeyAddress, addition: Addition): Promise<void> {
  call.reply.integer(await call.context.additions.add(call, address, addition));
}

function byOf(text: string | undefined, sign: 1 | -1): number | bigint {
  const by = parseInteger(text ?? '');
  if (by === undefined) throw notAnInteger();
  if (sign === 1) return by;
  const negated = -BigInt(by);
  if (parseInteger(String(negated)) === undefined) throw new RespError('RESP_NOT_A_NUMBER', 'decrement would overflow');
  return typeof by === 'number' ? -by : negated;
}

const step = (sign: 1 | -1) => (call: Call) => add(call, keyAt(call, 1), { by: sign, wrong: notAnInteger });
const stepBy = (sign: 1 | -1) => (call: Call) => add(call, keyAt(call, 1), { by: byOf(call.args[2], sign), wrong: notAnInteger });

async function hincrby(call: Call): Promise<void> {
  const by = byOf(call.args[3], 1);
  return add(call, fieldAt(pathAt(call, 1), call, 2), { by, wrong: () => new RespError('RESP_NOT_A_NUMBER', 'hash value is not an integer') });
}

/** Reads a number with a fraction, adds, and answers as bytes, as Redis does. */
async function incrbyfloat(call: Call): Promise<void> {
  const by = floatOf(call.args[2]);
  let text = '';
  await updateKey(call, keyAt(call, 1), (record) => {
    const sum = (record === undefined ? 0 : floatOf(bytesOfRecord(record))) + by;
    if (!Number.isFinite(sum)) throw new RespError('RESP_NOT_A_NUMBER', 'increment would produce NaN or Infinity');
    text = String(sum);
    return { value: valueOfBytes(text), expiresAtMs: record?.expiresAtMs };
  });
  call.reply.bulk(text);
}

function floatOf(text: string | undefined): number {
  const value = text === undefined || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new RespError('RESP_NOT_A_NUMBER', 'value is not a valid float');
  return value;
}

const NUMBER_WRITE = { group: 'string', flags: ['write', 'fast'], keys: [1, 1, 1] } as const;

/** Counters: compare-and-set until nobody was quicker. */
export const COUNTERS: readonly Command[] = [
  { name: 'INCR', arity: 2, ...NUMBER_WRITE, since: '1.0.0', summary: 'Adds one to a whole number.', arguments: [KEY], run: step(1) },
  { name: 'DECR', arity: 2, ...NUMBER_WRITE, since: '1.0.0', summary: 'Takes one from a whole number.', arguments: [KEY], run: step(-1) },
  { name: 'INCRBY', arity: 3, ...NUMBER_WRITE, since: '1.0.0', summary: 'Adds to a whole number.', arguments: [KEY, { name: 'increment', type: 'integer' }], run: stepBy(1) },
  { name: 'DECRBY', arity: 3, ...NUMBER_WRITE, since: '1.0.0', summary: 'Takes from a whole number.', arguments: [KEY, { name: 'decrement', type: 'integer' }], run: stepBy(-1) },
  { name: 'INCRBYFLOAT', arity: 3, ...NUMBER_WRITE, since: '2.6.0', summary: 'Adds to a number, as a double.', arguments: [KEY, { name: 'increment', type: 'double' }], run: incrbyfloat },
  {
    name: 'HINCRBY',
    arity: 4,
    group: 'hash',
    flags: ['write', 'fast'],
    keys: [1, 1, 1],
    since: '2.0.0',
    summary: 'Adds to a whole number in a hash.',
    arguments: [KEY, FIELD, { name: 'increment', type: 'integer' }],
    run: hincrby,
  },
];
