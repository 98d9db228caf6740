import type { Command } from '../command.ts';
import { CLIENT_COMMANDS } from './client.ts';
import { COMMAND_COMMANDS } from './command.ts';
import { CONNECTION_COMMANDS } from './connection.ts';
import { COUNTERS } from './counters.ts';
import { EXPIRIES } from './expiries.ts';
import { GENERIC } from './generic.ts';
import { HASHES } from './hashes.ts';
import { KV4_HISTORY } from './kv4-history.ts';
import { KV4_LISTINGS } from './kv4-listings.ts';
import { KV4_VALUES } from './kv4-values.ts';
import { KV4_WATCHES } from './kv4-watch.ts';
import { NAMES } from './names.ts';
import { PUBSUB } from './pubsub.ts';
import { SERVER } from './server.ts';
import { STRING_READS } from './string-reads.ts';
import { STRING_WRITES } from './string-writes.ts';
import { TRANSACTIONS } from './transactions.ts';

/** Every command. */
export const COMMANDS: readonly Command[] = [
  ...STRING_READS,
  ...STRING_WRITES,
  ...COUNTERS,
  ...GENERIC,
  ...EXPIRIES,
  ...NAMES,
  ...HASHES,
  ...CONNECTION_COMMANDS,
  ...CLIENT_COMMANDS,
  ...SERVER,
  ...COMMAND_COMMANDS,
  ...PUBSUB,
  ...TRANSACTIONS,
  ...KV4_VALUES,
  ...KV4_LISTINGS,
  ...KV4_HISTORY,
  ...KV4_WATCHES,
];

/** Commands by name, in capitals and in small letters: what clients send. */
export function commandTable(): ReadonlyMap<string, Command> {
  return new Map(COMMANDS.flatMap((command) => [[command.name, command] as const, [command.name.toLowerCase(), command] as const]));
}
