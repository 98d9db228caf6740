import { keyOf } from './keys.ts';

/** Connections, keys and values of the loads that several servers are given. */
export const PEER_CONNECTIONS = 50;
export const PEER_KEYS = 1000;
export const PEER_VALUE = 'x'.repeat(100);

/** The n-th key to be used, the same for every server: all keys in turn, scattered. */
export function peerKey(n: number): string {
  return keyOf((n * 7919) % PEER_KEYS);
}
