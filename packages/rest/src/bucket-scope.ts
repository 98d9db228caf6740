import { bucketScope as scopeOf, type BucketScope } from '@xir/accounts';

import { RestError } from './errors.ts';
import type { ServiceRequest } from './service.ts';

/**
 * The bucket of a request: the login's own, or with `w=<bucket>` another one that the login may act in: any for `$sys`, the
 * sub-accounts' for a top-level account. Throws `REST_FORBIDDEN` for others.
 */
export async function bucketScope({ login, query, context }: ServiceRequest): Promise<BucketScope> {
  const asked = query.get('w');
  const scope = await scopeOf(context.store, login, asked === undefined || asked === '' ? login.bucket : asked);
  if (scope === undefined) throw new RestError('REST_FORBIDDEN', 'this login may not act in that bucket');
  return scope;
}
