import { Kv4Error, type Page } from '@xir/kv4-core';
import { SdkError } from './errors.ts';
import type { RestAnswer, RestRequest } from './rest-channel.ts';

/** Reads one page of a listing; the cursor of the next stands in `X-KV4-Next`, percent-encoded. Throws `SDK_BAD_RESPONSE`. */
export function readPage<Item>(answer: RestAnswer, read: (item: unknown) => Item): Page<Item> {
  if (!Array.isArray(answer.value)) throw new SdkError('SDK_BAD_RESPONSE', 'the neuron answered a listing with something else');
  const items = (answer.value as unknown[]).map(read);
  const next = answer.headers.get('x-kv4-next');
  return next === null || next === '' ? { items } : { items, next: decoded(next) };
}

function decoded(cursor: string): string {
  try {
    return decodeURIComponent(cursor);
  } catch {
    throw new SdkError('SDK_BAD_RESPONSE', 'the neuron answered a listing with a cursor that is none');
  }
}

/** Reads a count. Throws `SDK_BAD_RESPONSE`. */
export function readCount(value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new SdkError('SDK_BAD_RESPONSE', 'the neuron answered a count with something else');
}

/** Reads an array of texts. Throws `SDK_BAD_RESPONSE`. */
export function readTexts(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value;
  throw new SdkError('SDK_BAD_RESPONSE', 'the neuron answered names with something else');
}

/** Turns an answer that cannot be read into the error of the operation. */
export function wrapUnreadable<Result>({ doing, method }: RestRequest, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SdkError)) throw error;
    throw new Kv4Error(method === 'GET' ? 'KV4_UNAVAILABLE' : 'KV4_OUTCOME_UNKNOWN', `${doing}: ${error.message}`, { cause: error });
  }
}
