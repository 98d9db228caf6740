import { bucketScope, type BanReach, type BucketScope } from '@xir/accounts';
import { normalisePath, type KeyAddress, type PathAddress } from '@xir/kv4-core';

import { textOfBytes } from '../byte-text.ts';
import type { Call, CommandArgument } from '../command.ts';
import { RespError } from '../errors.ts';
import { keyAt, pathAt } from '../key-access.ts';
import { allowedLayer, DEFAULT_LAYER } from '../key-name.ts';
import { syntaxError } from '../numbers.ts';

/** The words that say where a path lies, for addresses that no name leads to. */
export const PATH_WORDS = { LAYER: 'value', BUCKET: 'value' } as const;
/** The words that say where a key lies: with any of them the name is the path alone, as it stands. */
export const KEY_WORDS = { KEY: 'value', ...PATH_WORDS } as const;

/** The words of {@link PATH_WORDS} and {@link KEY_WORDS}, for COMMAND DOCS. */
export const PATH_ARGUMENTS: readonly CommandArgument[] = [
  { name: 'layer', type: 'string', token: 'LAYER', optional: true },
  { name: 'bucket', type: 'string', token: 'BUCKET', optional: true },
];
export const KEY_ARGUMENTS: readonly CommandArgument[] = [{ name: 'key-at-path', type: 'string', token: 'KEY', optional: true }, ...PATH_ARGUMENTS];

/** Where a command leads. */
export interface Placed<Address> {
  readonly address: Address;
  /** History before this belongs to an earlier account of the same name; milliseconds since 1970 UTC. */
  readonly sinceMs: number;
}

/** The key that the first argument and the words behind it name. Rejects with `KV4_BAD_ADDRESS`, `RESP_BAD_NAME`, `RESP_FORBIDDEN`. */
export async function placedKey(call: Call, words: ReadonlyMap<string, string>): Promise<Placed<KeyAddress>> {
  const key = words.get('KEY');
  if (key === undefined) {
    if (words.has('LAYER') || words.has('BUCKET')) throw syntaxError();
    return { address: keyAt(call, 1), sinceMs: call.client.login.sinceMs };
  }
  const { address, sinceMs } = await placedPath(call, words, 'path');
  return { address: { ...address, key: textOf(key) }, sinceMs };
}

/** The path that the first argument and the words behind it name. Rejects like {@link placedKey}. */
export async function placedPath(call: Call, words: ReadonlyMap<string, string>, reach: BanReach): Promise<Placed<PathAddress>> {
  if (!words.has('KEY') && !words.has('LAYER') && !words.has('BUCKET')) {
    const address = pathAt(call, 1);
    refuseBanned(call, address, reach);
    return { address, sinceMs: call.client.login.sinceMs };
  }
  const layer = words.get('LAYER');
  const { bucket, sinceMs } = await placedBucket(call, words);
  const address = { bucket, layer: layer === undefined ? DEFAULT_LAYER : allowedLayer(textOf(layer)), path: normalisePath(textOf(call.args[1] as string)) };
  refuseBanned(call, address, reach);
  return { address, sinceMs };
}

/** The bucket that BUCKET names, or the login's own. Rejects with `RESP_FORBIDDEN` where the login may not act in it. */
export async function placedBucket({ client, context }: Call, words: ReadonlyMap<string, string>): Promise<BucketScope> {
  const { login } = client;
  const asked = words.get('BUCKET');
  const scope = await bucketScope(context.store, login, asked === undefined ? login.bucket : textOf(asked));
  if (scope === undefined) throw new RespError('RESP_FORBIDDEN', 'this login may not act in that bucket');
  return scope;
}

/** Refuses a path that the client's address is banned from, or that has such a path beneath it. */
function refuseBanned({ client, context }: Call, { bucket, path }: PathAddress, reach: BanReach): void {
  if (client.restricted && context.accounts.bans.peek(bucket, client.place.remoteAddress, path, reach) !== false) {
    throw new RespError('RESP_FORBIDDEN', reach === 'path' ? 'this address is banned from this path' : 'this address is banned from a path in there');
  }
}

/** An argument as text. Throws `RESP_BAD_NAME` for what is no UTF-8. */
export function textOf(bytes: string): string {
  const text = textOfBytes(bytes);
  if (text === undefined) throw new RespError('RESP_BAD_NAME', 'a name must be UTF-8');
  return text;
}
