import { lenientInteger, type TokenClaims } from '@xir/protocol';
import { bucketScope, requireBody, subscriptionService, type Service, type ServiceRequest, type ValueAnswer } from '@xir/rest';
import { isDevice, isUser, type SlowReceiverPolicy } from '@xir/router';

import { messagingError, toServiceError } from './errors.ts';
import { MAX_HELD_SECONDS } from './options.ts';
import type { PeerSessions } from './peer-sessions.ts';

/** The device of peers that are held on behalf, where the request names none: connections of the user do not replace it. */
export const HELD_DEVICE = 'held';
/** Seconds for which a peer is held where the request does not say. */
export const DEFAULT_HELD_SECONDS = 60;

/** What the service works with. */
export interface HeldServiceParts {
  readonly sessions: PeerSessions;
  /** Throws where this neuron serves no clients now. */
  readonly requireServing: () => void;
  readonly slowReceiverPolicy: (bucket: string, path: string) => SlowReceiverPolicy;
}

/** `_subs` with what it cannot do from data alone: putting a user onto a channel on its behalf. */
export function heldService(parts: HeldServiceParts): Service {
  return {
    methods: ['GET', 'PUT', 'POST', 'DELETE'],
    async handle(request) {
      return request.method === 'PUT' || request.method === 'POST' ? hold(request, parts) : subscriptionService.handle(request);
    },
  };
}

/** A peer that stands for a user for a while; asked for again it stays. What it is sent waits until it is polled with the token of the answer. */
async function hold(request: ServiceRequest, { sessions, slowReceiverPolicy, requireServing }: HeldServiceParts): Promise<ValueAnswer> {
  requireServing();
  const { bucket } = await bucketScope(request);
  const { context, query, path } = request;
  const body = requireBody(request);
  const user = body['k'] ?? query.get('k');
  const device = body['device'] ?? query.get('device') ?? HELD_DEVICE;
  if (!isUser(user)) throw messagingError('MESSAGING_BAD_OPTION', 'k must be a user: 1 to 255 characters without slashes');
  if (!isDevice(device)) throw messagingError('MESSAGING_BAD_OPTION', 'device must be 1 to 64 letters, digits, - and _');
  const seconds = secondsOf(body['expire'] ?? query.get('expire'));
  const state = body['v'];
  const who = { bucket, path, user, device };
  const known = sessions.find(who);
  const session = known ?? sessions.open({ id: context.randomUuid(), place: { ...who, ...(state === undefined ? {} : { state }) }, policy: slowReceiverPolicy(bucket, path) });
  try {
    if (known !== undefined && state !== undefined) known.update(state);
  } catch (error) {
    throw toServiceError(error);
  }
  session.keep(seconds * 1_000);
  const token = context.tokens.sign(claimsFor(request, { user, path, bucket, seconds }));
  return { kind: 'value', text: JSON.stringify({ key: user, device, path, token, session: session.id, after: `${session.id}.0`, expire: seconds }) };
}

function claimsFor({ context, login }: ServiceRequest, { user, path, bucket, seconds }: { readonly user: string; readonly path: string; readonly bucket: string; readonly seconds: number }): TokenClaims {
  const [account = login.account, subAccount] = bucket.split(')');
  const nowSeconds = Math.floor(context.clock.now() / 1000);
  return { ar: { pri: account, sec: subAccount ?? null }, dr: { k: user, l: '*subs', p: path }, exp: nowSeconds + seconds, iat: nowSeconds, jti: context.randomUuid() };
}

function secondsOf(given: unknown): number {
  if (given === undefined || given === null || given === '') return DEFAULT_HELD_SECONDS;
  const seconds = typeof given === 'number' ? given : typeof given === 'string' ? lenientInteger(given) : undefined;
  if (seconds === undefined || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_HELD_SECONDS) throw messagingError('MESSAGING_BAD_OPTION', `expire must be a whole number of seconds from 1 to ${MAX_HELD_SECONDS}`);
  return seconds;
}
