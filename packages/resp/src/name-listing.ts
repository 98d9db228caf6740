import type { Kv4Record, Page, PathAddress } from '@xir/kv4-core';

import { bytesOfText, textOfBytes } from './byte-text.ts';
import type { Call } from './command.ts';
import { RespError } from './errors.ts';
import { globMatcher, literalPrefix, type Matcher } from './glob.ts';
import { DEFAULT_LAYER, keyNameOf, layerEnd, pathNameOf, placeOfPrefix } from './key-name.ts';

/** What a pattern can match: where its names lie, and how they are told apart. */
export interface NameScope {
  readonly address: PathAddress;
  /** Names lie at the path itself only. */
  readonly flat: boolean;
  readonly matches: Matcher;
}

/** The part of the bucket that a pattern (byte text) can match at all. Throws `RESP_BAD_NAME`, `RESP_FORBIDDEN`. */
export function nameScope(call: Call, pattern: string): NameScope {
  const text = textOfBytes(pattern);
  if (text === undefined) throw new RespError('RESP_BAD_NAME', 'a pattern must be UTF-8');
  const { bucket } = call.client.login;
  const matches = globMatcher(text);
  const prefix = literalPrefix(text);
  const end = layerEnd(prefix);
  if (end < 0) return { address: { bucket, layer: DEFAULT_LAYER, path: '/' }, flat: prefix !== '', matches };
  const { layer, path } = placeOfPrefix(bytesOfText(prefix));
  return { address: { bucket, layer, path }, flat: false, matches };
}

/** Refuses what lies in or above a path that the client's address is banned from. */
export function refuseBannedSubtree({ client, context }: Call, { bucket, path }: PathAddress): void {
  if (client.restricted && context.accounts.bans.peek(bucket, client.place.remoteAddress, path, 'subtree') !== false) {
    throw new RespError('RESP_FORBIDDEN', 'this address is banned from a path in there');
  }
}

/** A page of names, as byte text, and how to go on. */
export interface NamePage {
  readonly names: readonly string[];
  readonly next: string | undefined;
}

/** What is listed: keys, or the paths that hold keys, which are hashes. */
export type NameKind = 'key' | 'hash';

/** One page of the names of a scope: those of the page's `limit` keys or paths that match. */
export async function pageOfNames(call: Call, scope: NameScope, { kind, limit, after }: { readonly kind: NameKind; readonly limit: number; readonly after: string | undefined }): Promise<NamePage> {
  const { store } = call.context;
  const { address, flat, matches } = scope;
  refuseBannedSubtree(call, address);
  const options = after === undefined ? { limit } : { limit, after };
  if (kind === 'hash') {
    const page = await store.paths(address, options);
    return named(page, (path) => pathNameOf({ layer: address.layer, path }), matches);
  }
  const page = flat ? await store.list(address, options) : await store.tree(address, options);
  return named<Kv4Record>(page, (record) => keyNameOf(record.address), matches);
}

function named<Item>({ items, next }: Page<Item>, nameOf: (item: Item) => string | undefined, matches: Matcher): NamePage {
  const names: string[] = [];
  for (const item of items) {
    const name = nameOf(item);
    if (name !== undefined && matches(name)) names.push(bytesOfText(name));
  }
  return { names, next };
}
