import { Kv4Error } from '@xir/kv4-core';

import { errorOfAnswer } from './errors.ts';

/** The error that a message tells of. */
export function errorOfMessage(error: unknown, doing: string): Kv4Error {
  const { error: errorString, code, version } = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>;
  return errorOfAnswer(
    {
      errorString: typeof errorString === 'string' ? errorString : 'internal',
      code: typeof code === 'string' ? code : undefined,
      ...(typeof version === 'string' ? { currentVersion: version } : {}),
    },
    doing,
  );
}

/** The error of a request whose answer does not come any more. */
export function brokenRequest({ doing, writes }: { readonly doing: string; readonly writes: boolean }, why: string): Kv4Error {
  return writes ? new Kv4Error('KV4_OUTCOME_UNKNOWN', `${doing}: ${why}; the write may have happened`) : new Kv4Error('KV4_UNAVAILABLE', `${doing}: ${why}`);
}

/** The error of a request whose answer cannot be read. */
export function unreadableAnswer({ doing, writes }: { readonly doing: string; readonly writes: boolean }, cause: unknown): Kv4Error {
  return new Kv4Error(writes ? 'KV4_OUTCOME_UNKNOWN' : 'KV4_UNAVAILABLE', `${doing}: the answer is not a neuron's`, { cause });
}
