import { createHmac } from 'node:crypto';

import { loginUser } from '@xir/accounts';
import { iceAnswer, iceUrls, isTruthy, lenientInteger, type IceCredentials, type IceFormat } from '@xir/protocol';

import { DEFAULT_TURN_TTL_SECONDS, MAX_TURN_TTL_SECONDS, type TurnOptions } from '../options.ts';
import type { Service, ServiceRequest } from '../service.ts';

/** `_turn`: ICE servers with time-limited credentials, from configuration. */
export const turnService: Service = {
  methods: ['GET', 'PUT', 'POST'],
  async handle(request) {
    const { turn } = request.context;
    const urls = (turn?.hosts ?? []).map(iceUrls);
    const stun = [...urls.map((url) => url.stun), ...(turn?.stunUrls ?? [])];
    const relays = [...urls.flatMap((url) => url.turn), ...(turn?.turnUrls ?? [])];
    const answer = iceAnswer(formatOf(request), stun, relays, credentialsFor(request, turn));
    return { kind: 'value', text: JSON.stringify(answer) };
  },
};

/**
 * Credentials of the shared-secret scheme that coturn's `use-auth-secret` checks: the user is `<expiry, unix seconds>:<name>`, the
 * credential base64 of its HMAC-SHA1 (draft-uberti-behave-turn-rest).
 */
function credentialsFor(request: ServiceRequest, turn: TurnOptions | undefined): IceCredentials {
  const user = parameter(request, 'k') ?? loginUser(request.login);
  const asked = lenientInteger(parameter(request, 'expire')) ?? turn?.defaultTtlSeconds ?? DEFAULT_TURN_TTL_SECONDS;
  const life = Math.min(Math.max(asked, 1), MAX_TURN_TTL_SECONDS);
  const username = `${Math.floor(request.context.clock.now() / 1000) + life}:${user}`;
  return { username, credential: createHmac('sha1', turn?.secret ?? '').update(username).digest('base64') };
}

function formatOf(request: ServiceRequest): IceFormat {
  if (isTruthy(parameter(request, 'webrtc'))) return 'webrtc';
  return parameter(request, 'format') === 'urls' ? 'urls' : 'url';
}

/** An option of the query or, failing that, of the body. */
function parameter({ query, body }: ServiceRequest, name: string): string | undefined {
  const value = query.get(name) ?? body[name];
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
