import type { KeyAddress, Kv4Record, Kv4Version, ReadOptions, WriteCondition } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { Call, Command } from '../command.ts';
import { EXPIRY_UNITS, expiryMoment, invalidExpiry, type ExpiryUnit } from '../expiry.ts';
import { ABSENT, keyAt, putKey } from '../key-access.ts';
import { syntaxError, wholeNumber } from '../numbers.ts';
import { bytesOfValue, valueOfBytes } from '../stored-value.ts';
import { KEY, VALUE } from './arguments.ts';
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

async function get(call: Call): Promise<void> {
  const address = keyAt(call, 1);
  const words = readWords(call.args, 2, { VER: 'value', AT: 'value', FRESH: 'flag', AGE: 'value' });
  if (words.size > 1) throw syntaxError();
  call.client.tracking?.noteKey(address, call.args[1] as string);
  const version = words.get('VER');
  const at = words.get('AT');
  if (version !== undefined) return tell(call, await ofVersion(call, address, version));
  if (at !== undefined) return tell(call, await ofTime(call, address, momentOf(at)));
  const age = words.get('AGE');
  const options: ReadOptions = words.has('FRESH') ? { fresh: true } : age === undefined ? {} : { maxAgeMs: wholeNumber(age) };
  const record = await call.context.store.get(address, options);
  tell(call, record, record === undefined ? undefined : call.context.store.ageOf?.(address));
}

/** History of before belongs to an earlier account of the same name. */
async function ofTime(call: Call, address: KeyAddress, timeMs: number): Promise<Told | undefined> {
  const { sinceMs } = call.client.login;
  const found = timeMs < sinceMs ? undefined : await call.context.store.at(address, timeMs);
  return found === undefined || found.deleted || found.timeMs < sinceMs ? undefined : found;
}

async function ofVersion(call: Call, address: KeyAddress, version: string): Promise<Told | undefined> {
  const timeMs = versionTime(version);
  if (timeMs === undefined) return undefined;
  const { sinceMs } = call.client.login;
  for await (const found of call.context.store.series(address, { fromMs: Math.max(timeMs, sinceMs), toMs: timeMs })) {
    if (found.version === version) return found.deleted ? undefined : found;
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

async function put(call: Call): Promise<void> {
  const address = keyAt(call, 1);
  const words = readWords(call.args, 3, { IFVER: 'value', NX: 'flag', FORCE: 'flag', EX: 'value', PX: 'value', EXAT: 'value', PXAT: 'value' });
  const conditions = ['IFVER', 'NX', 'FORCE'].filter((word) => words.has(word));
  const units = [...words.keys()].filter((word) => EXPIRY_UNITS.has(word));
  if (conditions.length > 1 || units.length > 1) throw syntaxError();
  const condition = conditionOf(words);
  const nowMs = call.context.clock.now();
  const unit = units[0] as ExpiryUnit | undefined;
  const moment = unit === undefined ? undefined : expiryMoment(words.get(unit) ?? '', unit, { nowMs, command: 'kv4.put' });
  if (moment !== undefined && moment <= nowMs) throw invalidExpiry('kv4.put');
  const { version } = await putKey(call, address, valueOfBytes(call.args[2] as string), {
    condition,
    ...(moment === undefined ? {} : { expiresInMs: moment - nowMs }),
  });
  call.reply.bulk(version);
}

function conditionOf(words: ReadonlyMap<string, string>): WriteCondition {
  const version = words.get('IFVER');
  if (version !== undefined) return { type: 'version', version };
  return words.has('NX') ? ABSENT : { type: 'any' };
}

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
    ],
    run: get,
  },
  {
    name: 'KV4.PUT',
    arity: -3,
    ...KV4_COMMAND,
    flags: ['write'],
    keys: [1, 1, 1],
    summary: 'Writes a value and answers its version; with IFVER only over that version, with NX only where there is none.',
    arguments: [
      KEY,
      VALUE,
      {
        name: 'condition',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'version', type: 'string', token: 'IFVER' },
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
    ],
    run: put,
  },
];
