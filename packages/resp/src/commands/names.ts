import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { nameScope, pageOfNames, type NameKind } from '../name-listing.ts';
import { parseInteger, syntaxError } from '../numbers.ts';

/** Names looked at in one go by KEYS and DBSIZE. */
const PAGE_NAMES = 5_000;
const DEFAULT_SCAN_COUNT = 10;
const MAX_SCAN_COUNT = 10_000;

/** Every name of the kind that matches. Throws `RESP_UNSUPPORTED` where there are too many for one answer. */
async function allNames(call: Call, pattern: string): Promise<readonly string[]> {
  const scope = nameScope(call, pattern);
  const { maxListedNames } = call.context.limits;
  const found: string[] = [];
  let after: string | undefined;
  do {
    const { names, next }: { names: readonly string[]; next: string | undefined } = await pageOfNames(call, scope, { kind: 'key', limit: PAGE_NAMES, after });
    for (const name of names) found.push(name);
    if (found.length > maxListedNames) throw new RespError('RESP_UNSUPPORTED', `more than ${maxListedNames} names; use SCAN`);
    after = next;
  } while (after !== undefined);
  return found;
}

async function keys(call: Call): Promise<void> {
  const names = await allNames(call, call.args[1] as string);
  call.reply.array(names.length);
  for (const name of names) call.reply.bulk(name);
}

async function dbsize(call: Call): Promise<void> {
  call.reply.integer((await allNames(call, '*')).length);
}

interface ScanOptions {
  readonly pattern: string;
  readonly count: number;
  readonly kind: NameKind | 'none';
}

/** The options of SCAN and HSCAN, from an argument on. Throws `RESP_BAD_ARGUMENT`, `RESP_NOT_A_NUMBER`. */
export function scanOptions({ args }: Call, from: number): ScanOptions {
  let pattern = '*';
  let count = DEFAULT_SCAN_COUNT;
  let kind: ScanOptions['kind'] = 'key';
  for (let index = from; index < args.length; index += 2) {
    const value = args[index + 1];
    if (value === undefined) throw syntaxError();
    switch ((args[index] as string).toUpperCase()) {
      case 'MATCH':
        pattern = value;
        break;
      case 'COUNT':
        count = countOf(value);
        break;
      case 'TYPE':
        kind = kindOf(value);
        break;
      default:
        throw syntaxError();
    }
  }
  return { pattern, count, kind };
}

function countOf(text: string): number {
  const value = parseInteger(text);
  if (value === undefined) throw new RespError('RESP_NOT_A_NUMBER', 'value is not an integer or out of range');
  if (value < 1) throw syntaxError();
  return Math.min(Number(value), MAX_SCAN_COUNT);
}

function kindOf(type: string): ScanOptions['kind'] {
  if (type.toLowerCase() === 'hash') return 'hash';
  return type.toLowerCase() === 'string' ? 'key' : 'none';
}

async function scan(call: Call): Promise<void> {
  const [, cursor] = call.args;
  const { pattern, count, kind } = scanOptions(call, 2);
  const scope = nameScope(call, pattern);
  const place = { bucket: call.client.login.bucket, scope: `${kind} ${String(scope.flat)} ${scope.address.layer} ${scope.address.path}` };
  const after = cursorPlace(call, cursor as string, place);
  const { names, next } = kind === 'none' ? { names: [], next: undefined } : await pageOfNames(call, scope, { kind, limit: count, after });
  replyPage(call, names, next === undefined ? '0' : call.context.cursors.add({ ...place, after: next }));
}

/** Where a cursor goes on; `undefined`: at the beginning. Throws `RESP_BAD_ARGUMENT` for one that was not given out, or is forgotten. */
export function cursorPlace(call: Call, cursor: string, place: { readonly bucket: string; readonly scope: string }): string | undefined {
  if (cursor === '0') return undefined;
  const after = call.context.cursors.find(cursor, place);
  if (after === undefined) throw new RespError('RESP_BAD_ARGUMENT', 'invalid cursor');
  return after;
}

/** Answers with a cursor and what was found. */
export function replyPage({ reply }: Call, items: readonly string[], cursor: string): void {
  reply.array(2);
  reply.bulk(cursor);
  reply.array(items.length);
  for (const item of items) reply.bulk(item);
}

const PATTERN = { name: 'pattern', type: 'pattern' } as const;

/** Finding names. */
export const NAMES: readonly Command[] = [
  { name: 'KEYS', arity: 2, group: 'generic', flags: ['readonly'], since: '1.0.0', summary: 'The names of all keys that match; of the layer *data unless the pattern names another.', arguments: [PATTERN], run: keys },
  {
    name: 'SCAN',
    arity: -2,
    group: 'generic',
    flags: ['readonly'],
    since: '2.8.0',
    summary: 'Some names, and where to go on; TYPE hash lists paths that hold keys.',
    arguments: [
      { name: 'cursor', type: 'integer' },
      { ...PATTERN, token: 'MATCH', optional: true },
      { name: 'count', type: 'integer', token: 'COUNT', optional: true },
      { name: 'type', type: 'string', token: 'TYPE', optional: true },
    ],
    run: scan,
  },
  { name: 'DBSIZE', arity: 1, group: 'server', flags: ['readonly', 'fast'], since: '1.0.0', summary: 'The number of keys in the layer *data.', run: dbsize },
];
