import type { IncomingMessage, ServerResponse } from 'node:http';

import type { CachedStore } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';
import type { KeyAddress, Kv4Record } from '@xir/kv4-core';
import { errorText, okText, withVersionText } from '@xir/protocol';

import type { ApiCounter } from './api-counter.ts';
import type { ConnectionLogins } from './connection-logins.ts';
import type { RestMetrics } from './metrics.ts';
import type { RequestReport } from './request-report.ts';
import { DATA_LAYER } from './services/data.ts';

/** What the short way works with. */
export interface CachedGetOptions {
  readonly store: CachedStore;
  readonly connections: ConnectionLogins;
  readonly counter: ApiCounter | undefined;
  readonly compressionMinBytes: number;
  /** Milliseconds, as stated in answers; `undefined` where it cannot be. */
  readonly ageMs: (address: KeyAddress) => number | undefined;
  readonly clock: Clock;
  readonly metrics: RestMetrics;
  readonly onRequest: ((report: RequestReport) => void) | undefined;
}

/** Paths and keys that mean themselves, without decoding, and no parameter but `k`. */
const PLAIN = /^\/_data((?:\/[\w.~:@$!*)(-]+)+)\?k=([\w.~:@$!*)(-]+)$/;
const MAX_PLAIN_CHARACTERS = 1024;
const NOT_FOUND = errorText('not_found');

/**
 * The short way: `GET /_data/<path>?k=<key>` by a login that is known, of a value that is cached, is answered in one go, without a promise, a parsed
 * URL or a parsed value. Everything else is declined (false) and goes the long way, which gives the same answers.
 */
export function cachedGet(options: CachedGetOptions): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { store, connections, counter, compressionMinBytes, ageMs, clock, metrics, onRequest } = options;
  const okSlot = metrics.slotOf('data', 'GET', 'ok');
  const errorSlot = metrics.slotOf('data', 'GET', 'error');

  const peek = (address: KeyAddress): Kv4Record | null | undefined => {
    try {
      return store.peek?.(address);
    } catch {
      // An address that cannot be: the long way finds the right error.
      return undefined;
    }
  };

  return (request, response) => {
    const url = request.url ?? '';
    if (request.method !== 'GET' || url.length > MAX_PLAIN_CHARACTERS) return false;
    const plain = PLAIN.exec(url);
    if (plain === null) return false;
    const startedMs = clock.monotonic();
    const { headers } = request;
    const [, path = '', key = ''] = plain;
    if (isSpecial(request)) return false;
    const connection = connections.admitted(request, path);
    if (connection === undefined) return false;
    const { login, remoteAddress } = connection;
    const address = { bucket: login.bucket, layer: DATA_LAYER, path, key };
    const record = peek(address);
    if (record === undefined) return false;
    if (record !== null && record.valueText.length >= compressionMinBytes && headers['accept-encoding'] !== undefined) return false;
    counter?.count(login, '/data/GET');
    send(response, record, record === null ? undefined : ageMs(address));
    const durationMs = clock.monotonic() - startedMs;
    metrics.cachedAnswers += 1;
    metrics.recordAt(record === null ? errorSlot : okSlot, durationMs);
    onRequest?.({
      service: 'data',
      method: 'GET',
      path,
      outcome: record === null ? 'error' : 'ok',
      ...(record === null ? { error: 'not_found', code: 'REST_NOT_FOUND' } : {}),
      status: 200,
      durationMs,
      bucket: login.bucket,
      author: login.author,
      remoteAddress,
    });
    return true;
  };
}

/** Whether headers ask for something that needs the long way. */
function isSpecial({ headers }: IncomingMessage): boolean {
  return (
    headers['if-none-match'] !== undefined ||
    headers.origin !== undefined ||
    headers.prefer !== undefined ||
    headers['transfer-encoding'] !== undefined ||
    headers['content-length'] !== undefined
  );
}

function send(response: ServerResponse, record: Kv4Record | null, ageMs: number | undefined): void {
  const body = record === null ? NOT_FOUND : okText(withVersionText(record.valueText, record.version));
  const headers = ['Access-Control-Allow-Origin', '*', 'Cache-Control', 'no-cache'];
  if (record === null) headers.push('X-KV4-Error', 'REST_NOT_FOUND');
  else headers.push('ETag', '"' + record.version + '"');
  if (ageMs !== undefined) headers.push('X-KV4-Age-Ms', String(ageMs));
  headers.push('Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body)));
  response.writeHead(200, headers);
  response.end(body);
}
