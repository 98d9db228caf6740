import { Kv4Error, recordText, versionText, writeText, type JsonValue, type KeyAddress, type Kv4Record, type Kv4Version, type SecondaryKeys } from '@xir/kv4-core';
import { jsonDepthExceeds, MAX_JSON_DEPTH } from '@xir/protocol';

import { bytesOfText } from '../byte-text.ts';
import type { Call, Command, CommandArgument } from '../command.ts';
import { EXPIRY_UNITS, expiryMoment, invalidExpiry, type ExpiryUnit } from '../expiry.ts';
import { deleteVersion, putKey } from '../key-access.ts';
import { syntaxError } from '../numbers.ts';
import { bytesOfValue, valueOfBytes } from '../stored-value.ts';
import { KEY, VALUE } from './arguments.ts';
import { KEY_ARGUMENTS, KEY_WORDS, PATH_ARGUMENTS, PATH_WORDS, placedKey, placedPath, textOf, type Placed } from './kv4-place.ts';
import { CONDITION_WORDS, conditionOfWords, CONDITIONS, FRESHNESS_WORDS, freshnessOf, JSON_ARGUMENT, JSON_WORD } from './kv4-reading.ts';
import { KV4_COMMAND } from './kv4-since.ts';
import { momentOf } from './moments.ts';
import { readWords } from './word-options.ts';

/** A value with what is known of it. */
interface Told {
  readonly value: Kv4Version['value'];
  readonly version: string;
  readonly timeMs: number;
  readonly author: string;
}

const WHEN = ['VER', 'AT', 'FRESH', 'AGE'];

async function get(call: Call): Promise<void> {
  const words = readWords(call.args, 2, { VER: 'value', AT: 'value', ...FRESHNESS_WORDS, ...KEY_WORDS, ...JSON_WORD });
  if (WHEN.filter((word) => words.has(word)).length > 1) throw syntaxError();
  const placed = await placedKey(call, words);
  const { address } = placed;
  call.client.tracking?.noteKey(address, call.args[1] as string);
  const asJson = words.has('JSON');
  const version = words.get('VER');
  const at = words.get('AT');
  if (version !== undefined || at !== undefined) {
    const found = version === undefined ? await ofTime(call, placed, momentOf(at ?? '')) : await ofVersion(call, placed, version);
    if (asJson) return tellJson(call, found === undefined ? undefined : versionText(found), undefined);
    return tell(call, found?.deleted === true ? undefined : found);
  }
  const record = await call.context.store.get(address, freshnessOf(words));
  const ageMs = call.context.store.ageOf?.(address);
  if (asJson) tellJson(call, record === undefined ? undefined : recordText(record), ageMs);
  else tell(call, record, ageMs);
}

/** What is known of a key, and its age, each nil where there is none. */
function tellJson({ reply }: Call, text: string | undefined, ageMs: number | undefined): void {
  reply.array(2);
  if (text === undefined) reply.nothing();
  else reply.bulk(bytesOfText(text));
  if (ageMs === undefined || !Number.isFinite(ageMs)) reply.nothing();
  else reply.integer(Math.round(ageMs));
}

/** History of before belongs to an earlier account of the same name. */
async function ofTime(call: Call, { address, sinceMs }: Placed<KeyAddress>, timeMs: number): Promise<Kv4Version | undefined> {
  const found = timeMs < sinceMs ? undefined : await call.context.store.at(address, timeMs);
  return found === undefined || found.timeMs < sinceMs ? undefined : found;
}

async function ofVersion(call: Call, { address, sinceMs }: Placed<KeyAddress>, version: string): Promise<Kv4Version | undefined> {
  const timeMs = versionTime(version);
  if (timeMs === undefined) return undefined;
  for await (const found of call.context.store.series(address, { fromMs: Math.max(timeMs, sinceMs), toMs: timeMs })) {
    if (found.version === version) return found;
  }
  return undefined;
}

