import { pathSegments, type KeyAddress } from '@xir/kv4-core';

/** The bucket in which slots are stored. */
export const SLOT_BUCKET = '$sys';
/** The layer in which slots are stored; it has to keep no history, as all beneath `*subs` do by default. */
export const SLOT_LAYER = '*subs:slots';

/** Where a slot of a neuron is stored. */
export function slotAddress(neuron: string, slot: number): KeyAddress {
  return { bucket: SLOT_BUCKET, layer: SLOT_LAYER, path: `/${neuron}`, key: String(slot) };
}

/** Which slot is stored there; `undefined` for what is no slot. */
export function slotOfAddress({ path, key }: KeyAddress): { readonly neuron: string; readonly slot: number } | undefined {
  const [neuron, ...more] = pathSegments(path);
  if (neuron === undefined || more.length > 0 || !/^(0|[1-9]\d{0,5})$/.test(key)) return undefined;
  return { neuron, slot: Number(key) };
}
