import { normalisePath } from '@xir/kv4-core';

import { RouterError } from '../errors.ts';
import type { Target } from './message.ts';

/** The target with its path in normal form. Throws {@link RouterError}. */
export function normaliseTarget(target: Target): Target {
  if (target.type !== 'subtree') return target;
  try {
    return { type: 'subtree', path: normalisePath(target.path) };
  } catch {
    // Too long, too deep or not well formed.
    throw new RouterError('ROUTER_BAD_MESSAGE', 'no such path is possible');
  }
}
