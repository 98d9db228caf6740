import { checkKeyAddress, checkPathAddress, type WatchScope } from '@xir/kv4-core';

/** A checked scope; a layer is the subtree of its root. */
export type NormalScope = Exclude<WatchScope, { readonly type: 'layer' }>;

/** Throws `KV4_BAD_ADDRESS`. */
export function normalScope(scope: WatchScope): NormalScope {
  switch (scope.type) {
    case 'key':
      return { type: 'key', address: checkKeyAddress(scope.address) };
    case 'path':
    case 'subtree':
      return { type: scope.type, address: checkPathAddress(scope.address) };
    case 'layer':
      return { type: 'subtree', address: checkPathAddress({ bucket: scope.bucket, layer: scope.layer, path: '/' }) };
  }
}
