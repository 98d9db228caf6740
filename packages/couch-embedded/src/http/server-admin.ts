import { unauthorized } from '../couch-error.ts';
import type { Exchange } from './exchange.ts';

/** Refuses everybody but server admins. */
export function requireServerAdmin(exchange: Exchange): void {
  if (!exchange.user.roles.includes('_admin')) throw unauthorized('You are not a server admin.');
}
