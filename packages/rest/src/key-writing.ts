import { Kv4Error, type KeyAddress, type PathAddress, type PutOptions, type WriteResult } from '@xir/kv4-core';
import { isTruthy, withVersionText } from '@xir/protocol';

import { datumText } from './datum-text.ts';
import { RestError } from './errors.ts';
import { listForm } from './key-reading.ts';
import { expiry, requireBody, requireKey, requireValue, secondaryKeys, writeCondition } from './write-parameters.ts';
import type { ServiceRequest, ValueAnswer } from './service.ts';

/** Writes `{"k","v"}` at a path: PUT and POST create or replace with v3's lock, PATCH (or `merge=1`) lays fields over. */
export async function writeKey(request: ServiceRequest, path: PathAddress): Promise<ValueAnswer> {
  const body = requireBody(request);
  const key = requireKey(request, body);
  const { value, lock } = requireValue(body);
  const merge = request.method === 'PATCH' || isTruthy(request.query.get('merge'));
  const secondary = secondaryKeys(request, body);
  const expiresInMs = expiry(request);
  const options: PutOptions = {
    condition: writeCondition(request, lock, merge ? { type: 'any' } : { type: 'locked' }),
    author: request.login.author,
    ...(merge ? { merge: true } : {}),
    ...(secondary === undefined ? {} : { secondary }),
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  };
  return writtenAnswer(request, await request.context.store.put({ ...path, key }, value, options));
}

/** The answer to a write: the value as stored, or with `as=datum` the whole record. */
export function writtenAnswer(request: ServiceRequest, write: WriteResult): ValueAnswer {
  const { record, version, durable } = write;
  const valueText = record?.valueText ?? '{}';
  const text = record !== undefined && listForm(request.query) === 'datum' ? datumText(record) : withVersionText(valueText, version);
  return { kind: 'value', text, version, durable };
}

/** Deletes a key (`k`), a path, or with `subtree=1` everything beneath it too; answers the number of keys. */
export async function deleteKeys(request: ServiceRequest, path: PathAddress): Promise<ValueAnswer> {
  const { query, context, login } = request;
  const { store } = context;
  const key = query.get('k') ?? request.body['k'];
  const options = { author: login.author };
  if (typeof key === 'string' && key !== '') return deleteKey(request, { ...path, key });
  if (key !== undefined && key !== null && key !== '') throw new RestError('REST_BAD_NAME', 'a key must be a text');
  const subtree = isTruthy(query.get('subtree')) || isTruthy(query.get('tree'));
  const count = subtree ? await store.deleteSubtree(path, options) : await store.deletePath(path, options);
  return { kind: 'value', text: String(count) };
}

async function deleteKey(request: ServiceRequest, address: KeyAddress): Promise<ValueAnswer> {
  const { context, login } = request;
  const condition = writeCondition(request, undefined, { type: 'any' });
  if (condition.type === 'absent') throw new RestError('REST_BAD_OPTION', 'If-None-Match: * makes no sense for a deletion');
  const deleted = await deleteOrNothing(() => context.store.delete(address, { condition, author: login.author }));
  if (deleted === undefined) return { kind: 'value', text: '0' };
  return { kind: 'value', text: '1', version: deleted.version, durable: deleted.durable };
}

/** v3 answers 0 for what is not there; a condition that asks for presence says the same with an error. */
async function deleteOrNothing(remove: () => Promise<WriteResult | undefined>): Promise<WriteResult | undefined> {
  try {
    return await remove();
  } catch (error) {
    if (error instanceof Kv4Error && error.code === 'KV4_NOT_FOUND') return undefined;
    throw error;
  }
}

