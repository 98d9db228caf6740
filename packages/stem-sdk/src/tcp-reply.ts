import type { RespReply } from '@xir/protocol/resp';

import { SdkError } from './errors.ts';

/** The result of a request of the data API, out of the answer to its command. Throws `SDK_BAD_RESPONSE`. Pure. */
export function resultOf(op: string, reply: RespReply): unknown {
  if (reply === null) return null;
  if (op === 'delete-path' || op === 'delete-tree') return { count: reply };
  if (op === 'get' || op === 'at') return Array.isArray(reply) ? resultOf('', (reply as readonly RespReply[])[0] ?? null) : unreadable();
  return typeof reply === 'string' ? jsonOf(reply) : unreadable();
}

/** JSON out of byte text. Throws `SDK_BAD_RESPONSE`. */
export function jsonOf(bytes: string): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return unreadable();
  }
}

/** What an error line says, as the data API says it: `KV4_VERSION_CONFLICT … (current version 0199…-n1)`. Pure. */
export function errorBodyOf(line: string): Readonly<Record<string, string>> {
  const [first = ''] = line.split(' ', 1);
  if (first === 'WRONGPASS' || first === 'NOAUTH' || first === 'NOPERM') return { error: 'unauthorized' };
  if (first === 'BUSY') return { error: 'busy' };
  // The neuron closes, not this client.
  if (first === 'KV4_CLOSED' || line === 'ERR the neuron is closing' || line === 'ERR max number of clients reached') return { error: 'unavailable' };
  const version = /\(current version (\S+)\)$/.exec(line)?.[1];
  return { error: first.startsWith('KV4_') ? first : textOf(line), code: first, ...(version === undefined ? {} : { version }) };
}

const decoder = new TextDecoder();

function textOf(bytes: string): string {
  if (!/[\u0080-\u00ff]/.test(bytes)) return bytes;
  return decoder.decode(Uint8Array.from(bytes, (unit) => unit.charCodeAt(0)));
}

function unreadable(): never {
  throw new SdkError('SDK_BAD_RESPONSE', 'an answer of the neuron is not of the kind that was asked for');
}
