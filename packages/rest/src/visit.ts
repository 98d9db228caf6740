import type { BanReach } from '@xir/accounts';
import { isTruthy, type Target } from '@xir/protocol';

/** What a request touches, as far as bans are concerned. */
export interface Visit {
  readonly path: string;
  readonly reach: BanReach;
}

/** The path of a request, and whether it shows or changes what is beneath it too: subtrees, whole layers, the removal of namespaces. */
export function visitOf({ service, path, query }: Target, method: string | undefined): Visit {
  if (query.get('scope') === 'layer') return { path: '/', reach: 'subtree' };
  const subtree = isTruthy(query.get('tree')) || isTruthy(query.get('subtree')) || query.get('as') === 'tree' || (service === 'ns' && method === 'DELETE');
  return { path, reach: subtree ? 'subtree' : 'path' };
}
