import { shownEvents } from '@xir/accounts';
import { watchEventText, type Kv4Record, type WatchEvent, type WatchOptions, type WatchScope } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { ClientWatch } from '../client-watch.ts';
import type { Client } from '../client.ts';
import type { Call, Command } from '../command.ts';
import { errorLine, RespError } from '../errors.ts';
import { keyNameOf } from '../key-name.ts';
import { parseInteger, syntaxError, wholeNumber } from '../numbers.ts';
import { bytesOfRecord } from '../stored-value.ts';
import { KEY } from './arguments.ts';
import { KEY_ARGUMENTS, KEY_WORDS, placedKey, placedPath } from './kv4-place.ts';
import { JSON_ARGUMENT, JSON_WORD } from './kv4-reading.ts';
import { KV4_COMMAND } from './kv4-since.ts';
import { readWords } from './word-options.ts';

/** Events that may be granted ahead. */
const MAX_CREDIT = 1_000_000;

const WORDS = { PATH: 'flag', TREE: 'flag', INITIAL: 'flag', LATEST: 'flag', HISTORY: 'flag', AFTER: 'value', CREDIT: 'value', ...KEY_WORDS, ...JSON_WORD } as const;

async function watch(call: Call): Promise<void> {
  const { client, context } = call;
  if (client.reply.version !== 3) throw new RespError('RESP_UNSUPPORTED', 'KV4.WATCH tells of changes by push messages, which RESP2 lacks: send HELLO 3 first');
  const words = readWords(call.args, 2, WORDS);
  if (words.has('PATH') && words.has('TREE')) throw new RespError('RESP_BAD_ARGUMENT', 'syntax error');
  const credit = words.get('CREDIT');
  const events = credit === undefined ? Infinity : creditOf(credit);
  const { scope, sinceMs } = await scopeOf(call, words);
  const after = words.get('AFTER');
  const { maxSubscriptions } = context.limits;
  if (client.watches.size >= maxSubscriptions) throw new RespError('RESP_BUSY', `more than ${maxSubscriptions} watches`);
  const id = client.addWatch(events);
  const watched = client.watches.get(id) as ClientWatch;
  const history = words.has('HISTORY');
  const options: WatchOptions = {
    signal: watched.signal,
    initial: words.has('INITIAL'),
    latestOnly: words.has('LATEST'),
    history,
    ...(after === undefined ? {} : { after }),
  };
  call.reply.integer(id);
  context.metrics.subscriptions += 1;
  const shown = shownEvents(context.store.watch(scope, options), { sinceMs, history });
  void run(call, { id, watched, events: shown, asJson: words.has('JSON') }).finally(() => {
    client.watches.delete(id);
    context.metrics.subscriptions -= 1;
  });
}

async function scopeOf(call: Call, words: ReadonlyMap<string, string>): Promise<{ readonly scope: WatchScope; readonly sinceMs: number }> {
  if (!words.has('PATH') && !words.has('TREE')) {
    const { address, sinceMs } = await placedKey(call, words);
    return { scope: { type: 'key', address }, sinceMs };
  }
  if (words.has('KEY')) throw syntaxError();
  const { address, sinceMs } = await placedPath(call, words, words.has('PATH') ? 'path' : 'subtree');
  return { scope: { type: words.has('PATH') ? 'path' : 'subtree', address }, sinceMs };
}

function creditOf(text: string): number {
  const events = wholeNumber(text);
  if (events < 0 || events > MAX_CREDIT) throw new RespError('RESP_BAD_ARGUMENT', `CREDIT must be from 0 to ${MAX_CREDIT}`);
  return events;
}

interface Running {
  readonly id: number;
  readonly watched: ClientWatch;
  readonly events: AsyncIterable<WatchEvent>;
  readonly asJson: boolean;
}

/** Hands events on as far as the client has granted them and as fast as it reads; never rejects. */
async function run({ client, context }: Call, { id, watched, events, asJson }: Running): Promise<void> {
  try {
    for await (const event of events) {
      if (!(await watched.spend())) return;
      if (!(await client.isStillAllowed(context.accounts.logins))) return client.cut();
      if (watched.signal.aborted) return;
      context.metrics.messages += 1;
      client.send((writer) => (asJson ? writeJson(writer, id, watchEventText(event)) : writeEvent(writer, id, event)));
      await client.hasRead();
    }
    if (asJson && !watched.signal.aborted) client.send((writer) => writeJson(writer, id, '{"event":"end"}'));
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

/** `kv4.watch`, the watch's number, and the event as JSON text. */
function writeJson(writer: Client['reply'], id: number, text: string): void {
  writer.push(3);
  writer.bulk('kv4.watch');
  writer.integer(id);
  writer.bulk(bytesOfText(text));
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
  const watched = typeof id === 'number' ? client.watches.get(id) : undefined;
  watched?.abort();
  reply.integer(watched === undefined ? 0 : 1);
}

function grant({ args, client, reply }: Call): void {
  const watched = client.watches.get(wholeNumber(args[1]));
  watched?.grant(creditOf(args[2] as string));
  reply.integer(watched === undefined ? 0 : 1);
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
      { name: 'events', type: 'integer', token: 'CREDIT', optional: true },
      ...KEY_ARGUMENTS,
      JSON_ARGUMENT,
    ],
    run: watch,
  },
  { name: 'KV4.UNWATCH', arity: 2, ...KV4_COMMAND, flags: ['pubsub', 'fast'], summary: 'Ends a watch by its number.', arguments: [{ name: 'watch', type: 'integer' }], run: unwatch },
  {
    name: 'KV4.CREDIT',
    arity: 3,
    ...KV4_COMMAND,
    flags: ['pubsub', 'fast'],
    summary: 'Lets a watch that was begun with CREDIT tell further events.',
    arguments: [
      { name: 'watch', type: 'integer' },
      { name: 'events', type: 'integer' },
    ],
    run: grant,
  },
];
