import { MAX_EXPIRY_MS } from '@xir/kv4-core';

import { RespError } from './errors.ts';
import { parseInteger } from './numbers.ts';
import { notAnInteger } from './numbers.ts';

/** How a time is given: from now or as a moment, in seconds or in milliseconds. */
export type ExpiryUnit = 'EX' | 'PX' | 'EXAT' | 'PXAT';

/** The words with which SET and GETEX give a time. */
export const EXPIRY_UNITS: ReadonlySet<string> = new Set<ExpiryUnit>(['EX', 'PX', 'EXAT', 'PXAT']);

/** The moment that a time names, in milliseconds since 1970 UTC. Throws `RESP_NOT_A_NUMBER`, and `RESP_BAD_ARGUMENT` for what is too far away. */
export function expiryMoment(text: string, unit: ExpiryUnit, { nowMs, command }: { readonly nowMs: number; readonly command: string }): number {
  const value = parseInteger(text);
  if (value === undefined) throw notAnInteger();
  const scaled = Number(value) * (unit === 'EX' || unit === 'EXAT' ? 1000 : 1);
  const moment = unit === 'EX' || unit === 'PX' ? nowMs + scaled : scaled;
  if (!(Math.abs(moment - nowMs) <= MAX_EXPIRY_MS) && moment > nowMs) throw invalidExpiry(command);
  return moment;
}

/** In Redis' words. */
export function invalidExpiry(command: string): RespError {
  return new RespError('RESP_BAD_ARGUMENT', `invalid expire time in '${command.toLowerCase()}' command`);
}
