import type { Client } from './client.ts';
import type { RespContext } from './context.ts';

/** Ends everything that a client has asked for as the account it was: subscriptions, tracking, watches, a transaction. */
export function leaveAccount({ channels, tracked }: Pick<RespContext, 'channels' | 'tracked'>, client: Client): void {
  channels.leave(client);
  client.publisher = undefined;
  tracked.leave(client);
  client.tracking?.stop();
  client.tracking = undefined;
  for (const abort of client.watches.values()) abort.abort();
  client.transaction = undefined;
  client.watched.take();
}
