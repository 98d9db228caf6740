import type { IncomingHttpHeaders } from 'node:http';

import { OPERATIONS, parameterCheck, type ParameterCheck, type Target } from '@xir/protocol';

import { RestError } from './errors.ts';
import type { ServiceMethod } from './service.ts';

/** The checks of all operations, by method and service; services that have no path of their own stand with theirs. */
const CHECKS: ReadonlyMap<string, ParameterCheck> = new Map(OPERATIONS.map((operation) => [`${operation.method} ${operation.path.replace('/{path}', '')}`, parameterCheck(operation)]));

/** Refuses parameters that are not as the operation's description has them. Throws `REST_BAD_OPTION`. */
export function refuseUndescribed(method: ServiceMethod, { service, path, query }: Target, headers: IncomingHttpHeaders): void {
  const check = CHECKS.get(`${method} /_${service}`) ?? CHECKS.get(`${method} /_${service}${path}`);
  const problem = check?.(query, (name) => headers[name] as string | undefined);
  if (problem !== undefined) throw new RestError('REST_BAD_OPTION', problem);
}
