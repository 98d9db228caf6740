import { Kv4Error, type Kv4Store } from '@xir/kv4-core';

import type { NeuronLife } from '../membership.ts';
import { SLOT_BUCKET, SLOT_LAYER } from './slot-address.ts';
import { decodeSlot } from './slot-document.ts';

/**
 * Deletes the slots that a life of a neuron, or one before it, has left; those of a later life stay, also where they are written meanwhile. Resolves to their number. May run
 * again, and by several at a time. Rejects with what the store rejects with.
 */
export async function tidySlots(store: Pick<Kv4Store, 'list' | 'delete'>, { neuron, incarnation }: NeuronLife): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const page = await store.list({ bucket: SLOT_BUCKET, layer: SLOT_LAYER, path: `/${neuron}` }, { fresh: true, ...(after === undefined ? {} : { after }) });
    for (const { address, value, version } of page.items) {
      const writtenIn = decodeSlot(value)?.incarnation;
      if (writtenIn !== undefined && writtenIn > incarnation) continue;
      try {
        if ((await store.delete(address, { condition: { type: 'version', version } })) !== undefined) count += 1;
      } catch (error) {
        // Somebody wrote it meanwhile, or deleted it: it is not ours to delete any more.
        if (!(error instanceof Kv4Error && (error.code === 'KV4_VERSION_CONFLICT' || error.code === 'KV4_NOT_FOUND'))) throw error;
      }
    }
    after = page.next;
  } while (after !== undefined);
  return count;
}
