import { recordText } from '@xir/kv4-core';
import type { WebSocketBatchEntry } from '@xir/protocol';

import { DEFAULT_LAYER, otherBucket, ownBucket, placeOf } from './place.ts';
import type { Outcome } from './message-text.ts';
import { HISTORY } from './operations/history.ts';
import { Call, type DataOperation, type Handlers } from './operations/operation.ts';
import { READS } from './operations/reads.ts';
import { WRITES } from './operations/writes.ts';
import type { Session } from './session.ts';

const HANDLERS: Handlers<DataOperation> = { ...READS, ...HISTORY, ...WRITES };

/** Carries out a request on data: at once where the cache has the answer, otherwise with a promise. Throws, or rejects, with the reason why not. */
export function runRequest(session: Session, request: WebSocketBatchEntry): Outcome | Promise<Outcome> {
  const scope = ownBucket(session, request.bucket);
  if (request.op === 'get' && scope !== undefined) {
    const cached = cachedGet(session, request);
    if (cached !== undefined) return cached;
  }
  if (scope !== undefined) return handle(new Call(session, scope), request);
  return otherBucket(session, request.bucket ?? '').then(async (other) => {
    await session.context.accounts.bans.check(other.bucket, session.remoteAddress, '/', 'subtree').then((banned) => (session.restricted ||= banned));
    return handle(new Call(session, other), request);
  });
}

function handle<Name extends DataOperation>(call: Call, request: WebSocketBatchEntry & { readonly op: Name }): Promise<Outcome> {
  const run = HANDLERS[request.op as Name] as (call: Call, request: WebSocketBatchEntry) => Promise<Outcome>;
  return run(call, request);
}

/** The answer of the cache, without a promise; `undefined`: it has to be asked for. */
function cachedGet(session: Session, request: WebSocketBatchEntry & { readonly op: 'get' }): Outcome | undefined {
  const { store, metrics } = session.context;
  if (request.fresh !== undefined || request.maxAgeMs !== undefined || store.peek === undefined) return undefined;
  const { bucket } = session.login;
  const address = { ...placeOf(session, session.login, { path: request.path, layer: request.layer ?? DEFAULT_LAYER }), bucket, key: request.key };
  const record = store.peek(address);
  if (record === undefined) return undefined;
  metrics.cachedAnswers += 1;
  return { text: record === null ? 'null' : recordText(record), ageMs: store.ageOf?.(address) };
}