/** The time in a version: its first twelve digits. */
function versionTime(version: string): number | undefined {
  return /^[0-9a-f]{16}-[a-z0-9]{1,24}$/.test(version) ? Number.parseInt(version.slice(0, 12), 16) : undefined;
}

function tell({ reply }: Call, told: Told | Kv4Record | undefined, ageMs?: number): void {
  if (told === undefined) return reply.nothing();
  const facts = ageMs === undefined || !Number.isFinite(ageMs) ? 4 : 5;
  reply.map(facts);
  reply.bulk('value');
  reply.bulk(bytesOfValue(told.value));
  reply.bulk('version');
  reply.bulk(told.version);
  reply.bulk('time');
  reply.integer(told.timeMs);
  reply.bulk('author');
  reply.bulk(bytesOfText(told.author));
  if (facts === 4) return;
  reply.bulk('age');
  reply.integer(Math.round(ageMs ?? 0));
}

const PUT_WORDS = {
  NX: 'flag',
  FORCE: 'flag',
  ...CONDITION_WORDS,
  EX: 'value',
  PX: 'value',
  EXAT: 'value',
  PXAT: 'value',
  MERGE: 'flag',
  K2: 'value',
  K3: 'value',
  K4: 'value',
  NOKEYS: 'flag',
  ...KEY_WORDS,
  ...JSON_WORD,
} as const;

async function put(call: Call): Promise<void> {
  const words = readWords(call.args, 3, PUT_WORDS);
  const condition = conditionOfWords(words);
  const units = [...words.keys()].filter((word) => EXPIRY_UNITS.has(word));
  if (units.length > 1) throw syntaxError();
  const asJson = words.has('JSON');
  const value = asJson ? jsonOf(call.args[2] as string) : valueOfBytes(call.args[2] as string);
  const how = { condition, ...secondaryOf(words), ...(words.has('MERGE') ? { merge: true } : {}), ...expiryOf(call, words, units[0] as ExpiryUnit | undefined) };
  const { address } = await placedKey(call, words);
  const result = await putKey(call, address, value, how);
  call.reply.bulk(asJson ? bytesOfText(writeText(result, true)) : result.version);
}

function expiryOf({ context }: Call, words: ReadonlyMap<string, string>, unit: ExpiryUnit | undefined): { readonly expiresInMs?: number } {
  if (unit === undefined) return {};
  const nowMs = context.clock.now();
  const moment = expiryMoment(words.get(unit) ?? '', unit, { nowMs, command: 'kv4.put' });
  if (moment <= nowMs) throw invalidExpiry('kv4.put');
  return { expiresInMs: moment - nowMs };
}

/** Absent: those of the version before stay. */
function secondaryOf(words: ReadonlyMap<string, string>): { readonly secondary?: SecondaryKeys } {
  const found = (['K2', 'K3', 'K4'] as const).filter((word) => words.has(word)).map((word) => [word.toLowerCase(), textOf(words.get(word) ?? '')] as const);
  if (words.has('NOKEYS') && found.length > 0) throw syntaxError();
  return found.length === 0 && !words.has('NOKEYS') ? {} : { secondary: Object.fromEntries(found) };
}

/** Throws `KV4_BAD_VALUE`. */
function jsonOf(bytes: string): JsonValue {
  const text = textOf(bytes);
  if (jsonDepthExceeds(text, MAX_JSON_DEPTH)) throw new Kv4Error('KV4_BAD_VALUE', 'the value is nested too deeply');
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new Kv4Error('KV4_BAD_VALUE', 'the value is not JSON');
  }
}

async function remove(call: Call): Promise<void> {
  const words = readWords(call.args, 2, { ...CONDITION_WORDS, ...KEY_WORDS, ...JSON_WORD });
  const condition = conditionOfWords(words);
  const { address } = await placedKey(call, words);
  const result = await deleteVersion(call, address, condition);
  if (result === undefined) call.reply.nothing();
  else call.reply.bulk(words.has('JSON') ? bytesOfText(writeText(result, false)) : result.version);
}

