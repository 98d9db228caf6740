import { headId, type KeyAddress, type PathAddress } from '@xir/kv4-core';

/** What a key is used for; it decides what can be judged of it. */
export type KeyRole = 'plain' | 'expiring' | 'purged';

/** A key of a schedule. */
export interface SimulatedKey {
  readonly name: string;
  readonly role: KeyRole;
  readonly address: KeyAddress;
  readonly id: string;
}

export const BUCKET = 'b';
export const LAYER = '*data';
/** The paths that keys lie at: the second lies beneath the first. */
export const PATHS: readonly PathAddress[] = ['/a', '/a/b'].map((path) => ({ bucket: BUCKET, layer: LAYER, path }));

function key(path: string, name: string, role: KeyRole): SimulatedKey {
  const address = { bucket: BUCKET, layer: LAYER, path, key: name };
  return { name: `${path}/${name}`, role, address, id: headId(address) };
}

/** Every key that clients use. */
export const KEYS: readonly SimulatedKey[] = [key('/a', 'k0', 'plain'), key('/a', 'k1', 'plain'), key('/a/b', 'k2', 'plain'), key('/a/b', 'x0', 'expiring'), key('/a', 'p0', 'purged')];

const BY_ID = new Map(KEYS.map((each) => [each.id, each]));

/** The key that a document holds; `undefined` for any other document. */
export function keyOfId(id: string): SimulatedKey | undefined {
  return BY_ID.get(id);
}

const BY_PLACE = new Map(KEYS.map((each) => [`${each.address.path} ${each.address.key}`, each]));

/** The key at an address; `undefined` for one that no client uses. */
export function keyOfAddress(address: KeyAddress): SimulatedKey | undefined {
  return BY_PLACE.get(`${address.path} ${address.key}`);
}
