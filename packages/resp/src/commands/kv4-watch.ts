import type { Kv4Record, WatchEvent, WatchOptions, WatchScope } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { Client } from '../client.ts';
import type { Call, Command } from '../command.ts';
import { errorLine, RespError } from '../errors.ts';
import { keyAt, pathAt } from '../key-access.ts';
import { keyNameOf } from '../key-name.ts';
import { refuseBannedSubtree } from '../name-listing.ts';
import { parseInteger } from '../numbers.ts';
import { bytesOfRecord } from '../stored-value.ts';
import { KEY } from './arguments.ts';
import { KV4_COMMAND } from './kv4-since.ts';
import { readWords } from './word-options.ts';

function watch(call: Call): void {
  const { client, context, reply } = call;
  if (client.reply.version !== 3) throw new RespError('RESP_UNSUPPORTED', 'KV4.WATCH tells of changes by push messages, which RESP2 lacks: send HELLO 3 first');
  const words = readWords(call.args, 2, { PATH: 'flag', TREE: 'flag', INITIAL: 'flag', LATEST: 'flag', HISTORY: 'flag', AFTER: 'value' });
  if (words.has('PATH') && words.has('TREE')) throw new RespError('RESP_BAD_ARGUMENT', 'syntax error');
  const scope = scopeOf(call, words);
  const after = words.get('AFTER');
  const { maxSubscriptions } = context.limits;
  if (client.watches.size >= maxSubscriptions) throw new RespError('RESP_BUSY', `more than ${maxSubscriptions} watches`);
  const id = client.addWatch();
  const abort = client.watches.get(id) as AbortController;
  const options: WatchOptions = {
    signal: abort.signal,
    initial: words.has('INITIAL'),
    latestOnly: words.has('LATEST'),
    history: words.has('HISTORY'),
    ...(after === undefined ? {} : { after }),
  };
  reply.integer(id);
  context.metrics.subscriptions += 1;
  void run(call, { id, scope, options }).finally(() => {
    client.watches.delete(id);
    context.metrics.subscriptions -= 1;
  });
}

function scopeOf(call: Call, words: ReadonlyMap<string, string>): WatchScope {
  if (!words.has('PATH') && !words.has('TREE')) return { type: 'key', address: keyAt(call, 1) };
  const address = pathAt(call, 1);
  if (words.has('PATH')) return { type: 'path', address };
  refuseBannedSubtree(call, address);
  return { type: 'subtree', address };
}

/** Hands events on as fast as the client reads; never rejects. */
async function run({ client, context }: Call, { id, scope, options }: { readonly id: number; readonly scope: WatchScope; readonly options: WatchOptions }): Promise<void> {
  try {
    for await (const event of context.store.watch(scope, options)) {
      if (!client.isAllowed(context.accounts.logins)) return client.cut();
      context.metrics.messages += 1;
      client.send((writer) => writeEvent(writer, id, event));
      await client.hasRead();
    }
  } catch (error) {
    const { line, unexpected } = errorLine(error);
    if (unexpected) context.onError(error);
    client.send((writer) => {
      writer.push(4);
      writer.bulk('kv4.watch');
      writer.integer(id);
      writer.bulk('error');
      writer.bulk(bytesOfText(line));
    });
  }
}

/** `kv4.watch`, the watch's number, `put` | `delete` | `end-of-initial` | `reset`, the position, and what belongs to it. */
function writeEvent(writer: Client['reply'], id: number, event: WatchEvent): void {
  const address = event.type === 'put' ? event.record.address : event.type === 'delete' ? event.address : undefined;
  writer.push(event.type === 'put' ? 8 : event.type === 'delete' ? 6 : event.type === 'reset' ? 5 : 4);
  writer.bulk('kv4.watch');
  writer.integer(id);
  writer.bulk(event.type);
  writer.bulk(event.position);
  if (event.type === 'reset') writer.bulk(event.reason);
  if (address === undefined) return;
  writer.bulk(bytesOfText(keyNameOf(address) ?? address.key));
  if (event.type === 'put') writeRecord(writer, event.record);
  else if (event.type === 'delete') {
    if (event.version === undefined) writer.nothing();
    else writer.bulk(event.version);
  }
}

function writeRecord(writer: Client['reply'], record: Kv4Record): void {
  writer.bulk(record.version);
  writer.bulk(bytesOfText(record.author));
  writer.bulk(bytesOfRecord(record));
}

function unwatch({ args, client, reply }: Call): void {
  const id = parseInteger(args[1] as string);
  const abort = typeof id === 'number' ? client.watches.get(id) : undefined;
  abort?.abort();
  reply.integer(abort === undefined ? 0 : 1);
}

/** Watches. */
export const KV4_WATCHES: readonly Command[] = [
  {
    name: 'KV4.WATCH',
    arity: -2,
    ...KV4_COMMAND,
    flags: ['pubsub'],
    keys: [1, 1, 1],
    summary: 'Tells of every change of a key, of a path or of all beneath it, with a position from which any neuron goes on; answers the number of the watch.',
    arguments: [
      KEY,
      {
        name: 'scope',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'path', type: 'pure-token', token: 'PATH' },
          { name: 'tree', type: 'pure-token', token: 'TREE' },
        ],
      },
      { name: 'initial', type: 'pure-token', token: 'INITIAL', optional: true },
      { name: 'latest', type: 'pure-token', token: 'LATEST', optional: true },
      { name: 'history', type: 'pure-token', token: 'HISTORY', optional: true },
      { name: 'position', type: 'string', token: 'AFTER', optional: true },
    ],
    run: watch,
  },
  { name: 'KV4.UNWATCH', arity: 2, ...KV4_COMMAND, flags: ['pubsub', 'fast'], summary: 'Ends a watch by its number.', arguments: [{ name: 'watch', type: 'integer' }], run: unwatch },
];