async function removeAll(call: Call): Promise<void> {
  const words = readWords(call.args, 2, { TREE: 'flag', ...CONDITION_WORDS, ...PATH_WORDS });
  const condition = conditionOfWords(words);
  const { client, context } = call;
  const { address } = await placedPath(call, words, words.has('TREE') ? 'subtree' : 'path');
  const options = { author: client.login.author, condition };
  call.reply.integer(await (words.has('TREE') ? context.store.deleteSubtree(address, options) : context.store.deletePath(address, options)));
}

const CONDITION: CommandArgument = { name: 'condition', type: 'oneof', optional: true, arguments: CONDITIONS };
const SECONDARY: readonly CommandArgument[] = ['k2', 'k3', 'k4'].map((name) => ({ name, type: 'string', token: name.toUpperCase(), optional: true }));

/** Values with their versions. */
export const KV4_VALUES: readonly Command[] = [
  {
    name: 'KV4.GET',
    arity: -2,
    ...KV4_COMMAND,
    flags: ['readonly'],
    keys: [1, 1, 1],
    summary: 'A value with its version, time, author and age: of now, of a version, of a time, or proved current.',
    arguments: [
      KEY,
      {
        name: 'when',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'version', type: 'string', token: 'VER' },
          { name: 'time', type: 'string', token: 'AT' },
          { name: 'fresh', type: 'pure-token', token: 'FRESH' },
          { name: 'max-age-milliseconds', type: 'integer', token: 'AGE' },
        ],
      },
      ...KEY_ARGUMENTS,
      JSON_ARGUMENT,
    ],
    overlaps: () => 'read',
    run: get,
  },
  {
    name: 'KV4.PUT',
    arity: -3,
    ...KV4_COMMAND,
    flags: ['write'],
    keys: [1, 1, 1],
    summary: 'Writes a value and answers its version; with IFVER only over that version, with NX only where there is none, with XX only where there is one.',
    arguments: [
      KEY,
      VALUE,
      {
        name: 'condition',
        type: 'oneof',
        optional: true,
        arguments: [
          ...CONDITIONS,
          { name: 'nx', type: 'pure-token', token: 'NX' },
          { name: 'force', type: 'pure-token', token: 'FORCE' },
        ],
      },
      {
        name: 'expiration',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'seconds', type: 'integer', token: 'EX' },
          { name: 'milliseconds', type: 'integer', token: 'PX' },
          { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
          { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
        ],
      },
      { name: 'merge', type: 'pure-token', token: 'MERGE', optional: true },
      ...SECONDARY,
      { name: 'no-keys', type: 'pure-token', token: 'NOKEYS', optional: true },
      ...KEY_ARGUMENTS,
      JSON_ARGUMENT,
    ],
    overlaps: () => 'write',
    run: put,
  },
  {
    name: 'KV4.DEL',
    arity: -2,
    ...KV4_COMMAND,
    flags: ['write'],
    keys: [1, 1, 1],
    summary: 'Deletes a key and answers the version of the deletion; nil where there was nothing.',
    arguments: [KEY, CONDITION, ...KEY_ARGUMENTS, JSON_ARGUMENT],
    overlaps: () => 'write',
    run: remove,
  },
  {
    name: 'KV4.DELPATH',
    arity: -2,
    ...KV4_COMMAND,
    flags: ['write'],
    keys: [1, 1, 1],
    summary: 'Deletes every key at a path, with TREE all beneath it as well; answers how many.',
    arguments: [{ name: 'path', type: 'key' }, { name: 'tree', type: 'pure-token', token: 'TREE', optional: true }, CONDITION, ...PATH_ARGUMENTS],
    run: removeAll,
  },
];
