import type { Accounts } from '@xir/accounts';
import type { RespReplyWriter } from '@xir/protocol';

import type { Client } from '../client.ts';
import type { RespMetrics } from '../metrics.ts';
import type { Cause } from '../changes/change-follower.ts';

/** The channel on which RESP2 clients hear of invalidations. */
export const INVALIDATION_CHANNEL = '__redis__:invalidate';

/** Writes the message of RESP3. */
export function writeInvalidation(writer: RespReplyWriter, names: readonly string[] | undefined): void {
  writer.push(2);
  writer.bulk('invalidate');
  writeNames(writer, names);
}

/** Who sends invalidations. */
export interface InvalidationContext {
  readonly clients: ReadonlyMap<number, Client>;
  readonly metrics: RespMetrics;
  readonly accounts: Pick<Accounts, 'logins'>;
}

/** Tells a client, or the one it redirects to, that names (byte text) are not what they were; `undefined`: none is. Its own writes are left out under NOLOOP. */
export function invalidate(context: InvalidationContext, client: Client, { names, cause }: { readonly names: readonly string[] | undefined; readonly cause: Cause | undefined }): void {
  const { tracking } = client;
  if (tracking === undefined) return;
  if (tracking.settings.noLoop && cause !== undefined) {
    const own = tracking.isOwn(cause.address, cause.version);
    if (own === true) return;
    if (own !== false) {
      void own.then((isOwn) => {
        if (!isOwn) send(context, client, names);
      });
      return;
    }
  }
  send(context, client, names);
}

function send({ clients, metrics, accounts }: InvalidationContext, client: Client, names: readonly string[] | undefined): void {
  const { tracking } = client;
  if (tracking === undefined) return;
  if (!client.isAllowed(accounts.logins)) return client.cut();
  tracking.noteTold(names);
  const { redirectId } = tracking.settings;
  const target = redirectId === 0 ? client : clients.get(redirectId);
  if (target === undefined) {
    if (!tracking.isRedirectBroken && client.reply.version === 3) client.send((writer) => writeBroken(writer, redirectId));
    tracking.isRedirectBroken = true;
    return;
  }
  if (target.reply.version === 3) {
    metrics.invalidations += 1;
    target.send((writer) => writeInvalidation(writer, names));
  } else if (target.channels?.has(INVALIDATION_CHANNEL) === true) {
    metrics.invalidations += 1;
    target.send((writer) => {
      writer.array(3);
      writer.bulk('message');
      writer.bulk(INVALIDATION_CHANNEL);
      writeNames(writer, names);
    });
  }
}

function writeNames(writer: RespReplyWriter, names: readonly string[] | undefined): void {
  if (names === undefined) {
    writer.noArray();
    return;
  }
  writer.array(names.length);
  for (const name of names) writer.bulk(name);
}

function writeBroken(writer: RespReplyWriter, redirectId: number): void {
  writer.push(2);
  writer.bulk('tracking-redir-broken');
  writer.integer(redirectId);
}
