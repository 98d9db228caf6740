import type { KeyAddress, Kv4Record, PathAddress } from '@xir/kv4-core';

import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { deleteKey, keyAt, peekKey } from '../key-access.ts';
import { parsePathName } from '../key-name.ts';
import { KEY } from './arguments.ts';

/** The path of a name, where it can be one. */
function pathOf(call: Call, index: number): PathAddress | undefined {
  try {
    const { layer, path } = parsePathName(call.args[index] as string);
    return { bucket: call.client.login.bucket, layer, path };
  } catch (error) {
    if (error instanceof RespError) return undefined;
    throw error;
  }
}

/** Whether there are keys at a path. */
async function holdsKeys(call: Call, path: PathAddress | undefined): Promise<boolean> {
  return path !== undefined && (await call.context.store.keys(path, { limit: 1 })).items.length > 0;
}

/** What a name is: a key, or else a hash, or nothing. */
export type NameType = 'string' | 'hash' | 'none';

function keyRecord(call: Call, address: KeyAddress): Kv4Record | undefined | Promise<Kv4Record | undefined> {
  const record = peekKey(call, address);
  return record === undefined ? call.context.store.get(address) : (record ?? undefined);
}

/** What the name at an argument is. */
export async function typeOfName(call: Call, index: number): Promise<NameType> {
  if ((await keyRecord(call, keyAt(call, index))) !== undefined) return 'string';
  const path = pathOf(call, index);
  if (path !== undefined) call.client.tracking?.notePath(path, call.args[index] as string);
  return (await holdsKeys(call, path)) ? 'hash' : 'none';
}

function exists(call: Call): void | Promise<void> {
  const { args, client, reply } = call;
  let count = 0;
  for (let index = 1; index < args.length; index += 1) {
    const address = keyAt(call, index);
    client.tracking?.noteKey(address, args[index] as string);
    if (peekKey(call, address) === null || peekKey(call, address) === undefined) return existsLater(call);
    count += 1;
  }
  reply.integer(count);
}

async function existsLater(call: Call): Promise<void> {
  let count = 0;
  for (let index = 1; index < call.args.length; index += 1) {
    call.client.tracking?.noteKey(keyAt(call, index), call.args[index] as string);
    if ((await typeOfName(call, index)) !== 'none') count += 1;
  }
  call.reply.integer(count);
}

async function type(call: Call): Promise<void> {
  call.client.tracking?.noteKey(keyAt(call, 1), call.args[1] as string);
  call.reply.simple(await typeOfName(call, 1));
}

async function del(call: Call): Promise<void> {
  const deleted = await Promise.all(call.args.slice(1).map((_, index) => deleteName(call, index + 1)));
  call.reply.integer(deleted.filter(Boolean).length);
}

/** Deletes the key of a name, or else the hash. */
async function deleteName(call: Call, index: number): Promise<boolean> {
  const { store } = call.context;
  const address = keyAt(call, index);
  if (await deleteKey(call, address)) return true;
  const path = pathOf(call, index);
  if (path === undefined || !(await holdsKeys(call, path))) return false;
  const count = await store.deletePath(path, { author: call.client.login.author });
  return count > 0;
}

/** Names in general. */
export const GENERIC: readonly Command[] = [
  { name: 'DEL', arity: -2, group: 'generic', flags: ['write'], keys: [1, -1, 1], since: '1.0.0', summary: 'Deletes keys, or hashes; their history stays.', arguments: [{ ...KEY, multiple: true }], run: del },
  { name: 'UNLINK', arity: -2, group: 'generic', flags: ['write', 'fast'], keys: [1, -1, 1], since: '4.0.0', summary: 'The same as DEL.', arguments: [{ ...KEY, multiple: true }], run: del },
  { name: 'EXISTS', arity: -2, group: 'generic', flags: ['readonly', 'fast'], keys: [1, -1, 1], since: '1.0.0', summary: 'How many of the names are there.', arguments: [{ ...KEY, multiple: true }], run: exists },
  { name: 'TOUCH', arity: -2, group: 'generic', flags: ['readonly', 'fast'], keys: [1, -1, 1], since: '3.2.1', summary: 'How many of the names are there.', arguments: [{ ...KEY, multiple: true }], run: exists },
  { name: 'TYPE', arity: 2, group: 'generic', flags: ['readonly', 'fast'], keys: [1, 1, 1], since: '1.0.0', summary: 'Whether a name is a key (string), a hash or nothing (none).', arguments: [KEY], run: type },
];
