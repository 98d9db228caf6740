import { pageText, placedRecordText, type Page, type PathAddress, type SecondaryKeyName } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { Call, Command, CommandArgument } from '../command.ts';
import { RespError } from '../errors.ts';
import { PATH_ARGUMENTS, PATH_WORDS, placedBucket, placedPath, textOf } from './kv4-place.ts';
import { depthOf, FRESHNESS_ARGUMENTS, FRESHNESS_WORDS, freshnessOf, JSON_ARGUMENT, JSON_WORD, PAGE_ARGUMENTS, PAGE_WORDS, pageOf } from './kv4-reading.ts';
import { replyItem, replyPage } from './kv4-items.ts';
import { KV4_COMMAND } from './kv4-since.ts';
import { readWords } from './word-options.ts';

async function keys(call: Call): Promise<void> {
  const words = readWords(call.args, 2, { ...PAGE_WORDS, ...PATH_WORDS, ...JSON_WORD });
  const options = pageOf(words);
  const { address } = await placedPath(call, words, 'path');
  replyTexts(call, await call.context.store.keys(address, options), words.has('JSON'));
}

async function paths(call: Call): Promise<void> {
  const words = readWords(call.args, 2, { DEPTH: 'value', ...PAGE_WORDS, ...PATH_WORDS, ...JSON_WORD });
  const options = { ...pageOf(words), ...depthOf(words) };
  const { address } = await placedPath(call, words, 'subtree');
  replyTexts(call, await call.context.store.paths(address, options), words.has('JSON'));
}

async function layers(call: Call): Promise<void> {
  const words = readWords(call.args, 1, { ...FRESHNESS_WORDS, BUCKET: 'value', ...JSON_WORD });
  const options = freshnessOf(words);
  const { bucket } = await placedBucket(call, words);
  const found = await call.context.store.layers(bucket, options);
  if (words.has('JSON')) return call.reply.bulk(bytesOfText(JSON.stringify({ items: found })));
  call.reply.array(found.length);
  for (const layer of found) call.reply.bulk(bytesOfText(layer));
}

async function list(call: Call): Promise<void> {
  const words = readWords(call.args, 2, { ...PAGE_WORDS, ...PATH_WORDS, ...JSON_WORD });
  const options = pageOf(words);
  const { address } = await placedPath(call, words, 'path');
  const page = await call.context.store.list(address, options);
  if (words.has('JSON')) call.reply.bulk(bytesOfText(pageText(page.items.map(placedRecordText), page.next)));
  else replyPage(call, page, replyItem);
}

async function find(call: Call): Promise<void> {
  const words = readWords(call.args, 4, { ...FRESHNESS_WORDS, ...PATH_WORDS, ...JSON_WORD });
  const options = freshnessOf(words);
  const value = textOf(call.args[3] as string);
  const { address }: { readonly address: PathAddress } = await placedPath(call, words, 'path');
  const record = await call.context.store.find(address, secondaryName(call.args[2] as string), value, options);
  if (record === undefined) call.reply.nothing();
  else if (words.has('JSON')) call.reply.bulk(bytesOfText(placedRecordText(record)));
  else replyItem(call, record);
}

function secondaryName(word: string): SecondaryKeyName {
  const name = (['k2', 'k3', 'k4'] as const).find((known) => known === word.toLowerCase());
  if (name === undefined) throw new RespError('RESP_BAD_ARGUMENT', 'an additional key is K2, K3 or K4');
  return name;
}

function replyTexts(call: Call, page: Page<string>, asJson: boolean): void {
  if (asJson) return call.reply.bulk(bytesOfText(pageText(page.items.map((item) => JSON.stringify(item)), page.next)));
  replyPage(call, page, ({ reply }, item) => reply.bulk(bytesOfText(item)));
}

const PATH: CommandArgument = { name: 'path', type: 'key' };
const READ = { ...KV4_COMMAND, flags: ['readonly'], overlaps: () => 'read' as const } as const;

/** What is at a path. */
export const KV4_LISTINGS: readonly Command[] = [
  { name: 'KV4.KEYS', ...READ, arity: -2, keys: [1, 1, 1], summary: 'The keys at a path, in order: where to go on, and the keys.', arguments: [PATH, ...PAGE_ARGUMENTS, ...PATH_ARGUMENTS, JSON_ARGUMENT], run: keys },
  {
    name: 'KV4.LIST',
    ...READ,
    arity: -2,
    keys: [1, 1, 1],
    summary: 'The keys at a path with what is known of each: where to go on, and for each name, key, version, time, author, value.',
    arguments: [PATH, ...PAGE_ARGUMENTS, ...PATH_ARGUMENTS, JSON_ARGUMENT],
    run: list,
  },
  {
    name: 'KV4.PATHS',
    ...READ,
    arity: -2,
    keys: [1, 1, 1],
    summary: 'The paths that hold keys, at a path and beneath it: where to go on, and the paths.',
    arguments: [PATH, { name: 'depth', type: 'integer', token: 'DEPTH', optional: true }, ...PAGE_ARGUMENTS, ...PATH_ARGUMENTS, JSON_ARGUMENT],
    run: paths,
  },
  { name: 'KV4.LAYERS', ...READ, arity: -1, summary: 'The layers that hold keys.', arguments: [...FRESHNESS_ARGUMENTS, { name: 'bucket', type: 'string', token: 'BUCKET', optional: true }, JSON_ARGUMENT], run: layers },
  {
    name: 'KV4.FIND',
    ...READ,
    arity: -4,
    keys: [1, 1, 1],
    summary: 'The key at a path that has an additional key: name, key, version, time, author, value.',
    arguments: [
      PATH,
      { name: 'name', type: 'oneof', arguments: ['k2', 'k3', 'k4'].map((name) => ({ name, type: 'pure-token', token: name.toUpperCase() })) },
      { name: 'value', type: 'string' },
      ...FRESHNESS_ARGUMENTS,
      ...PATH_ARGUMENTS,
      JSON_ARGUMENT,
    ],
    run: find,
  },
];
