import { CouchError, hasEffects } from '@xir/couch-client';

function shown(path: string): string {
  const mark = path.indexOf('?');
  return mark < 0 ? path : path.slice(0, mark);
}

/** The connection was lost; `sent`: the request may have been carried out. */
export function connectionLost(method: string, path: string, sent: boolean): CouchError {
  return new CouchError('COUCH_UNREACHABLE', `${method} ${shown(path)}: connection lost`, { outcomeUnknown: sent && hasEffects(method) });
}

/** No headers within the time. */
export function timedOut(method: string, path: string): CouchError {
  return new CouchError('COUCH_TIMEOUT', `${method} ${shown(path)}: no answer`, { outcomeUnknown: hasEffects(method) });
}

/** Whoever asked has called it off. */
export function calledOff(method: string, path: string): CouchError {
  return new CouchError('COUCH_ABORTED', `${method} ${shown(path)}: aborted`, { outcomeUnknown: hasEffects(method) });
}
