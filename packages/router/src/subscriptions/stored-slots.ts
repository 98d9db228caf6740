import type { Kv4Store } from '@xir/kv4-core';

import { SLOT_BUCKET, SLOT_LAYER, slotOfAddress } from './slot-address.ts';

/** The versions of the slots that are stored of a neuron, by number. Rejects with what the store rejects with. */
export async function storedSlots(store: Pick<Kv4Store, 'list'>, neuron: string): Promise<ReadonlyMap<number, string>> {
  const stored = new Map<number, string>();
  let after: string | undefined;
  do {
    const page = await store.list({ bucket: SLOT_BUCKET, layer: SLOT_LAYER, path: `/${neuron}` }, { fresh: true, ...(after === undefined ? {} : { after }) });
    for (const { address, version } of page.items) {
      const slot = slotOfAddress(address)?.slot;
      if (slot !== undefined) stored.set(slot, version);
    }
    after = page.next;
  } while (after !== undefined);
  return stored;
}
