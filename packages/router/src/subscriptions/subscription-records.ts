import { checkDepth, checkPageOptions, compareIds, depthBelow, encodeCursor, formatVersion, headId, recordFromValue, type KeyAddress, type Kv4Record, type Page, type PathAddress, type TreeOptions } from '@xir/kv4-core';

import type { Peer } from '../channel.ts';
import type { ChannelNode } from './channel-node.ts';

/** The layer in which live subscriptions are seen: nothing is stored there. */
export const SUBSCRIPTION_LAYER = '*subs';

/** A user on a channel as a record of the `*subs` layer: the key is the user, the value tells of the newest device, and names all. */
export function subscriptionRecord(node: ChannelNode, user: string): Kv4Record | undefined {
  const peers = [...node.peersOf(user)].toSorted((a, b) => b.joinedAtMs - a.joinedAtMs);
  const [newest] = peers;
  if (newest === undefined) return undefined;
  const { bucket, path, state = null, neuron, joinedAtMs } = newest;
  const value = { topic: 'topic', service: 'signal', path, origin: neuron, meta: state, key: user, ident: bucket, devices: peers.map(({ device }) => device) };
  return recordFromValue({ bucket, layer: SUBSCRIPTION_LAYER, path, key: user }, value, { version: versionOf(newest, joinedAtMs), author: user });
}

/** Where a user on a channel is seen. */
export function subscriptionAddress({ bucket, path, user }: Peer): KeyAddress {
  return { bucket, layer: SUBSCRIPTION_LAYER, path, key: user };
}

function versionOf({ neuron }: Peer, timeMs: number): string {
  return formatVersion({ timeMs: Math.max(0, Math.floor(timeMs)), counter: 0, neuron });
}

/** The records of some channels in the order of their ids: by path, then by user. */
export function subscriptionRecords(nodes: Iterable<ChannelNode>): Kv4Record[] {
  const records: Kv4Record[] = [];
  for (const node of nodes) {
    for (const user of node.users()) {
      const record = subscriptionRecord(node, user);
      if (record !== undefined) records.push(record);
    }
  }
  return records.toSorted((a, b) => compareIds(headId(a.address), headId(b.address)));
}

/** One page of records that are in order. Throws `KV4_BAD_OPTION`. */
export function pageOfSubscriptions<Item>(records: readonly Kv4Record[], options: TreeOptions, itemOf: (record: Kv4Record) => Item): Page<Item> {
  const { limit, afterId } = checkPageOptions(options);
  const behind = afterId === undefined ? records : records.filter(({ address }) => compareIds(headId(address), afterId) > 0);
  const items = behind.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(itemOf), ...(behind.length > items.length && last !== undefined ? { next: encodeCursor(headId(last.address)) } : {}) };
}

/** Those of some channels that are not deeper below a path than asked for. Throws `KV4_BAD_OPTION`. */
export function withinDepth(nodes: Iterable<ChannelNode>, base: PathAddress, options: Pick<TreeOptions, 'depth'>): ChannelNode[] {
  const depth = checkDepth(options);
  return [...nodes].filter(({ path }) => depthBelow(base.path, path) <= depth);
}
