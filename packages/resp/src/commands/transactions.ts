import type { KeyAddress } from '@xir/kv4-core';
import { RespReplyWriter } from '@xir/protocol';

import type { Call, Command } from '../command.ts';
import { errorLine, RespError } from '../errors.ts';
import { ExecutionGuard } from '../execution-guard.ts';
import { keyAt } from '../key-access.ts';
import { Transaction, type QueuedRequest, type WatchedKey } from '../transaction.ts';
import { KEY } from './arguments.ts';

async function watch(call: Call): Promise<void> {
  const { args, client, context } = call;
  if (client.transaction !== undefined) throw new RespError('RESP_BAD_ARGUMENT', 'WATCH inside MULTI is not allowed');
  if (client.watched.size + args.length > context.limits.maxQueuedCommands) throw new RespError('RESP_BUSY', 'too many keys are watched');
  const addresses = args.slice(1).map((_, index) => keyAt(call, index + 1));
  const versions = await Promise.all(addresses.map((address) => versionOf(call, address, false)));
  addresses.forEach((address, index) => client.watched.add({ address, version: versions[index] }));
  call.reply.simple('OK');
}

async function versionOf({ context }: Call, address: KeyAddress, fresh: boolean): Promise<string | undefined> {
  return (await context.store.get(address, fresh ? { fresh } : undefined))?.version;
}

function unwatch({ client, reply }: Call): void {
  client.watched.take();
  reply.simple('OK');
}

function multi({ client, context, reply }: Call): void {
  if (client.transaction !== undefined) throw new RespError('RESP_BAD_ARGUMENT', 'MULTI calls can not be nested');
  client.transaction = new Transaction(context.limits.maxQueuedCommands);
  reply.simple('OK');
}

function discard({ client, reply }: Call): void {
  if (client.transaction === undefined) throw new RespError('RESP_BAD_ARGUMENT', 'DISCARD without MULTI');
  client.transaction = undefined;
  client.watched.take();
  reply.simple('OK');
}

async function exec(call: Call): Promise<void> {
  const { client, reply } = call;
  const { transaction } = client;
  if (transaction === undefined) throw new RespError('RESP_BAD_ARGUMENT', 'EXEC without MULTI');
  client.transaction = undefined;
  const watched = client.watched.take();
  if (transaction.isSpoiled) throw new RespError('RESP_EXECUTION_ABORTED', 'Transaction discarded because of previous errors.');
  const answers = (await isUnchanged(call, watched)) ? await execute(call, transaction.requests, watched) : undefined;
  if (answers === undefined) {
    reply.noArray();
    return;
  }
  reply.array(transaction.requests.length);
  reply.append(answers);
}

/** Whether every watched key is what it was, proved current by the database. */
async function isUnchanged(call: Call, watched: ReadonlyMap<string, WatchedKey>): Promise<boolean> {
  const versions = await Promise.all([...watched.values()].map(async ({ address, version }) => (await versionOf(call, address, true)) === version));
  return !versions.includes(false);
}

/** Carries out the requests one after the other; `undefined`: a watched key had changed when it was written, and nothing had been written before. */
async function execute(call: Call, requests: readonly QueuedRequest[], watched: ReadonlyMap<string, WatchedKey>): Promise<string | undefined> {
  const guard = new ExecutionGuard(watched);
  const writer = new RespReplyWriter();
  writer.version = call.client.reply.version;
  for (const { command, args } of requests) {
    try {
      await command.run({ context: call.context, client: call.client, args, reply: writer, guard });
    } catch (error) {
      if (guard.isBroken && !guard.hasWritten) return undefined;
      guard.isBroken = false;
      const { line, unexpected } = errorLine(error);
      if (unexpected) call.context.onError(error);
      writer.error(line);
    }
  }
  return writer.take();
}

const COMMON = { group: 'transactions', flags: ['noscript', 'fast'], immediate: true } as const;

/** Transactions, as far as single keys can carry them. */
export const TRANSACTIONS: readonly Command[] = [
  { name: 'MULTI', arity: 1, ...COMMON, since: '1.2.0', summary: 'Queues the commands that follow, until EXEC.', run: multi },
  { name: 'EXEC', arity: 1, ...COMMON, since: '1.2.0', summary: 'Carries out what is queued, in order; each command is atomic, all of them together are not.', run: exec },
  { name: 'DISCARD', arity: 1, ...COMMON, since: '2.0.0', summary: 'Forgets what is queued.', run: discard },
  { name: 'WATCH', arity: -2, ...COMMON, keys: [1, -1, 1], since: '2.2.0', summary: 'EXEC does nothing if one of the keys is changed before.', arguments: [{ ...KEY, multiple: true }], run: watch },
  { name: 'UNWATCH', arity: 1, ...COMMON, since: '2.2.0', summary: 'Forgets what is watched.', run: unwatch },
];
