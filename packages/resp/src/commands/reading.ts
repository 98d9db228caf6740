import type { KeyAddress, Kv4Record } from '@xir/kv4-core';

import type { Call } from '../command.ts';
import { peekKey } from '../key-access.ts';
import { bytesOfRecord } from '../stored-value.ts';

/** Answers with a value, or with nothing. */
export function replyRecord({ reply }: Call, record: Kv4Record | null | undefined): void {
  if (record === null || record === undefined) reply.nothing();
  else reply.bulk(bytesOfRecord(record));
}

/** Answers from a key's record: at once where the cache knows it. */
export function withRecord(call: Call, address: KeyAddress, answer: (record: Kv4Record | undefined) => void): void | Promise<void> {
  const record = peekKey(call, address);
  if (record !== undefined) return answer(record ?? undefined);
  return call.context.store.get(address).then(answer);
}

/** Answers from the records of several keys: at once where the cache knows them all. */
export function withRecords(call: Call, addresses: readonly KeyAddress[], answer: (records: ReadonlyArray<Kv4Record | undefined>) => void): void | Promise<void> {
  const records: Array<Kv4Record | null | undefined> = addresses.map((address) => peekKey(call, address));
  if (!records.includes(undefined)) return answer(records.map((record) => record ?? undefined));
  const { store } = call.context;
  return Promise.all(records.map(async (record, index) => (record === undefined ? store.get(addresses[index] as KeyAddress) : (record ?? undefined)))).then(answer);
}
