import type { JsonValue, KeyAddress, Kv4Record, PathAddress } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { Call, Command } from '../command.ts';
import { wrongArity } from '../command-runner.ts';
import { RespError } from '../errors.ts';
import { globMatcher } from '../glob.ts';
import { ABSENT, deleteKey, fieldAt, isConflict, MAX_UPDATE_ATTEMPTS, pathAt, PRESENT, putKey } from '../key-access.ts';
import { bytesOfRecord, valueOfBytes } from '../stored-value.ts';
import { FIELD, KEY, VALUE } from './arguments.ts';
import { cursorPlace, replyPage, scanOptions } from './names.ts';
import { replyRecord, withRecord, withRecords } from './reading.ts';

const PAGE_RECORDS = 5_000;

function hget(call: Call): void | Promise<void> {
  const address = fieldAt(pathAt(call, 1), call, 2);
  call.client.tracking?.noteField(address, call.args[1] as string);
  return withRecord(call, address, (record) => replyRecord(call, record));
}

function hmget(call: Call): void | Promise<void> {
  const addresses = fieldsFrom(call, 2);
  for (const address of addresses) call.client.tracking?.noteField(address, call.args[1] as string);
  return withRecords(call, addresses, (records) => {
    call.reply.array(records.length);
    for (const record of records) replyRecord(call, record);
  });
}

function hexists(call: Call): void | Promise<void> {
  const address = fieldAt(pathAt(call, 1), call, 2);
  call.client.tracking?.noteField(address, call.args[1] as string);
  return withRecord(call, address, (record) => call.reply.integer(record === undefined ? 0 : 1));
}

function hstrlen(call: Call): void | Promise<void> {
  const address = fieldAt(pathAt(call, 1), call, 2);
  call.client.tracking?.noteField(address, call.args[1] as string);
  return withRecord(call, address, (record) => call.reply.integer(record === undefined ? 0 : bytesOfRecord(record).length));
}

function fieldsFrom(call: Call, from: number): KeyAddress[] {
  const path = pathAt(call, 1);
  const addresses: KeyAddress[] = [];
  for (let index = from; index < call.args.length; index += 1) addresses.push(fieldAt(path, call, index));
  return addresses;
}

async function hset(call: Call): Promise<void> {
  const created = await putFields(call);
  if ((call.args[0] as string).toUpperCase() === 'HMSET') call.reply.simple('OK');
  else call.reply.integer(created);
}

/** Writes the pairs of a request; resolves to the number of fields that were new. */
async function putFields(call: Call): Promise<number> {
  const { args } = call;
  if (args.length % 2 !== 0) throw wrongArity(args[0] as string);
  const path = pathAt(call, 1);
  const pairs = new Map<string, { readonly address: KeyAddress; readonly value: JsonValue }>();
  for (let index = 2; index < args.length; index += 2) {
    const address = fieldAt(path, call, index);
    pairs.set(address.key, { address, value: valueOfBytes(args[index + 1] as string) });
  }
  const outcomes = await Promise.allSettled([...pairs.values()].map(({ address, value }) => putField(call, address, value)));
  let created = 0;
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason;
    if (outcome.value) created += 1;
  }
  return created;
}

/** Writes a field; resolves to whether it was new. The cache says what to try first, the database what is true. */
async function putField(call: Call, address: KeyAddress, value: JsonValue): Promise<boolean> {
  let isThere = call.context.store.peek?.(address) !== null;
  for (let attempt = 0; attempt < MAX_UPDATE_ATTEMPTS; attempt += 1) {
    try {
      await putKey(call, address, value, { condition: isThere ? PRESENT : ABSENT });
      return !isThere;
    } catch (error) {
      if (!isConflict(error) || call.guard?.isBroken === true) throw error;
      isThere = !isThere;
    }
  }
  throw new RespError('RESP_BUSY', 'the field is being written by others all the time');
}

async function hsetnx(call: Call): Promise<void> {
  const address = fieldAt(pathAt(call, 1), call, 2);
  try {
    await putKey(call, address, valueOfBytes(call.args[3] as string), { condition: ABSENT });
    call.reply.integer(1);
  } catch (error) {
    if (!isConflict(error) || call.guard?.isBroken === true) throw error;
    call.reply.integer(0);
  }
}

async function hdel(call: Call): Promise<void> {
  const fields = new Map(fieldsFrom(call, 2).map((address) => [address.key, address]));
  const deleted = await Promise.all([...fields.values()].map((address) => deleteKey(call, address)));
  call.reply.integer(deleted.filter(Boolean).length);
}

/** Every record at the path of a hash, in key order. */
async function recordsOf(call: Call, path: PathAddress): Promise<Kv4Record[]> {
  const found: Kv4Record[] = [];
  let after: string | undefined;
  do {
    const page: { items: readonly Kv4Record[]; next?: string } = await call.context.store.list(path, after === undefined ? { limit: PAGE_RECORDS } : { limit: PAGE_RECORDS, after });
    for (const record of page.items) found.push(record);
    after = page.next;
  } while (after !== undefined);
  return found;
}

