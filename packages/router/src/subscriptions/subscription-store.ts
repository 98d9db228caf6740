import { checkKeyAddress, checkPathAddress, formatVersion, Kv4Error, type KeyAddress, type Kv4Record, type Kv4Store, type PathAddress, type WriteResult } from '@xir/kv4-core';

import type { Router } from '../router.ts';
import type { Kick } from '../routing/envelope.ts';
import { pageOfSubscriptions, SUBSCRIPTION_LAYER, subscriptionRecord, subscriptionRecords, withinDepth } from './subscription-records.ts';
import { isSubscriptionScope, watchSubscriptions } from './subscription-watch.ts';

/** What {@link withSubscriptions} works with. */
export interface SubscriptionParts<Store extends Kv4Store> {
  readonly store: Store;
  readonly router: Router;
  /** Told whom a deletion is going to take off, before it does. Where it rejects, nobody is. */
  readonly onKick?: (kick: Kick) => Promise<void>;
}

/** A store that may answer from memory, too. */
interface PeekingStore {
  peek?(address: KeyAddress): Kv4Record | null | undefined;
}

type Replaced = Pick<Kv4Store, 'get' | 'put' | 'delete' | 'deletePath' | 'deleteSubtree' | 'keys' | 'list' | 'tree' | 'paths' | 'find' | 'watch'> & Required<PeekingStore>;

/**
 * A store in which the `*subs` layer of every bucket is who is connected: it is listed, read and watched from the router's memory, and deleting a key, a path or a
 * subtree takes the peers off, wherever their connections are. Nothing can be put there (`KV4_REJECTED`), and there is no history. All else goes to the store.
 */
export function withSubscriptions<Store extends Kv4Store>({ store, router, onKick }: SubscriptionParts<Store>): Store {
  const peeking = store as Store & PeekingStore;
  const isOurs = (address: PathAddress | undefined): boolean => address?.layer === SUBSCRIPTION_LAYER;
  const kick = async (wanted: Kick): Promise<number> => {
    await onKick?.(wanted);
    const { reached, undelivered } = await router.kick(wanted);
    if (undelivered.length > 0) throw new Kv4Error('KV4_OUTCOME_UNKNOWN', 'a neuron that holds connections did not answer');
    return reached;
  };
  const find = (address: KeyAddress): Kv4Record | undefined => {
    const checked = checkKeyAddress(address);
    const node = router.channel(checked);
    return node === undefined ? undefined : subscriptionRecord(node, checked.key);
  };
  const nodesAt = (address: PathAddress) => {
    const node = router.channel(checkPathAddress(address));
    return node === undefined ? [] : [node];
  };
  const replaced: Replaced = {
    peek: (address) => (isOurs(address) ? (find(address) ?? null) : peeking.peek?.(address)),
    get: async (address, options) => {
      if (!isOurs(address)) return store.get(address, options);
      if (options?.fresh === true) await router.refresh();
      return find(address);
    },
    put: async (address, ...rest) => {
      if (isOurs(address)) throw new Kv4Error('KV4_REJECTED', 'who is connected is there: nothing else can be put there');
      return store.put(address, ...rest);
    },
    delete: async (address, options) => {
      if (!isOurs(address)) return store.delete(address, options);
      const { bucket, path, key } = checkKeyAddress(address);
      const record = find(address);
      const count = await kick({ bucket, path, user: key, subtree: false });
      return count === 0 || record === undefined ? undefined : deletion(record);
    },
    deletePath: async (address, options) => {
      if (!isOurs(address)) return store.deletePath(address, options);
      const { bucket, path } = checkPathAddress(address);
      return kick({ bucket, path, subtree: false });
    },
    deleteSubtree: async (address, options) => {
      if (!isOurs(address)) return store.deleteSubtree(address, options);
      const { bucket, path } = checkPathAddress(address);
      return kick({ bucket, path, subtree: true });
    },
    keys: async (address, options = {}) => (isOurs(address) ? pageOfSubscriptions(subscriptionRecords(nodesAt(address)), options, (record) => record.address.key) : store.keys(address, options)),
    list: async (address, options = {}) => (isOurs(address) ? pageOfSubscriptions(subscriptionRecords(nodesAt(address)), options, (record) => record) : store.list(address, options)),
    tree: async (address, options = {}) => {
      if (!isOurs(address)) return store.tree(address, options);
      const base = checkPathAddress(address);
      return pageOfSubscriptions(subscriptionRecords(withinDepth(router.channels(base), base, options)), options, (record) => record);
    },
    paths: async (address, options = {}) => {
      if (!isOurs(address)) return store.paths(address, options);
      const base = checkPathAddress(address);
      // One record of each path stands for it.
      const firsts = new Map(subscriptionRecords(withinDepth(router.channels(base), base, options)).map((record) => [record.address.path, record]));
      return pageOfSubscriptions([...firsts.values()], options, (record) => record.address.path);
    },
    find: async (address, ...rest) => (isOurs(address) ? undefined : store.find(address, ...rest)),
    watch: (scope, options) => (isSubscriptionScope(scope) ? watchSubscriptions(router, scope, options) : store.watch(scope, options)),
  };
  return presented(store, replaced);
}

/** A store some of whose methods are others. Methods keep their store: what is private to it stays reachable. */
function presented<Store extends Kv4Store>(store: Store, replaced: Replaced): Store {
  const methods = new Map<PropertyKey, unknown>(Object.entries(replaced));
  if (!('peek' in store)) methods.delete('peek');
  return new Proxy(store, {
    get(target, name) {
      const known = methods.get(name);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method: unknown = value.bind(target);
      methods.set(name, method);
      return method;
    },
  });
}

function deletion({ address, timeMs, version }: Kv4Record): WriteResult {
  const neuron = version.slice(17);
  return { address, version: formatVersion({ timeMs, counter: 1, neuron }), timeMs, durable: true };
}
