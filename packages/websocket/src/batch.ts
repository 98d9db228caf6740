import type { WebSocketBatchEntry } from '@xir/protocol';

import { tellError } from './errors.ts';
import { ageText, type Outcome } from './message-text.ts';
import { runRequest } from './run-request.ts';
import type { Session } from './session.ts';

/** Carries out the requests of a batch side by side, so that its writes leave together; each has its own result or error, in their order. Never rejects. */
export async function runBatch(session: Session, requests: readonly WebSocketBatchEntry[]): Promise<Outcome> {
  const entries = await Promise.all(requests.map((request) => runEntry(session, request)));
  return { text: `[${entries.join(',')}]` };
}

async function runEntry(session: Session, request: WebSocketBatchEntry): Promise<string> {
  const { metrics, onError } = session.context;
  const count = metrics.countOf(request.op);
  try {
    const { text, ageMs } = await runRequest(session, request);
    count.ok += 1;
    return `{"result":${text}${ageText(ageMs)}}`;
  } catch (error) {
    count.error += 1;
    const { body, unexpected } = tellError(error);
    if (unexpected) onError(error);
    return `{"error":${JSON.stringify(body)}}`;
  }
}
