import { Kv4Error } from '@xir/kv4-core';

/** Whether a compare-and-set was refused: another wrote meanwhile. */
export function isRefused(error: unknown): boolean {
  return error instanceof Kv4Error && (error.code === 'KV4_VERSION_CONFLICT' || error.code === 'KV4_ALREADY_EXISTS' || error.code === 'KV4_NOT_FOUND');
}
