import type { Seen } from './history.ts';

/** Whether two readers were told the same of a key. */
export function sameSeen(left: Seen, right: Seen): boolean {
  if (left.absent || right.absent) return left.absent && right.absent;
  return left.version === right.version && left.marker === right.marker;
}
