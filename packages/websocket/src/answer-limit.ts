import type { WebSocketRequest } from '@xir/protocol';

import { WebSocketError } from './errors.ts';
import type { Output } from './output.ts';

/** Operations whose answers can be large, and can be asked for again. */
const READS: ReadonlySet<string> = new Set(['get', 'find', 'keys', 'list', 'tree', 'paths', 'layers', 'series', 'at', 'tree-at', 'aggregate']);
/** What stands around a result, its id included. */
const ENVELOPE_BYTES = 256;

/** Whether an operation only reads. */
export function onlyReads(operation: string): boolean {
  return READS.has(operation);
}

/**
 * Why an answer cannot be sent, or not now: a client that has asked for too much gets an error rather than being cut. What tells of a write is sent, however much
 * waits.
 */
export function answerProblem(output: Output, request: Exclude<WebSocketRequest, { op: 'credit' }>, text: string): WebSocketError | undefined {
  if (output.hasRoomFor(text.length * 3)) return undefined;
  const reads = request.op === 'batch' ? request.requests.every(({ op }) => onlyReads(op)) : onlyReads(request.op);
  if (!reads) return undefined;
  const bytes = Buffer.byteLength(text) + ENVELOPE_BYTES;
  if (bytes > output.maxBytes) return tooLarge(output.maxBytes);
  return output.hasRoomFor(bytes) ? undefined : new WebSocketError('WEBSOCKET_BUSY', 'the answers that wait for this connection leave no room: ask for less at a time');
}

/** An answer that can never be sent. */
export function tooLarge(maxBytes: number): WebSocketError {
  return new WebSocketError('WEBSOCKET_ANSWER_TOO_LARGE', `the answer has more than ${maxBytes} bytes: ask for fewer items`);
}
