import { Kv4Error, type JsonObject, type JsonValue, type KeyAddress } from '@xir/kv4-core';
import { MAX_REMEMBERED_CLEAN_UPS, type CleanUp } from './house-keeping.ts';
import { LEASE_LAYER } from './lease.ts';
import type { LeaseKv4 } from './lease-store.ts';

/** Where the system's last clean-ups are written down: one value, `{"cleanUps": […]}`, newest last. */
export const CLEAN_UP_ADDRESS: KeyAddress = Object.freeze({ bucket: '$sys', layer: LEASE_LAYER, path: '/runtime/hosts/cleaned', key: 'last' });

/** Rounds in which a list that others write at the same time is written. */
const MAX_ROUNDS = 8;

/** Adds a clean-up to the list of the system, which keeps the last {@link MAX_REMEMBERED_CLEAN_UPS}. Rejects with a `Kv4Error`. */
export async function noteCleanUp(store: Pick<LeaseKv4, 'get' | 'put'>, { dead, janitor, documents, endedAtMs }: CleanUp): Promise<void> {
  const entry: JsonObject = { neuron: dead.neuron, incarnation: dead.incarnation, by: janitor.neuron, byIncarnation: janitor.incarnation, documents, endedAtMs };
  for (let round = 1; ; round += 1) {
    const record = await store.get(CLEAN_UP_ADDRESS, { fresh: true });
    const cleanUps = [...listOf(record?.value), entry].slice(-MAX_REMEMBERED_CLEAN_UPS);
    const condition = record === undefined ? ({ type: 'absent' } as const) : ({ type: 'version', version: record.version } as const);
    try {
      await store.put(CLEAN_UP_ADDRESS, { cleanUps }, { condition });
      return;
    } catch (error) {
      if (round === MAX_ROUNDS || !(error instanceof Kv4Error) || !['KV4_VERSION_CONFLICT', 'KV4_ALREADY_EXISTS', 'KV4_NOT_FOUND'].includes(error.code)) throw error;
    }
  }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  const list = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['cleanUps'] : undefined;
  return Array.isArray(list) ? list : [];
}
