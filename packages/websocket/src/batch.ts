import type { WebSocketBatchEntry } from '@xir/protocol';

import { onlyReads, tooLarge } from './answer-limit.ts';
import { tellError } from './errors.ts';
import { ageText, type Outcome } from './message-text.ts';
import { runRequest } from './run-request.ts';
import type { Session } from './session.ts';

/**
 * Carries out the requests of a batch side by side, so that its writes leave together; each has its own result or error, in their order. What was read and does
 * not fit into one answer is an error too. Never rejects.
 */
export async function runBatch(session: Session, requests: readonly WebSocketBatchEntry[]): Promise<Outcome> {
  const { maxOutputBytes } = session.context.limits;
  // In characters, of which each may take three bytes; half of the output is left to others.
  const room: Room = { characters: maxOutputBytes / 6, maxBytes: Math.floor(maxOutputBytes / 2) };
  const entries = await Promise.all(requests.map((request) => runEntry(session, request, room)));
  return { text: `[${entries.join(',')}]` };
}

interface Room {
  characters: number;
  readonly maxBytes: number;
}

async function runEntry(session: Session, request: WebSocketBatchEntry, room: Room): Promise<string> {
  const { metrics, onError } = session.context;
  const count = metrics.countOf(request.op);
  session.count(request.op);
  try {
    const { text, ageMs } = await runRequest(session, request);
    if (onlyReads(request.op) && text.length > room.characters) throw tooLarge(room.maxBytes);
    room.characters -= text.length;
    count.ok += 1;
    return `{"result":${text}${ageText(ageMs)}}`;
  } catch (error) {
    count.error += 1;
    const { body, unexpected } = tellError(error);
    if (unexpected) onError(error);
    return `{"error":${JSON.stringify(body)}}`;
  }
}
