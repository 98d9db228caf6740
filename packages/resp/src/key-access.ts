import type { JsonValue, KeyAddress, Kv4Record, PathAddress, SecondaryKeys, WriteCondition, WriteResult } from '@xir/kv4-core';

import type { Call } from './command.ts';
import { isKv4Error, RespError } from './errors.ts';
import { parseField, parseKeyName, parsePathName } from './key-name.ts';
import { addressText } from './transaction.ts';

/** How often a change is tried on a key that others write at the same time. */
export const MAX_UPDATE_ATTEMPTS = 100;

/** The address of the key that an argument names. Throws `RESP_BAD_NAME`, `RESP_FORBIDDEN`. */
export function keyAt(call: Call, index: number): KeyAddress {
  const { layer, path, key } = parseKeyName(call.args[index] as string);
  return admitted(call, { bucket: call.client.login.bucket, layer, path, key });
}

/** The address of the path that an argument names. Throws `RESP_BAD_NAME`, `RESP_FORBIDDEN`. */
export function pathAt(call: Call, index: number): PathAddress {
  const { layer, path } = parsePathName(call.args[index] as string);
  return admitted(call, { bucket: call.client.login.bucket, layer, path });
}

/** The address of the field that an argument names, in a hash. Throws `RESP_BAD_NAME`. */
export function fieldAt({ bucket, layer, path }: PathAddress, call: Call, index: number): KeyAddress {
  return { bucket, layer, path, key: parseField(call.args[index] as string) };
}

/** Refuses a path that the client's address is banned from. */
function admitted<Address extends PathAddress>(call: Call, address: Address): Address {
  const { client, context } = call;
  if (client.restricted && context.accounts.bans.peek(address.bucket, client.place.remoteAddress, address.path) !== false) {
    throw new RespError('RESP_FORBIDDEN', 'this address is banned from this path');
  }
  return address;
}

/** What the cache holds, at once; `undefined`: it cannot tell. An address that cannot be is left to the store to refuse. */
export function peekKey({ context }: Call, address: KeyAddress): Kv4Record | null | undefined {
  const record = context.store.peek?.(address);
  if (record !== undefined) context.metrics.cachedAnswers += 1;
  return record;
}

/** How a value is written. */
export interface PutHow {
  readonly condition?: WriteCondition;
  /** Milliseconds until the key expires; absent: it does not. */
  readonly expiresInMs?: number;
  /** Lay the fields of an object over the stored one. */
  readonly merge?: boolean;
  /** Additional keys; absent: those of the version before stay. */
  readonly secondary?: SecondaryKeys;
}

/** Writes a value in the name of the client. */
export async function putKey(call: Call, address: KeyAddress, value: JsonValue, { condition, ...how }: PutHow = {}): Promise<WriteResult> {
  const { client, context, guard } = call;
  const watched = guard?.watchedOf(address);
  const options = { ...how, author: client.login.author, condition: watched === undefined ? (condition ?? ANY) : conditionOf(watched.version) };
  try {
    const writing = context.store.put(address, value, options);
    if (client.tracking?.settings.noLoop === true) client.tracking.noteWrite(address, writing);
    const result = await writing;
    guard?.wrote(address);
    return result;
  } catch (error) {
    if (guard !== undefined && watched !== undefined && isConflict(error)) guard.isBroken = true;
    throw error;
  }
}

/** Deletes a key in the name of the client. False: there was nothing. */
export async function deleteKey(call: Call, address: KeyAddress, condition: WriteCondition = ANY): Promise<boolean> {
  return (await deleteVersion(call, address, condition)) !== undefined;
}

/** Deletes a key in the name of the client. `undefined`: there was nothing. */
export async function deleteVersion(call: Call, address: KeyAddress, condition: WriteCondition = ANY): Promise<WriteResult | undefined> {
  const { client, context, guard } = call;
  const watched = guard?.watchedOf(address);
  const asked = watched?.version === undefined ? condition : conditionOf(watched.version);
  try {
    const writing = context.store.delete(address, { author: client.login.author, condition: asked });
    if (client.tracking?.settings.noLoop === true) client.tracking.noteWrite(address, writing);
    const result = await writing;
    guard?.wrote(address);
    return result;
  } catch (error) {
    if (guard !== undefined && watched !== undefined && isConflict(error)) guard.isBroken = true;
    throw error;
  }
}

/** What becomes of a key. */
export type KeyChange = 'keep' | 'delete' | { readonly value: JsonValue; readonly expiresAtMs?: number | undefined };

/**
 * Reads a key, decides what becomes of it, and writes that only if the key is still what was read; otherwise again. Exact, whoever else writes, on whichever neuron.
 * Resolves to what was found before the change that was made. Rejects with `RESP_BUSY` after {@link MAX_UPDATE_ATTEMPTS} attempts.
 */
export function updateKey(call: Call, address: KeyAddress, decide: (record: Kv4Record | undefined) => KeyChange): Promise<Kv4Record | undefined> {
  const { turns } = call.context;
  return turns.run(addressText(address), async () => {
    for (let attempt = 0; attempt < MAX_UPDATE_ATTEMPTS; attempt += 1) {
      const record = await readForUpdate(call, address, attempt);
      const change = decide(record);
      if (change === 'keep') return record;
      try {
        await applyChange(call, address, { record, change });
        return record;
      } catch (error) {
        if (!isConflict(error) || call.guard?.isBroken === true) throw error;
      }
    }
    throw new RespError('RESP_BUSY', 'the key is being written by others all the time');
  });
}

async function readForUpdate(call: Call, address: KeyAddress, attempt: number): Promise<Kv4Record | undefined> {
  const { store } = call.context;
  // What lost against a newer version knows that the cache was behind.
  if (attempt > 0) return store.get(address, { fresh: true });
  return (store.peek?.(address) ?? undefined) ?? store.get(address);
}

async function applyChange(call: Call, address: KeyAddress, { record, change }: { readonly record: Kv4Record | undefined; readonly change: Exclude<KeyChange, 'keep'> }): Promise<void> {
  const condition = conditionOf(record?.version);
  if (change === 'delete') {
    if (record !== undefined) await deleteKey(call, address, condition);
    return;
  }
  const { value, expiresAtMs } = change;
  if (expiresAtMs === undefined) {
    await putKey(call, address, value, { condition });
    return;
  }
  const expiresInMs = expiresAtMs - call.context.clock.now();
  if (expiresInMs > 0) await putKey(call, address, value, { condition, expiresInMs });
  else if (record !== undefined) await deleteKey(call, address, condition);
}

/** A key that was read must still be what it was. */
export function conditionOf(version: string | undefined): WriteCondition {
  return version === undefined ? ABSENT : { type: 'version', version };
}

/** Whether a write failed since the key is not what it was thought to be. */
export function isConflict(error: unknown): boolean {
  return isKv4Error(error) && (error.code === 'KV4_VERSION_CONFLICT' || error.code === 'KV4_ALREADY_EXISTS' || error.code === 'KV4_NOT_FOUND');
}

const ANY: WriteCondition = { type: 'any' };
/** Create only. */
export const ABSENT: WriteCondition = { type: 'absent' };
/** Replace only. */
export const PRESENT: WriteCondition = { type: 'present' };
