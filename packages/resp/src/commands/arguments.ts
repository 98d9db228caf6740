import type { CommandArgument } from '../command.ts';

/** A key. */
export const KEY: CommandArgument = { name: 'key', type: 'key' };
/** A value. */
export const VALUE: CommandArgument = { name: 'value', type: 'string' };
/** A field of a hash. */
export const FIELD: CommandArgument = { name: 'field', type: 'string' };

/** The ways to give an expiry, and one more word. */
export function expiryArgument(word: 'KEEPTTL' | 'PERSIST'): CommandArgument {
  return {
    name: 'expiration',
    type: 'oneof',
    optional: true,
    arguments: [
      { name: 'seconds', type: 'integer', token: 'EX' },
      { name: 'milliseconds', type: 'integer', token: 'PX' },
      { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
      { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
      { name: word.toLowerCase(), type: 'pure-token', token: word },
    ],
  };
}
