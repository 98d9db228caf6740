import { headId, parseDocumentId, type KeyAddress } from '@xir/kv4-core';
import { LEASE_PATH, type NeuronLife } from '@xir/router';
import type { ClusterDatabase } from '../cluster/cluster-database.ts';
import type { World } from '../world/world.ts';

interface StoredFields {
  readonly v?: unknown;
  readonly gone?: boolean;
}

function valueOf(database: ClusterDatabase | undefined, id: string): unknown {
  const [winner] = database?.truth(id) ?? [];
  if (winner === undefined || winner.deleted) return undefined;
  const { v, gone } = JSON.parse(`{${winner.fields ?? ''}}`) as StoredFields;
  return gone === true ? undefined : v;
}

/** The lease of a neuron as the database has it. */
export function leaseOf(world: World, neuron: string): { readonly incarnation: string; readonly takenBy?: NeuronLife } | undefined {
  return valueOf(world.database, headId({ ...LEASE_PATH, key: neuron })) as { incarnation: string; takenBy?: NeuronLife } | undefined;
}

/** What neurons have stored of themselves: leases and slots, each with the neuron and the life. */
export function storedLives({ database }: World): { readonly kind: 'lease' | 'slot'; readonly neuron: string; readonly incarnation: string }[] {
  return [...(database?.ids() ?? [])].flatMap((id) => {
    const address = id.startsWith('d!') ? addressOf(id) : undefined;
    if (address === undefined || (address.path !== LEASE_PATH.path && address.layer !== '*subs:slots')) return [];
    const value = valueOf(database, id) as { readonly incarnation: string } | undefined;
    if (value === undefined) return [];
    const isLease = address.layer === LEASE_PATH.layer;
    return [{ kind: isLease ? 'lease' : 'slot', neuron: isLease ? address.key : address.path.slice(1), incarnation: value.incarnation }];
  });
}

function addressOf(id: string): KeyAddress | undefined {
  const parsed = parseDocumentId(id);
  return parsed?.kind === 'head' ? parsed.address : undefined;
}
