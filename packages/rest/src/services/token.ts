import { lenientInteger, type TokenClaims } from '@xir/protocol';

import { RestError } from '../errors.ts';
import { DEFAULT_TOKEN_TTL_SECONDS } from '../options.ts';
import type { Service, ServiceRequest } from '../service.ts';
import { NAMESPACE_KEY, NAMESPACE_LAYER } from './namespaces.ts';

/** Longest user name in a token, in characters. */
export const MAX_USER_CHARACTERS = 255;

/** `_token`: tokens for signalling, signed and not stored. */
export const tokenService: Service = {
  methods: ['PUT', 'POST'],
  async handle(request) {
    const { segments, path, login, context } = request;
    const channel = segments.length === 0 ? null : path;
    if (channel !== null && (await context.store.get({ bucket: login.bucket, layer: NAMESPACE_LAYER, path, key: NAMESPACE_KEY })) === undefined) {
      throw new RestError('REST_NAMESPACE_MISSING', 'the channel was not created');
    }
    const nowSeconds = Math.floor(context.clock.now() / 1000);
    const life = lifeSeconds(request);
    const claims: TokenClaims = {
      ar: { pri: login.account, sec: login.subAccount ?? null },
      dr: { k: userName(request), l: '*subs', p: channel },
      ...(life === 0 ? {} : { exp: nowSeconds + life }),
      iat: nowSeconds,
      jti: context.randomUuid(),
    };
    return { kind: 'value', text: JSON.stringify(context.tokens.sign(claims)) };
  },
};

function userName({ query, body, context }: ServiceRequest): string {
  const user = query.get('k') ?? body['k'];
  if (user === undefined || user === null || user === '') return context.randomUuid();
  if (typeof user !== 'string' || user.length > MAX_USER_CHARACTERS || user.includes('/')) throw new RestError('REST_BAD_NAME', 'k must be a short text without slashes');
  return user;
}

/** 0 means for ever; what cannot be read means the default. */
function lifeSeconds({ query, body }: ServiceRequest): number {
  const given = query.get('expire') ?? body['expire'];
  return lenientInteger(typeof given === 'number' ? String(given) : typeof given === 'string' ? given : undefined) ?? DEFAULT_TOKEN_TTL_SECONDS;
}
