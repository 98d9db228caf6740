import { createHash } from 'node:crypto';
import type { NeuronSettings } from './options.ts';

/** What a default name is made of. */
export interface HostIdentity {
  readonly hostName: string;
  /** Hardware addresses of the network interfaces. */
  readonly hardwareAddresses: readonly string[];
  /** The data directory, absolute. */
  readonly dataDirectory: string;
}

const HOST_PART_LENGTH = 12;
const HASH_PART_LENGTH = 8;

/**
 * The name of a neuron that was given none: the host's name, shortened, and a hash of what tells two hosts, or two neurons on one host,
 * apart. It stays the same over restarts.
 */
export function defaultNeuronName(host: HostIdentity, settings: Pick<NeuronSettings, 'restPort' | 'opsPort'>): string {
  const readable = host.hostName.toLowerCase().replace(/[^a-z0-9]/g, '').slice(0, HOST_PART_LENGTH);
  const parts = [host.hostName, ...[...host.hardwareAddresses].sort(), host.dataDirectory, settings.restPort, settings.opsPort];
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return `${readable}${digest.readBigUInt64BE().toString(36).slice(0, HASH_PART_LENGTH)}`;
}
