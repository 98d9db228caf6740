import { CHANNEL_CLIENT_MUTANTS } from './handlings/channel-clients.ts';
import { HTTP_MESSAGING_MUTANTS } from './handlings/http-messaging.ts';
import { LINK_MUTANTS } from './handlings/links.ts';
import { MEMBERSHIP_MUTANTS } from './handlings/membership.ts';
import { SIMULATED_MESSAGING_MUTANTS } from './handlings/simulated-messaging.ts';
import { MENDED_CACHE_MUTANTS } from './mended/cache.ts';
import { CLIENT_CACHE_MUTANTS } from './mended/client-cache.ts';
import { EVENT_STREAM_MUTANTS } from './mended/event-stream.ts';
import { HOSTILE_MUTANTS } from './mended/hostile.ts';
import { MESSAGING_MUTANTS } from './mended/messaging.ts';
import { REDIS_PROTOCOL_MUTANTS } from './mended/redis-protocol.ts';
import { MENDED_SERVER_MUTANTS } from './mended/servers.ts';
import { SIMULATION_MUTANTS } from './mended/simulation.ts';
import { MENDED_WATCH_MUTANTS } from './mended/watches.ts';
import { MENDED_WRITE_MUTANTS } from './mended/writes.ts';
import type { Mutant } from './mutant.ts';
import { CACHE_MUTANTS } from './traps/cache.ts';
import { CLUSTER_MUTANTS } from './traps/cluster.ts';
import { CONNECTION_MUTANTS } from './traps/connection.ts';
import { IDENTITY_MUTANTS } from './traps/identity.ts';
import { INPUT_MUTANTS } from './traps/input.ts';
import { LOAD_MUTANTS } from './traps/load.ts';

/** Every mutant, the traps' in their order. */
export const MUTANTS: readonly Mutant[] = [...CACHE_MUTANTS, ...CLUSTER_MUTANTS, ...CONNECTION_MUTANTS, ...IDENTITY_MUTANTS, ...INPUT_MUTANTS, ...LOAD_MUTANTS, ...EVENT_STREAM_MUTANTS, ...MENDED_CACHE_MUTANTS, ...MENDED_WATCH_MUTANTS, ...MENDED_WRITE_MUTANTS, ...MENDED_SERVER_MUTANTS, ...REDIS_PROTOCOL_MUTANTS, ...HOSTILE_MUTANTS, ...CLIENT_CACHE_MUTANTS, ...SIMULATION_MUTANTS, ...MESSAGING_MUTANTS, ...SIMULATED_MESSAGING_MUTANTS, ...MEMBERSHIP_MUTANTS, ...LINK_MUTANTS, ...HTTP_MESSAGING_MUTANTS, ...CHANNEL_CLIENT_MUTANTS].sort(
  (a, b) => trapOf(a) - trapOf(b),
);

/** The trap a mutant belongs to, by its number; 0 where it belongs to none. */
export function trapOf({ name }: Pick<Mutant, 'name'>): number {
  return Number(/^t(\d+)-/.exec(name)?.[1] ?? 0);
}
