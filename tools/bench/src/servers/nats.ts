import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openNats, type NatsConnection } from '../load/nats-connection.ts';
import { startDaemon, type Daemon } from './daemon.ts';

/** The bucket that is measured. */
export const NATS_BUCKET = 'bench';

/** Starts nats-server with JetStream, pinned to a core, and makes a bucket of key-value pairs in files, each key with its last value, as `nats kv add` does. */
export async function startNats(core: number): Promise<Daemon> {
  const daemon = await startDaemon({
    command: 'nats-server',
    debianPackage: 'nats-server',
    core,
    flags: ({ port, directory }) => {
      const file = join(directory, 'nats.conf');
      writeFileSync(file, `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: "${join(directory, 'jetstream')}" }\n`);
      return ['-c', file];
    },
  });
  try {
    using connection = await openNats(daemon.port);
    await makeBucket(connection);
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  return daemon;
}

/** The subject of a key. */
export function natsSubject(key: string): string {
  return `$KV.${NATS_BUCKET}.${key}`;
}

/** The subject on which a key is read from the stream directly. */
export function natsDirectGet(key: string): string {
  return `$JS.API.DIRECT.GET.KV_${NATS_BUCKET}.${natsSubject(key)}`;
}

/** Watches a key as a client of the bucket does: a consumer of the stream that begins with the last value and acknowledges nothing. */
export async function watchNats(connection: NatsConnection, key: string, seen: (value: string) => void): Promise<void> {
  const inbox = '_INBOX.watch';
  connection.subscribe(inbox, ({ payload }) => seen(payload));
  const config = { deliver_subject: inbox, deliver_policy: 'last_per_subject', ack_policy: 'none', max_deliver: 1, mem_storage: true, num_replicas: 1, filter_subject: natsSubject(key) };
  await ask(connection, `CONSUMER.CREATE.KV_${NATS_BUCKET}`, { stream_name: `KV_${NATS_BUCKET}`, config });
}

function makeBucket(connection: NatsConnection): Promise<void> {
  return ask(connection, `STREAM.CREATE.KV_${NATS_BUCKET}`, {
    name: `KV_${NATS_BUCKET}`,
    subjects: [`$KV.${NATS_BUCKET}.>`],
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    max_msgs_per_subject: 1,
    max_bytes: -1,
    max_age: 0,
    max_msg_size: -1,
    num_replicas: 1,
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: true,
  });
}

async function ask(connection: NatsConnection, what: string, body: object): Promise<void> {
  const { payload } = await connection.request(`$JS.API.${what}`, JSON.stringify(body));
  if (payload.includes('"error"')) throw new Error(`nats-server refused ${what}: ${payload}`);
}
