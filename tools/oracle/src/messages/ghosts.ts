import type { Neuron } from '../processes/neuron.ts';
import { RestConnection } from '../rest-connection.ts';
import type { ChatClient } from './chat-client.ts';
import type { MessagesRecord } from './record.ts';

/** How often it is looked, and for how long, in milliseconds. */
const LOOK_EVERY_MS = 100;
const LOOK_FOR_MS = 15_000;
/** Clients that are looked for at most. */
const MAX_WATCHED = 5;

/** What is looked at. */
export interface GhostContext {
  readonly clients: readonly ChatClient[];
  readonly record: MessagesRecord;
  /** Those that live on. */
  readonly neurons: readonly Neuron[];
}

/** Looks how long others list clients of a process that was killed, of those that stay away. */
export function watchGhosts({ clients, record, neurons }: GhostContext, process: string, atMs: number): void {
  const gone = clients.filter(({ staysAwayFrom }) => staysAwayFrom === process).slice(0, MAX_WATCHED);
  for (const client of gone) void watchGhost(client, neurons, { record, atMs });
}

async function watchGhost(client: ChatClient, neurons: readonly Neuron[], { record, atMs }: { readonly record: MessagesRecord; readonly atMs: number }): Promise<void> {
  const rest = new RestConnection();
  let seenAtMs = atMs;
  try {
    while (record.now() - atMs < LOOK_FOR_MS && client.staysAwayFrom !== undefined) {
      const neuron = neurons.find((each) => each.ready);
      const listed = neuron === undefined ? [] : await listedBy(rest, neuron, client.room.path);
      // It may have come back while this was asked.
      if (client.staysAwayFrom === undefined) break;
      if (listed.includes(client.user)) seenAtMs = record.now();
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    record.ghosts.push({ killedAtMs: atMs, listedForMs: seenAtMs - atMs });
  } finally {
    rest.close();
  }
}

/** The users that a neuron lists in a room; nobody where it does not answer. */
export async function listedBy(rest: RestConnection, neuron: Neuron, path: string): Promise<readonly string[]> {
  try {
    const { result, value } = await rest.send(neuron.restUrl, { method: 'GET', target: `/_subs${path}` });
    return result === 'ok' && Array.isArray(value) ? value.map(String) : [];
  } catch {
    // It was stopped meanwhile.
    return [];
  }
}
