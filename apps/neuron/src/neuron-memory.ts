import type { CachedStore } from '@xir/accounts';
import { CouchClient } from '@xir/couch-client';
import { DEFAULT_LAYER_RETENTION } from '@xir/kv4-core';
import { openCouchStore } from '@xir/kv4-couch';
import type { FeedHealthInput, NeuronSnapshot } from '@xir/operations';
import type { NeuronSettings } from './options.ts';

/** Memory as the neuron wires it: the store, and what operations wants to know of it. */
export interface NeuronMemory {
  readonly store: CachedStore;
  /** How the change feed is. */
  feed(): FeedHealthInput;
  /** Figures for `/metrics`. */
  figures(): Pick<NeuronSnapshot, 'cache' | 'feed' | 'writes' | 'audit' | 'watches'>;
  close(): Promise<void>;
}

/** Opens memory on a database. `serverUrl` may hold credentials. Rejects with what the database answered. */
export async function openNeuronMemory(serverUrl: string, settings: NeuronSettings & { readonly name: string }): Promise<NeuronMemory> {
  const client = new CouchClient({ url: serverUrl });
  const store = await openCouchStore({
    client,
    database: settings.database,
    neuron: settings.name,
    layers: { ...DEFAULT_LAYER_RETENTION, ...settings.retention },
  });
  return {
    store,
    feed: () => ({ state: 'not followed', evidence: 'none' }),
    figures: () => ({}),
    close: async () => {
      await store.close();
      await client.close();
    },
  };
}
