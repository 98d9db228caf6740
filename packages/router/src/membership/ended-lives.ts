import type { JsonValue, KeyAddress, Kv4Record, Kv4Store } from '@xir/kv4-core';
import { isIncarnation } from './incarnation.ts';
import { isRefused } from './is-refused.ts';
import { LEASE_LAYER } from './lease.ts';

/** Where the latest life is named whose lease was removed, of whatever neuron: one document, however many neurons there were. */
export const ENDED_ADDRESS: KeyAddress = Object.freeze({ bucket: '$sys', layer: LEASE_LAYER, path: '/runtime/hosts/ended', key: 'latest' });
/** Rounds in which it is written while others write it at the same time. */
const MAX_ROUNDS = 16;

/** Knows the latest life whose lease was removed, so that lives that begin later are above it, whatever the clocks of their hosts say. */
export class EndedLives {
  readonly #store: Pick<Kv4Store, 'get' | 'put'>;

  constructor(store: Pick<Kv4Store, 'get' | 'put'>) {
    this.#store = store;
  }

  /** The latest; `undefined`: none was removed yet. Rejects with what the store rejects with. */
  async latest(): Promise<string | undefined> {
    return incarnationOf(await this.#read());
  }

  /** Notes a life whose lease is going to be removed. Rejects with what the store rejects with. */
  async note(incarnation: string): Promise<void> {
    for (let round = 1; ; round += 1) {
      const record = await this.#read();
      const latest = incarnationOf(record);
      if (latest !== undefined && latest >= incarnation) return;
      try {
        await this.#store.put(ENDED_ADDRESS, { incarnation }, { condition: record === undefined ? { type: 'absent' } : { type: 'version', version: record.version } });
        return;
      } catch (error) {
        // Another has written a life that may be later.
        if (!isRefused(error) || round === MAX_ROUNDS) throw error;
      }
    }
  }

  #read(): Promise<Kv4Record | undefined> {
    return this.#store.get(ENDED_ADDRESS, { fresh: true });
  }
}

function incarnationOf(record: Kv4Record | undefined): string | undefined {
  const value: JsonValue | undefined = record?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return isIncarnation(value['incarnation']) ? value['incarnation'] : undefined;
}
