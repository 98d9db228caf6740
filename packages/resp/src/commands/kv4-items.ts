import type { Kv4Record, Kv4Version, Page } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { Call } from '../command.ts';
import { keyNameOf } from '../key-name.ts';
import { bytesOfValue } from '../stored-value.ts';

/** Answers a page: where to go on (nil: nowhere), and the items. */
export function replyPage<Item>(call: Call, { items, next }: Page<Item>, replyOne: (call: Call, item: Item) => void): void {
  const { reply } = call;
  reply.array(2);
  if (next === undefined) reply.nothing();
  else reply.bulk(bytesOfText(next));
  reply.array(items.length);
  for (const item of items) replyOne(call, item);
}

/** Answers with name (nil: none leads there), key, version, time, author and value. */
export function replyItem({ reply }: Call, { address, value, version, timeMs, author }: Kv4Record | Kv4Version): void {
  reply.array(6);
  const name = keyNameOf(address);
  if (name === undefined) reply.nothing();
  else reply.bulk(bytesOfText(name));
  reply.bulk(bytesOfText(address.key));
  reply.bulk(version);
  reply.integer(timeMs);
  reply.bulk(bytesOfText(author));
  reply.bulk(bytesOfValue(value));
}
