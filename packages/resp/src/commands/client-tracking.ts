import type { Call } from '../command.ts';
import { RespError } from '../errors.ts';
import { notAnInteger, parseInteger, syntaxError } from '../numbers.ts';
import { followPrefixes } from '../tracking/prefixes.ts';
import { Tracking, type TrackingMode, type TrackingSettings } from '../tracking/tracking.ts';

interface Asked extends TrackingSettings {
  readonly on: boolean;
}

function askedFor({ args, context }: Call): Asked {
  const word = (args[2] as string).toUpperCase();
  if (word !== 'ON' && word !== 'OFF') throw syntaxError();
  const modes = new Set<TrackingMode>();
  const prefixes: string[] = [];
  let noLoop = false;
  let redirectId = 0;
  for (let index = 3; index < args.length; index += 1) {
    const option = (args[index] as string).toUpperCase();
    const value = args[index + 1];
    if (option === 'REDIRECT' && value !== undefined) {
      index += 1;
      redirectId = redirectTo(value);
      if (!context.clients.has(redirectId)) throw new RespError('RESP_BAD_ARGUMENT', 'The client ID you want redirect to does not exist');
    } else if (option === 'PREFIX' && value !== undefined) {
      index += 1;
      prefixes.push(value);
    } else if (option === 'BCAST' || option === 'OPTIN' || option === 'OPTOUT') modes.add(option.toLowerCase() as TrackingMode);
    else if (option === 'NOLOOP') noLoop = true;
    else throw syntaxError();
  }
  const isBroadcast = modes.has('bcast');
  if (prefixes.length > 0 && !isBroadcast) throw new RespError('RESP_BAD_ARGUMENT', 'PREFIX option requires BCAST mode to be enabled');
  if (isBroadcast && modes.size > 1) throw new RespError('RESP_BAD_ARGUMENT', 'OPTIN and OPTOUT are not compatible with BCAST');
  if (modes.size > 1) throw new RespError('RESP_BAD_ARGUMENT', "You can't specify both OPTIN mode and OPTOUT mode");
  const [mode = 'default'] = modes;
  return { on: word === 'ON', mode, noLoop, redirectId, prefixes };
}

function redirectTo(text: string): number {
  const id = parseInteger(text);
  if (typeof id !== 'number') throw notAnInteger();
  return id;
}

/** CLIENT TRACKING. */
export async function tracking(call: Call): Promise<void> {
  const { client, context, reply } = call;
  const { on, ...settings } = askedFor(call);
  if (!on) {
    context.tracked.leave(client);
    client.tracking?.stop();
    client.tracking = undefined;
    reply.simple('OK');
    return;
  }
  const { login } = client;
  const before = client.tracking;
  if (before !== undefined && (before.settings.mode === 'bcast') !== (settings.mode === 'bcast')) {
    throw new RespError('RESP_BAD_ARGUMENT', "You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.");
  }
  if (settings.prefixes.length > context.limits.maxSubscriptions) throw new RespError('RESP_BUSY', 'too many prefixes');
  const next = new Tracking(client, context.tracked, { ...settings, prefixes: [...new Set([...(before?.settings.prefixes ?? []), ...settings.prefixes])].sort() });
  if (settings.mode === 'bcast') await followPrefixes(context, client, { bucket: login.bucket, tracking: next });
  before?.stop();
  client.tracking = next;
  reply.simple('OK');
}

/** CLIENT CACHING: about the next command. */
export function caching({ args, client, reply }: Call): void {
  const mode = client.tracking?.settings.mode;
  const word = (args[2] as string).toUpperCase();
  if (client.tracking === undefined || (mode !== 'optin' && mode !== 'optout')) {
    throw new RespError('RESP_BAD_ARGUMENT', 'CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled');
  }
  if (word === 'YES') {
    if (mode !== 'optin') throw new RespError('RESP_BAD_ARGUMENT', 'CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.');
  } else if (word === 'NO') {
    if (mode !== 'optout') throw new RespError('RESP_BAD_ARGUMENT', 'CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.');
  } else throw syntaxError();
  client.tracking.caching = word === 'YES';
  client.tracking.isCachingNew = true;
  reply.simple('OK');
}

/** CLIENT GETREDIR. */
export function getRedirect({ client, reply }: Call): void {
  reply.integer(client.tracking === undefined ? -1 : client.tracking.settings.redirectId);
}

/** CLIENT TRACKINGINFO. */
export function trackingInfo({ client, reply }: Call): void {
  const tracked = client.tracking;
  const flags: string[] = [];
  if (tracked === undefined) flags.push('off');
  else {
    const { mode, noLoop } = tracked.settings;
    flags.push('on');
    if (mode !== 'default') flags.push(mode);
    if (mode === 'optin' && tracked.caching === true) flags.push('caching-yes');
    if (mode === 'optout' && tracked.caching === false) flags.push('caching-no');
    if (noLoop) flags.push('noloop');
    if (tracked.isRedirectBroken) flags.push('broken_redirect');
  }
  reply.map(3);
  reply.bulk('flags');
  reply.set(flags.length);
  for (const flag of flags) reply.bulk(flag);
  reply.bulk('redirect');
  reply.integer(tracked === undefined ? -1 : tracked.settings.redirectId);
  reply.bulk('prefixes');
  const prefixes = tracked?.settings.prefixes ?? [];
  reply.array(prefixes.length);
  for (const prefix of prefixes) reply.bulk(prefix);
}
