import { Kv4Error } from '@xir/kv4-core';
import { errorOfAnswer, SdkError } from './errors.ts';
import type { RestChannel, RestRequest } from './rest-channel.ts';

/** Longest line, in characters. */
export const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

const LINES = 'application/x-ndjson';

/**
 * Asks for an answer of one JSON text a line, and yields the lines parsed, as they come: however long the answer is, one line of it is held. A line
 * that is an error envelope ends it with that error. Throws like `RestChannel.call`. Leaving the loop gives the connection up.
 */
export async function* streamLines(channel: RestChannel, request: RestRequest): AsyncGenerator<unknown, void, undefined> {
  const leaving = new AbortController();
  const signal = request.signal === undefined ? leaving.signal : AbortSignal.any([request.signal, leaving.signal]);
  const response = await channel.stream({ ...request, signal }, LINES);
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw brokenStream(channel, request, error);
      });
      // A line that comes in many pieces is not looked through again with each.
      const lines = (done ? '' : decoder.decode(value, { stream: true })).split('\n');
      lines[0] = rest + (lines[0] ?? '');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) throw new Kv4Error('KV4_UNAVAILABLE', `${request.doing}: a line of the answer is too long`);
      for (const line of lines) yield parseLine(line, request);
      if (!done) continue;
      if (rest !== '') throw new Kv4Error('KV4_UNAVAILABLE', `${request.doing}: the answer ends in the middle of a line`);
      return;
    }
  } finally {
    leaving.abort();
    // The connection is given up in any case; why it may already be broken does not matter any more.
    await reader.cancel().catch(() => undefined);
  }
}

function brokenStream(channel: RestChannel, { doing, signal }: RestRequest, cause: unknown): unknown {
  if (channel.closed.aborted) return new Kv4Error('KV4_CLOSED', `${doing}: the client is closed`);
  // The caller's own reason, as everywhere in the platform.
  if (signal?.aborted === true) return signal.reason;
  return new Kv4Error('KV4_UNAVAILABLE', `${doing}: the answer broke off`, { cause });
}

function parseLine(line: string, { doing }: RestRequest): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    const cause = new SdkError('SDK_BAD_RESPONSE', 'a line of the answer is not JSON');
    throw new Kv4Error('KV4_UNAVAILABLE', `${doing}: ${cause.message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && 's' in value && value.s === 'error' && 'v' in value && typeof value.v === 'string') {
    throw errorOfAnswer({ errorString: value.v }, doing);
  }
  return value;
}
