import { nameEvents } from '../changes/name-events.ts';
import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { globMatcher } from '../glob.ts';
import { channelPath, isReserved, placeOf } from '../messaging.ts';

function subscribeTo(isPattern: boolean): (call: Call) => Promise<void> {
  return async (call) => {
    const { args, client, context } = call;
    const { maxSubscriptions } = context.limits;
    for (const name of args.slice(1)) {
      if (client.subscriptions >= maxSubscriptions) throw new RespError('RESP_BUSY', `more than ${maxSubscriptions} subscriptions`);
      if (!isReserved(name)) {
        const { path, subtree } = placeOf(name, isPattern);
        refuseBanned(call, path, subtree ? 'subtree' : 'path');
      }
      await context.channels.subscribe(client, { name, isPattern }, nameEvents(client.login.bucket, { name, isPattern, nowMs: () => context.clock.now() }));
      confirm(call, isPattern ? 'psubscribe' : 'subscribe', name);
    }
  };
}

function unsubscribeFrom(isPattern: boolean): (call: Call) => void {
  return (call) => {
    const { args, client, context } = call;
    const kind = isPattern ? 'punsubscribe' : 'unsubscribe';
    const names = args.length > 1 ? args.slice(1) : [...((isPattern ? client.patterns : client.channels) ?? [])];
    for (const name of names) {
      context.channels.unsubscribe(client, { name, isPattern });
      confirm(call, kind, name);
    }
    if (names.length === 0) confirm(call, kind, undefined);
  };
}

function confirm({ client, reply }: Call, kind: string, name: string | undefined): void {
  reply.push(3);
  reply.bulk(kind);
  if (name === undefined) reply.nothing();
  else reply.bulk(name);
  reply.integer(client.subscriptions);
}

/** Refuses a channel that the client's address is banned from. */
function refuseBanned({ client, context }: Call, path: string, reach: 'path' | 'subtree'): void {
  if (client.restricted && context.accounts.bans.peek(client.login.bucket, client.place.remoteAddress, path, reach) !== false) throw new RespError('RESP_FORBIDDEN', 'this address is banned from this channel');
}

function publish(call: Call): void | Promise<void> {
  const { args, client, context } = call;
  const channel = args[1] as string;
  if (!isReserved(channel)) refuseBanned(call, channelPath(channel), 'path');
  const receivers = context.channels.publish(client, channel, args[2] as string);
  if (typeof receivers === 'number') return call.reply.integer(receivers);
  return receivers.then((count) => call.reply.integer(count));
}

function pubsub(call: Call): void {
  const { args, client, context, reply } = call;
  const { bucket } = client.login;
  const active = [...context.channels.active(bucket)];
  switch ((args[1] as string).toUpperCase()) {
    case 'CHANNELS': {
      const matches = globMatcher(args[2] ?? '*');
      const names = active.map(([name]) => name).filter(matches);
      reply.array(names.length);
      for (const name of names) reply.bulk(name);
      return;
    }
    case 'NUMSUB': {
      const counts = new Map(active);
      reply.array((args.length - 2) * 2);
      for (const name of args.slice(2)) {
        reply.bulk(name);
        reply.integer(counts.get(name) ?? 0);
      }
      return;
    }
    case 'NUMPAT':
      reply.integer(context.channels.patterns(bucket));
      return;
    default:
      throw new RespError('RESP_UNKNOWN_COMMAND', `unknown subcommand '${(args[1] as string).slice(0, 128)}'. Try PUBSUB HELP.`);
  }
}

const CHANNEL = { name: 'channel', type: 'string' } as const;
const PATTERN = { name: 'pattern', type: 'pattern' } as const;
const COMMON = { group: 'pubsub', flags: ['pubsub', 'noscript'], whileSubscribed: true } as const;

/** Messages and notifications. */
export const PUBSUB: readonly Command[] = [
  { name: 'SUBSCRIBE', arity: -2, ...COMMON, since: '2.0.0', summary: 'Listens to channels; __keyspace@0__:<name> and __keyevent@0__:<event> tell of writes on any neuron.', arguments: [{ ...CHANNEL, multiple: true }], run: subscribeTo(false) },
  { name: 'PSUBSCRIBE', arity: -2, ...COMMON, since: '2.0.0', summary: 'Listens to all channels that match.', arguments: [{ ...PATTERN, multiple: true }], run: subscribeTo(true) },
  { name: 'UNSUBSCRIBE', arity: -1, ...COMMON, since: '2.0.0', summary: 'Listens no more.', arguments: [{ ...CHANNEL, multiple: true, optional: true }], run: unsubscribeFrom(false) },
  { name: 'PUNSUBSCRIBE', arity: -1, ...COMMON, since: '2.0.0', summary: 'Listens no more.', arguments: [{ ...PATTERN, multiple: true, optional: true }], run: unsubscribeFrom(true) },
  {
    name: 'PUBLISH',
    arity: 3,
    group: 'pubsub',
    flags: ['pubsub', 'fast'],
    since: '2.0.0',
    summary: 'Sends a message to all who are on a channel of the account or listen to it, on all neurons; answers how many.',
    arguments: [CHANNEL, { name: 'message', type: 'string' }],
    run: publish,
  },
  { name: 'PUBSUB', arity: -2, group: 'pubsub', flags: ['pubsub'], since: '2.8.0', summary: 'Who listens: CHANNELS, NUMSUB, NUMPAT.', arguments: [{ name: 'subcommand', type: 'string' }], run: pubsub },
];