function wholeHash(answer: (call: Call, records: readonly Kv4Record[]) => void): (call: Call) => Promise<void> {
  return async (call) => {
    const path = pathAt(call, 1);
    call.client.tracking?.notePath(path, call.args[1] as string);
    answer(call, await recordsOf(call, path));
  };
}

function replyPairs({ reply }: Call, records: readonly Kv4Record[]): void {
  reply.map(records.length);
  for (const record of records) {
    reply.bulk(bytesOfText(record.address.key));
    reply.bulk(bytesOfRecord(record));
  }
}

function replyFields({ reply }: Call, records: readonly Kv4Record[]): void {
  reply.array(records.length);
  for (const record of records) reply.bulk(bytesOfText(record.address.key));
}

function replyValues({ reply }: Call, records: readonly Kv4Record[]): void {
  reply.array(records.length);
  for (const record of records) reply.bulk(bytesOfRecord(record));
}

async function hscan(call: Call): Promise<void> {
  const path = pathAt(call, 1);
  const { pattern, count } = scanOptions(call, 3);
  call.client.tracking?.notePath(path, call.args[1] as string);
  const place = { bucket: path.bucket, scope: `fields ${path.layer} ${path.path}` };
  const after = cursorPlace(call, call.args[2] as string, place);
  const page = await call.context.store.list(path, after === undefined ? { limit: count } : { limit: count, after });
  const matches = globMatcher(pattern);
  const items: string[] = [];
  for (const record of page.items) {
    const field = bytesOfText(record.address.key);
    if (matches(field)) items.push(field, bytesOfRecord(record));
  }
  replyPage(call, items, page.next === undefined ? '0' : call.context.cursors.add({ ...place, after: page.next }));
}

const FIELDS = { ...FIELD, multiple: true } as const;
const PAIRS = { name: 'data', type: 'block', multiple: true, arguments: [FIELD, VALUE] } as const;
const READ = { group: 'hash', flags: ['readonly', 'fast'], keys: [1, 1, 1], overlaps: () => 'read' as const } as const;
const WRITE = { group: 'hash', flags: ['write', 'fast'], keys: [1, 1, 1] } as const;

/** Hashes: the keys at a path. */
export const HASHES: readonly Command[] = [
  { name: 'HGET', arity: 3, ...READ, since: '2.0.0', summary: 'The value of a field: of the key at a path.', arguments: [KEY, FIELD], run: hget },
  { name: 'HMGET', arity: -3, ...READ, since: '2.0.0', summary: 'The values of several fields.', arguments: [KEY, FIELDS], run: hmget },
  { name: 'HEXISTS', arity: 3, ...READ, since: '2.0.0', summary: 'Whether a field is there.', arguments: [KEY, FIELD], run: hexists },
  { name: 'HSTRLEN', arity: 3, ...READ, since: '3.2.0', summary: 'The number of bytes of the value of a field.', arguments: [KEY, FIELD], run: hstrlen },
  { name: 'HGETALL', arity: 2, ...READ, since: '2.0.0', summary: 'All fields and their values, in the order of the fields.', arguments: [KEY], run: wholeHash(replyPairs) },
  { name: 'HKEYS', arity: 2, ...READ, since: '2.0.0', summary: 'All fields.', arguments: [KEY], run: wholeHash(replyFields) },
  { name: 'HVALS', arity: 2, ...READ, since: '2.0.0', summary: 'The values of all fields.', arguments: [KEY], run: wholeHash(replyValues) },
  { name: 'HLEN', arity: 2, ...READ, since: '2.0.0', summary: 'The number of fields.', arguments: [KEY], run: wholeHash(({ reply }, records) => reply.integer(records.length)) },
  {
    name: 'HSCAN',
    arity: -3,
    ...READ,
    since: '2.8.0',
    summary: 'Some fields with their values, and where to go on.',
    arguments: [KEY, { name: 'cursor', type: 'integer' }, { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true }, { name: 'count', type: 'integer', token: 'COUNT', optional: true }],
    run: hscan,
  },
  { name: 'HSET', arity: -4, ...WRITE, since: '2.0.0', summary: 'Writes fields, each for itself; answers how many were new.', arguments: [KEY, PAIRS], overlaps: () => 'write', run: hset },
  { name: 'HMSET', arity: -4, ...WRITE, since: '2.0.0', summary: 'Writes fields, each for itself.', arguments: [KEY, PAIRS], overlaps: () => 'write', run: hset },
  { name: 'HSETNX', arity: 4, ...WRITE, since: '2.0.0', summary: 'Writes a field if it is not there.', arguments: [KEY, FIELD, VALUE], run: hsetnx },
  { name: 'HDEL', arity: -3, ...WRITE, since: '2.0.0', summary: 'Deletes fields; their history stays.', arguments: [KEY, FIELDS], run: hdel },
];
