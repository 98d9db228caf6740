import { createHash } from 'node:crypto';

import type { Membership, Peer } from '@xir/router';

/**
 * Whether this neuron tells of what becomes of a peer: the one that holds its connection, or, where that is dead, one of the living, on which all agree that see the same ones alive. Pure.
 */
export function isTeller(membership: Pick<Membership, 'self' | 'neurons'>, { bucket, path, user, device, neuron }: Pick<Peer, 'bucket' | 'path' | 'user' | 'device' | 'neuron'>): boolean {
  const self = membership.self.neuron;
  const living = [...membership.neurons()].map((one) => one.neuron);
  if (neuron === self || living.includes(neuron)) return neuron === self;
  const weight = (name: string) => createHash('sha256').update(JSON.stringify([name, bucket, path, user, device])).digest('hex');
  const own = weight(self);
  return living.every((name) => name === self || weight(name) < own);
}
