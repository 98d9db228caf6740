import { DEFAULT_DATA_TOKEN_SECONDS, MAX_DATA_TOKEN_SECONDS } from '@xir/protocol';

import { RestError } from '../errors.ts';
import { requiredInteger } from '../read-parameters.ts';
import type { ServiceRequest, ValueAnswer } from '../service.ts';

/** `PUT /_acc/token`: a short-lived token that stands for the login, for `Authorization: Bearer` and for the WebSocket data API. Throws `REST_FORBIDDEN`, `REST_BAD_OPTION`. */
export async function issueDataToken(request: ServiceRequest): Promise<ValueAnswer> {
  const { context, login, byToken } = request;
  if (byToken === true) throw new RestError('REST_FORBIDDEN', 'who logged in with a token gets no further one');
  const expiresAtMs = Math.floor(context.clock.now()) + lifeSeconds(request) * 1000;
  return { kind: 'value', text: JSON.stringify({ token: context.dataTokens.sign(login, expiresAtMs), expiresAtMs }) };
}

function lifeSeconds({ query, body }: ServiceRequest): number {
  const given = query.get('expire') ?? body['expire'];
  if (given === undefined || given === null || given === '') return DEFAULT_DATA_TOKEN_SECONDS;
  const seconds = typeof given === 'string' || typeof given === 'number' ? requiredInteger('expire', String(given)) : 0;
  if (seconds < 1 || seconds > MAX_DATA_TOKEN_SECONDS) throw new RestError('REST_BAD_OPTION', `expire must be a whole number of seconds from 1 to ${MAX_DATA_TOKEN_SECONDS}`);
  return seconds;
}
